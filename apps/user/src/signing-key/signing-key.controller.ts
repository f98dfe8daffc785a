import { Controller, Get, Header } from '@nestjs/common';
import { SigningKeyService, type Jwks } from './signing-key.service';

/** The public keys, for everybody who checks access tokens. */
@Controller('.well-known/jwks.json')
export class SigningKeyController {
  constructor(private readonly keys: SigningKeyService) {}

  @Get()
  @Header('cache-control', 'public, max-age=300')
  jwks(): Promise<Jwks> {
    return this.keys.jwks();
  }
}
