import { z } from 'zod';
import { revocation, type Principal, type Revocation } from '@scrm/contracts';
import { AppError } from './errors';

/** What the user service publishes: everything that ended, for as long as a token from before could still be alive. */
export const revocationList = z.object({ revocations: z.array(revocation) });

/** Longer than any access token lives. */
const KEEP_MS = 15 * 60_000;

interface Entry {
  version: number;
  /** When it may be forgotten. */
  until: number;
}

/**
 * The access tokens that ended before their time, in memory: asked for every request, so nothing is looked up
 * elsewhere.
 */
export class Revocations {
  private readonly entries = new Map<string, Entry>();
  private readonly listeners: (() => void)[] = [];
  /** Whether the list was read yet; until then nobody is let in. */
  known: boolean;

  /** @param options.known false: nobody is let in until the list was read once */
  constructor({ known = true }: { known?: boolean } = {}) {
    this.known = known;
  }

  /** Hears of everything new; may ask `isRevoked` then. */
  onRevoked(listener: () => void) {
    this.listeners.push(listener);
  }

  take(revocations: Revocation[], now = Date.now()) {
    let news = false;
    for (const each of revocations) {
      const key = `${each.kind}:${each.id}`;
      // A session ends once: any version of its tokens is older.
      const version = each.kind === 'session' ? Infinity : each.version;
      const entry = this.entries.get(key);
      if (!entry || entry.version < version) news = true;
      // Seen again is seen last: the map stays in the order in which entries may go.
      this.entries.delete(key);
      this.entries.set(key, { version: Math.max(version, entry?.version ?? 0), until: now + KEEP_MS });
    }
    this.known = true;
    this.forget(now);
    if (news) for (const listener of this.listeners) listener();
  }

  isRevoked({ tenantId, agentId, sessionId, tenantVersion, agentVersion }: Principal): boolean {
    return (
      this.endsBefore(`agent:${agentId}`, agentVersion) ||
      this.endsBefore(`session:${sessionId}`, 0) ||
      this.endsBefore(`tenant:${tenantId}`, tenantVersion)
    );
  }

  /** @throws AppError unauthenticated (revoked), unavailable (nobody knows yet) */
  check(principal: Principal): Principal {
    if (!this.known) throw new AppError('unavailable', 'Who was signed out is not known yet: try again.');
    if (this.isRevoked(principal)) throw new AppError('unauthenticated', REVOKED);
    return principal;
  }

  private endsBefore(key: string, version: number): boolean {
    const entry = this.entries.get(key);
    return entry !== undefined && version < entry.version;
  }

  private forget(now: number) {
    for (const [key, { until }] of this.entries) {
      if (until > now) return;
      this.entries.delete(key);
    }
  }
}

export const REVOKED = 'Your access has changed or ended: refresh the token, or sign in again.';
