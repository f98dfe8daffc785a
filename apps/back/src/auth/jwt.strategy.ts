import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { Principal } from '@scrm/contracts';
import { bearerToken, principalOf, TOKEN_ALGORITHM, TokenVerifier } from '@scrm/platform';
import type { IncomingMessage } from 'node:http';
import type { JwtPayload } from 'jsonwebtoken';
import { Strategy } from 'passport-jwt';

export interface TokenRules {
  issuer: string;
  audience: string;
}

@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(
    private readonly verifier: TokenVerifier,
    { issuer, audience }: TokenRules,
  ) {
    super({
      jwtFromRequest: (request: IncomingMessage) => bearerToken(request.headers.authorization),
      secretOrKeyProvider: (_request, token: string, done) => {
        verifier.keyOf(token).then((key) => done(null, key), done);
      },
      algorithms: [TOKEN_ALGORITHM],
      issuer,
      audience,
    });
  }

  validate(claims: JwtPayload): Principal {
    return this.verifier.admit(principalOf(claims));
  }
}
