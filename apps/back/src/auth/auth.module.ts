import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Revocations, TokenVerifier } from '@scrm/platform';
import { ApiKeyExchange } from '../api-key/api-key.exchange';
import { ApiKeyGate } from '../api-key/api-key.gate';
import { RequestLimit } from '../api-key/request-limit';
import type { BackConfig } from '../config';
import { AccessGuard } from './auth.guard';
import { JwtStrategy } from './jwt.strategy';

/** The gateway only asks whether a token is real; what it may do is checked by the service that owns the data. */
@Module({})
export class AuthModule {
  static forRoot(config: BackConfig, revocations: Revocations): DynamicModule {
    const rules = { issuer: config.TOKEN_ISSUER, audience: config.TOKEN_AUDIENCE };
    return {
      module: AuthModule,
      providers: [
        { provide: Revocations, useValue: revocations },
        {
          provide: TokenVerifier,
          useFactory: () => new TokenVerifier({ jwksUrl: config.JWKS_URL, revocations, ...rules }),
        },
        {
          provide: JwtStrategy,
          inject: [TokenVerifier],
          useFactory: (verifier: TokenVerifier) => new JwtStrategy(verifier, rules),
        },
        ApiKeyExchange,
        ApiKeyGate,
        RequestLimit,
        { provide: APP_GUARD, useClass: AccessGuard },
      ],
    };
  }
}
