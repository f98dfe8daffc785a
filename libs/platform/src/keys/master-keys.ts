import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** For the services that keep secrets. Exactly one of the two is set: {@link withMasterKeys}. */
export const secretsConfig = z.object({
  /** 32 bytes in base64, more with commas: the first wraps, all of them unwrap. */
  SECRETS_KEY: z.string().optional(),
  /** A file with the same: one key a line. */
  SECRETS_KEY_FILE: z.string().optional(),
});
export type SecretsConfig = z.infer<typeof secretsConfig>;

/** The schema, which also refuses settings that have no master keys in them. */
export function withMasterKeys<T extends z.ZodType<SecretsConfig>>(schema: T): T {
  return schema.superRefine((config, context) => {
    try {
      readMasterKeys(config);
    } catch (error) {
      const path = [config.SECRETS_KEY_FILE === undefined ? 'SECRETS_KEY' : 'SECRETS_KEY_FILE'];
      context.addIssue({ code: 'custom', path, message: (error as Error).message });
    }
  });
}

/** @throws Error that says what is wrong with the settings */
export function readMasterKeys({ SECRETS_KEY, SECRETS_KEY_FILE: file }: SecretsConfig): Buffer[] {
  if ((SECRETS_KEY === undefined) === (file === undefined))
    throw new Error('set either SECRETS_KEY or SECRETS_KEY_FILE');
  const keys = (SECRETS_KEY ?? readFileSync(file!, 'utf8'))
    .split(/[\n,]/)
    .map((key) => key.trim())
    .filter((key) => key !== '')
    .map((key) => (z.base64().safeParse(key).success ? Buffer.from(key, 'base64') : Buffer.alloc(0)));
  if (keys.length === 0 || keys.some((key) => key.length !== 32))
    throw new Error('must be 32 bytes in base64 (openssl rand -base64 32), or several such');
  return keys;
}
