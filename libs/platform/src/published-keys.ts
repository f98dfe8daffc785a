import { JwksClient } from 'jwks-rsa';

/** So long a key is believed that is published no more: it comes on top of the life of what it signed. */
export const KEYS_FRESH_MS = 10 * 60_000;
/** Whoever invents key ids makes us ask no more often than this. */
const READS_A_MINUTE = 30;
/** Where the keys cannot be read, they are asked for again after so long, and those at hand are good meanwhile. */
const TRY_AGAIN_MS = 10_000;
const ANSWER_WITHIN_MS = 3_000;

/** Where the keys are: at an address, or at hand for the service that publishes them. */
export type KeySource = { jwksUrl: string } | { readKeys: () => Promise<{ keys: unknown[] }> };

/**
 * The keys that the user service publishes, in memory. Read again when somebody comes with one that is not known yet,
 * and every few minutes, so that one that was withdrawn is not believed any more. A user service that is down signs
 * nobody out.
 */
export class PublishedKeys {
  private readonly client: JwksClient;
  private keys = new Map<string, string>();
  private readAt = 0;
  private triedAt = 0;
  private reads: number[] = [];
  /** By the key that they look for: it was published before they began, so who comes later may share the answer. */
  private readonly looking = new Map<string, Promise<void>>();

  constructor(source: KeySource) {
    this.client = new JwksClient({
      ...('readKeys' in source ? { fetcher: source.readKeys } : { jwksUri: source.jwksUrl }),
      cache: false,
      timeout: ANSWER_WITHIN_MS,
    });
  }

  /** @returns the key as PEM; undefined where nobody publishes it @throws where the keys cannot be read */
  async find(kid: string): Promise<string | undefined> {
    const now = Date.now();
    if (!this.keys.has(kid)) await this.look(kid);
    else if (now - this.readAt > KEYS_FRESH_MS && now - this.triedAt > TRY_AGAIN_MS)
      await this.read().catch(() => undefined);
    return this.keys.get(kid);
  }

  private look(kid: string): Promise<void> {
    const running = this.looking.get(kid);
    if (running) return running;
    const now = Date.now();
    this.reads = this.reads.filter((at) => at > now - 60_000 && at <= now);
    if (this.reads.length >= READS_A_MINUTE) return Promise.reject(new Error('asked too often'));
    this.reads.push(now);
    const looking = this.read().finally(() => this.looking.delete(kid));
    this.looking.set(kid, looking);
    return looking;
  }

  private async read(): Promise<void> {
    this.triedAt = Date.now();
    const keys = await this.client.getSigningKeys();
    this.keys = new Map(keys.map((key) => [key.kid, key.getPublicKey()]));
    this.readAt = Date.now();
  }
}
