import { Controller, Get, Header } from '@nestjs/common';
import type { Revocation } from '@scrm/contracts';
import { AccessService } from './access.service';

/** What ended before its time, for everybody who checks access tokens. Ids and numbers, no names. */
@Controller('.well-known/revocations.json')
export class AccessController {
  constructor(private readonly access: AccessService) {}

  @Get()
  @Header('cache-control', 'no-store')
  async list(): Promise<{ revocations: Revocation[] }> {
    return { revocations: await this.access.ended() };
  }
}
