import { Controller, Get, Header } from '@nestjs/common';
import { SigningKeyService, type Jwks } from './signing-key.service';

/** The public keys, for everybody who checks access tokens. */
@Controller('.well-known/jwks.json')
export class SigningKeyController {
  constructor(private readonly keys: SigningKeyService) {}

  @Get()
  // Whoever asks has seen a token of a new key.
  @Header('cache-control', 'no-store')
  jwks(): Promise<Jwks> {
    return this.keys.jwks();
  }
}
