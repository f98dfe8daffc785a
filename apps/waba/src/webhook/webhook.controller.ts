import { Controller, Get, Headers, HttpCode, Inject, Post, Query, Req, Res } from '@nestjs/common';
import { AppError, counter, crashPoint, histogram, LOGGER, type Logger } from '@scrm/platform';
import type { FastifyReply } from 'fastify';
import { timingSafeEqual } from 'node:crypto';
import { isSigned } from '../cloud-api/webhook-signature';
import { WABA_CONFIG, type WabaConfig } from '../config';
import { WebhookPublisher } from './webhook.publisher';

/** Meta's deliveries are at most this long. */
export const WEBHOOK_BODY_LIMIT = 3 * 1024 * 1024;
export const WEBHOOK_PATH = '/webhooks/whatsapp';

const requestTotal = counter('waba_webhook_requests_total', 'Deliveries of Meta', ['outcome']);
const requestSeconds = histogram('waba_webhook_request_duration_seconds', 'From the body to the answer');

/** The door that Meta knocks at. It keeps what it is given, and says 200 only when the broker has it for good. */
@Controller('webhooks/whatsapp')
export class WebhookController {
  constructor(
    @Inject(WABA_CONFIG) private readonly config: WabaConfig,
    private readonly publisher: WebhookPublisher,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

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

  /** 200: kept. 401: not signed by us. 413: over 3 MB. 503: the broker did not take it; Meta tries again. */
  @Post()
  @HttpCode(200)
  async receive(@Req() request: { body: unknown }, @Headers('x-hub-signature-256') signature: unknown) {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    if (!isSigned(body, signature, this.config.META_APP_SECRETS)) {
      requestTotal.inc({ outcome: 'unsigned' });
      throw new AppError(
        'invalid_signature',
        'X-Hub-Signature-256 must be the HMAC of the body with the app secret.',
      );
    }
    crashPoint('webhook.received');
    const end = requestSeconds.startTimer();
    try {
      await this.publisher.publish(body);
    } catch (err) {
      this.logger.error({ err, bytes: body.length }, 'delivery not kept: Meta delivers it again');
      requestTotal.inc({ outcome: 'unavailable' });
      throw new AppError('unavailable', 'The delivery could not be kept: deliver it again.', undefined, 1);
    }
    crashPoint('webhook.confirmed');
    end();
    requestTotal.inc({ outcome: 'accepted' });
    return '';
  }
}

function isSame(given: unknown, expected: string): boolean {
  const a = Buffer.from(typeof given === 'string' ? given : '');
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}
