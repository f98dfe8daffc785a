/** Secrets for development: random, made once for a home and kept in it. */
import { randomBytes } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writeJson } from './files.mjs';

/**
 * @typedef {object} Secrets
 * @property {string} appSecret what Meta signs its deliveries with
 * @property {string} verifyToken what Meta shows when it checks the webhook's address
 * @property {string} secretsKey 32 bytes in base64: what access tokens are encrypted with
 * @property {string} databasePassword of scrm_owner
 * @property {string} postgresPassword of the superuser
 *
 * @param {string} home
 * @returns {Secrets}
 */
export function secretsOf(home) {
  const file = join(home, 'secrets.json');
  const kept = readJson(file) ?? {};
  const hex = () => randomBytes(16).toString('hex');
  const secrets = {
    appSecret: hex(),
    verifyToken: hex(),
    secretsKey: randomBytes(32).toString('base64'),
    databasePassword: hex(),
    postgresPassword: hex(),
    ...kept,
  };
  if (Object.keys(kept).length < Object.keys(secrets).length) writeJson(file, secrets, 0o600);
  chmodSync(file, 0o600);
  return secrets;
}
