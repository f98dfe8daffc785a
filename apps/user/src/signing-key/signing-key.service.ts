import { Inject, Injectable } from '@nestjs/common';
import { Health, type KeyWrapper } from '@scrm/platform';
import { KEY_WRAPPER } from '../keys/key-wrapper';
import { newSigningKey, openPrivateKey } from './key-pair';
import type { PublicJwk, SigningKey } from './signing-key.entity';
import { SigningKeyRepository } from './signing-key.repository';

export interface Jwks {
  keys: PublicJwk[];
}

/** Signs. */
export interface PrivateKey {
  kid: string;
  privateKey: string;
}

/** A key that was made meanwhile signs from then on. */
const FRESH_MS = 1_000;

@Injectable()
export class SigningKeyService {
  private keys: SigningKey[] = [];
  private readAt = 0;
  private refreshing: Promise<SigningKey[]> | undefined;
  private creating: Promise<SigningKey[]> | undefined;
  private opened: PrivateKey | undefined;

  constructor(
    private readonly repository: SigningKeyRepository,
    @Inject(KEY_WRAPPER) private readonly wrapper: KeyWrapper,
    health: Health,
  ) {
    // Readiness asks for the key, so it exists, and opens, before the first sign-in.
    health.register('signing-key', async () => {
      await this.active();
    });
  }

  /** The key that new tokens are signed with. @throws MasterKeyError */
  async active(): Promise<PrivateKey> {
    const isFresh = Date.now() - this.readAt < FRESH_MS;
    const [key] = isFresh ? this.keys : await this.refresh();
    if (this.opened?.kid !== key!.kid)
      this.opened = { kid: key!.kid, privateKey: await openPrivateKey(this.wrapper, key!) };
    return this.opened;
  }

  /** Many who sign at the same moment look once. */
  private refresh(): Promise<SigningKey[]> {
    return (this.refreshing ??= this.readOrKept().finally(() => (this.refreshing = undefined)));
  }

  /** Whoever asks has seen a token of a key that they do not know, so this is never from memory if it need not be. */
  async jwks(): Promise<Jwks> {
    return { keys: (await this.readOrKept()).map((key) => key.publicJwk) };
  }

  /** A database that is away signs nobody out: the keys of before are good. */
  private async readOrKept(): Promise<SigningKey[]> {
    try {
      return await this.read();
    } catch (error) {
      if (this.keys.length === 0) throw error;
      return this.keys;
    }
  }

  private async read(): Promise<SigningKey[]> {
    const keys = await this.repository.published();
    const [first] = keys;
    this.keys = first && !first.retiredAt ? keys : await this.create();
    this.readAt = Date.now();
    return this.keys;
  }

  private create(): Promise<SigningKey[]> {
    return (this.creating ??= this.repository
      .loadOrCreate(() => newSigningKey(this.wrapper))
      .finally(() => (this.creating = undefined)));
  }
}
