import { Controller, Get, Inject, Query, Res } from '@nestjs/common';
import { AppError } from '@scrm/platform';
import type { FastifyReply } from 'fastify';
import { timingSafeEqual } from 'node:crypto';
import { WABA_CONFIG, type WabaConfig } from '../config';

/** Meta asks here whether the address is ours. What it delivers to the same address, the receiver takes. */
@Controller('webhooks/whatsapp')
export class WebhookController {
  constructor(@Inject(WABA_CONFIG) private readonly config: WabaConfig) {}

  /** Meta asks once whether this address is ours: the challenge goes back as it came. */
  @Get()
  verify(
    @Query('hub.mode') mode: unknown,
    @Query('hub.verify_token') token: unknown,
    @Query('hub.challenge') challenge: unknown,
    @Res() reply: FastifyReply,
  ) {
    if (mode !== 'subscribe' || !isSame(token, this.config.META_VERIFY_TOKEN)) {
      throw new AppError('invalid_verify_token', 'hub.mode must be subscribe and hub.verify_token ours.');
    }
    void reply.type('text/plain').send(typeof challenge === 'string' ? challenge : '');
  }
}

function isSame(given: unknown, expected: string): boolean {
  const a = Buffer.from(typeof given === 'string' ? given : '');
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}
