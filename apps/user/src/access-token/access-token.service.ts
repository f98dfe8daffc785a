import { Inject, Injectable } from '@nestjs/common';
import { TOKEN_ALGORITHM } from '@scrm/platform';
import jwt from 'jsonwebtoken';
import { USER_CONFIG, type UserConfig } from '../config';
import { SigningKeyService } from '../signing-key/signing-key.service';
import type { TokenSubject } from './token-subject';

/** Makes the tokens that all services check by themselves; `principalOf` reads what is written here. */
@Injectable()
export class AccessTokenService {
  constructor(
    @Inject(USER_CONFIG) private readonly config: UserConfig,
    private readonly keys: SigningKeyService,
  ) {}

  /** @param most seconds that it may live, where that is less than others do */
  async issue(subject: TokenSubject, most = Infinity): Promise<{ accessToken: string; expiresIn: number }> {
    const { kid, privateKey } = await this.keys.active();
    const { TOKEN_ISSUER, TOKEN_AUDIENCE, ACCESS_TOKEN_TTL_S } = this.config;
    const expiresIn = Math.min(ACCESS_TOKEN_TTL_S, most);
    const { kind, agentId, tenantId, role, grants, teamIds, sessionId, agentVersion, tenantVersion } =
      subject;
    const claims = {
      ...{ knd: kind, tid: tenantId, role, grants: grants ?? undefined, teams: teamIds, sid: sessionId },
      ...{ av: agentVersion, tv: tenantVersion },
    };
    const accessToken = jwt.sign(claims, privateKey, {
      algorithm: TOKEN_ALGORITHM,
      keyid: kid,
      subject: agentId,
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
      expiresIn,
    });
    return { accessToken, expiresIn };
  }
}
