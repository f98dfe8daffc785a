import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { apiKeyExchange, type Principal } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { AppError, TokenVerifier } from '@scrm/platform';

const KEY = /^[Bb][Ee][Aa][Rr][Ee][Rr] (scrm_[0-9a-f]{32}_[\w-]{43})$/;
/** An access token is traded in before it ends: a request may be on its way for a while. */
const SPARE_MS = 30_000;
const KEYS_KNOWN = 10_000;
/** A key that was refused is not asked about again for this long. */
const REFUSED_MS = 1_000;

interface Known {
  until: number;
  token: Promise<string>;
}

/** The key in an `Authorization` header; null where it holds something else. */
export const keyIn = (header: unknown): string | null =>
  (typeof header === 'string' && KEY.exec(header)?.[1]) || null;

/**
 * Trades API keys for access tokens, which all services check by themselves: once in ten minutes for a key, not once for
 * each request. The key itself stays here.
 */
@Injectable()
export class ApiKeyExchange {
  private readonly known = new Map<string, Known>();

  constructor(
    private readonly rpc: RpcClient,
    private readonly tokens: TokenVerifier,
  ) {}

  /** @throws AppError unauthenticated (unknown, revoked, expired), unavailable */
  async tokenFor(key: string): Promise<{ token: string; principal: Principal }> {
    const id = createHash('sha256').update(key).digest('base64');
    const token = await this.remembered(id, key);
    try {
      return { token, principal: await this.tokens.verify(token) };
    } catch (error) {
      // Revoked in the meantime, or its tenant changed: whether it still is good is asked anew.
      if (!(error instanceof AppError) || error.code !== 'unauthenticated') throw error;
      this.known.delete(id);
      const fresh = await this.remembered(id, key);
      return { token: fresh, principal: await this.tokens.verify(fresh) };
    }
  }

  private remembered(id: string, key: string): Promise<string> {
    const known = this.known.get(id);
    if (known && known.until > Date.now()) return known.token;
    if (this.known.size >= KEYS_KNOWN) this.known.delete(this.known.keys().next().value!);
    const entry: Known = { until: Infinity, token: this.ask(id, key) };
    this.known.set(id, entry);
    return entry.token;
  }

  private async ask(id: string, key: string): Promise<string> {
    try {
      const { accessToken, expiresIn } = await this.rpc.call(apiKeyExchange, { key });
      this.keep(id, expiresIn * 1_000 - Math.min(SPARE_MS, (expiresIn * 1_000) / 2));
      return accessToken;
    } catch (error) {
      const isRefused = error instanceof AppError && error.code === 'unauthenticated';
      if (isRefused) this.keep(id, REFUSED_MS);
      else this.known.delete(id);
      throw error;
    }
  }

  private keep(id: string, ms: number) {
    const entry = this.known.get(id);
    if (entry) entry.until = Date.now() + ms;
  }
}
