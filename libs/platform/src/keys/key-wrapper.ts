import { createHash } from 'node:crypto';
import { openBytes, sealBytes } from './sealing';

/** A key as it may lie in a database. */
export interface WrappedKey {
  /** The master key that it takes to unwrap it. */
  masterKeyId: string;
  wrapped: Buffer;
}

/**
 * Wraps keys with a master key. Today's has it from a setting; a KMS, whose master key never leaves it, is another
 * implementation: `context` is then its encryption context.
 */
export interface KeyWrapper {
  /** The master key that wraps from now on. */
  readonly masterKeyId: string;
  /** @param context what the key is for: it unwraps for nothing else */
  wrap(key: Buffer, context: string): Promise<WrappedKey>;
  /** @throws MasterKeyError, WrappedKeyError */
  unwrap(key: WrappedKey, context: string): Promise<Buffer>;
}

/** The settings do not have the master key that it takes. */
export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError';
}

/** The wrapped key was changed, or is for something else. */
export class WrappedKeyError extends Error {
  override readonly name = 'WrappedKeyError';
}

/** Master keys from the settings. The first wraps, all of them unwrap. */
export class LocalKeyWrapper implements KeyWrapper {
  readonly masterKeyId: string;
  private readonly keys: Map<string, Buffer>;

  constructor(keys: Buffer[]) {
    this.keys = new Map(keys.map((key) => [masterKeyIdOf(key), key]));
    this.masterKeyId = masterKeyIdOf(keys[0]!);
  }

  async wrap(key: Buffer, context: string): Promise<WrappedKey> {
    const { masterKeyId } = this;
    return { masterKeyId, wrapped: sealBytes(this.keys.get(masterKeyId)!, key, context) };
  }

  async unwrap({ masterKeyId, wrapped }: WrappedKey, context: string): Promise<Buffer> {
    const master = this.keys.get(masterKeyId);
    if (!master) {
      throw new MasterKeyError(
        `a key in the database was wrapped with the master key ${masterKeyId}, and SECRETS_KEY (or the file of ` +
          `SECRETS_KEY_FILE) has ${[...this.keys.keys()].join(', ')}: add the one that is missing`,
      );
    }
    try {
      return openBytes(master, wrapped, context);
    } catch {
      throw new WrappedKeyError(`a key was changed, or moved: it does not unwrap as ${context}`);
    }
  }
}

/** Tells master keys apart, and says nothing of them: a part of their SHA-256. */
function masterKeyIdOf(key: Buffer): string {
  return createHash('sha256').update('scrm master key').update(key).digest('hex').slice(0, 16);
}
