import { Injectable } from '@nestjs/common';
import {
  MOST_KEYS,
  type apiKeyExchange,
  type apiKeyList,
  type ApiKeyView,
  type Grants,
  type Permission,
  type Principal,
  type RpcResponse,
} from '@scrm/contracts';
import { actorOf, recordAudit } from '@scrm/database';
import { AppError } from '@scrm/platform';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import { AccessService } from '../access/access.service';
import { AccessTokenService } from '../access-token/access-token.service';
import { lockAgent } from '../agent/agent.repository';
import { mustHold } from '../role/rights';
import {
  ApiKeyRepository,
  countLive,
  findKey,
  insertKey,
  KEYS,
  revokeKey,
  type KeyRow,
} from './api-key.repository';
import { newKey, readKey } from './api-key.secret';

interface NewKey {
  name: string;
  permissions: Permission[];
  expiresInDays: number;
}

@Injectable()
export class ApiKeyService {
  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly access: AccessService,
    private readonly accessTokens: AccessTokenService,
  ) {}

  async list(
    { tenantId }: Principal,
    { cursor, sort, ...filter }: z.output<typeof apiKeyList.request>,
  ): Promise<{ items: ApiKeyView[]; nextCursor: string | null }> {
    const place = KEYS.place(sort, cursor);
    return KEYS.page(await this.keys.page(tenantId, place, filter), filter.limit, place, toView);
  }

  async create(
    principal: Principal,
    { name, permissions, expiresInDays: days }: NewKey,
  ): Promise<ApiKeyView & { key: string }> {
    const { tenantId, agentId: createdBy } = principal;
    mustHold(principal, everywhere(permissions), 'A key may do no more than who makes it.');
    const id = uuidv7();
    const { key, hash } = newKey(id);
    const row = await this.keys.inTenant(tenantId, async (manager) => {
      // Two keys of the same maker at the same moment are counted one after the other.
      await lockAgent(manager, createdBy);
      if ((await countLive(manager)) >= MOST_KEYS)
        throw new AppError('conflict', `There are ${MOST_KEYS} live keys: revoke one that nobody needs.`);
      const made = await insertKey(manager, { id, tenantId, name, permissions, createdBy, days }, hash);
      const after = { name, permissions, expiresAt: made.expiresAt };
      await recordAudit(manager, {
        by: actorOf(principal),
        action: 'api-key.created',
        target: target(id),
        after,
      });
      return made;
    });
    return { ...toView(row), key };
  }

  async revoke(principal: Principal, id: string): Promise<ApiKeyView> {
    const { row, isNews } = await this.keys.inTenant(principal.tenantId, async (manager) => {
      const found = await findKey(manager, id);
      if (!found) throw new AppError('not_found', 'There is no such key.');
      mustHold(
        principal,
        everywhere(found.permissions),
        'This key may do what you may not: ask somebody who may.',
      );
      const revoked = await revokeKey(manager, id);
      if (revoked) {
        const before = { name: found.name };
        await recordAudit(manager, {
          by: actorOf(principal),
          action: 'api-key.revoked',
          target: target(id),
          before,
        });
      }
      return { row: { ...found, status: 'revoked' as const }, isNews: revoked };
    });
    // Its access tokens name it as their session.
    if (isNews) await this.access.announce([{ kind: 'session', id }]);
    return toView(row);
  }

  /** @throws AppError unauthenticated, whatever the reason */
  async exchange(key: string): Promise<RpcResponse<typeof apiKeyExchange>> {
    const read = readKey(key);
    const live = read && (await this.keys.use(read));
    if (!live)
      throw new AppError('unauthenticated', 'This API key is not known, was revoked or has expired.');
    const { id } = read;
    const { tenantId, tenantVersion, permissions, left } = live;
    const subject = {
      ...{ kind: 'api-key' as const, agentId: id, sessionId: id, role: id, tenantId, tenantVersion },
      ...{ grants: everywhere(permissions), teamIds: [], agentVersion: 0 },
    };
    return this.accessTokens.issue(subject, left);
  }
}

const everywhere = (permissions: Permission[]): Grants =>
  Object.fromEntries(permissions.map((permission) => [permission, 'all']));

const target = (id: string) => ({ kind: 'api-key', id });

const toView = ({ createdAt, expiresAt, lastUsedAt, ...key }: KeyRow): ApiKeyView => ({
  ...key,
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt.toISOString(),
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
});
