import { Global, Module } from '@nestjs/common';
import { Revocations, TokenVerifier } from '@scrm/platform';
import { USER_CONFIG, type UserConfig } from '../config';
import { SigningKeyModule } from '../signing-key/signing-key.module';
import { SigningKeyService } from '../signing-key/signing-key.service';
import { AccessTokenService } from './access-token.service';

/** Global, because every handler that declares who may call it needs the verifier. */
@Global()
@Module({
  imports: [SigningKeyModule],
  providers: [
    AccessTokenService,
    {
      provide: TokenVerifier,
      inject: [USER_CONFIG, SigningKeyService, Revocations],
      useFactory: (config: UserConfig, keys: SigningKeyService, revocations: Revocations) =>
        new TokenVerifier({
          readKeys: () => keys.jwks(),
          revocations,
          issuer: config.TOKEN_ISSUER,
          audience: config.TOKEN_AUDIENCE,
        }),
    },
  ],
  exports: [AccessTokenService, TokenVerifier],
})
export class AccessTokenModule {}
