import * as contracts from '../../libs/contracts/src';
import { files, read } from './workspace';

export interface Handler {
  app: string;
  file: string;
  /** The name of the const. */
  contract: string;
  access: string | undefined;
}

export interface Rpc {
  name: string;
  key: string;
  owner: string;
}

/** Every `@OnRpc(contract, access)` of the services, as it is written. */
export const handlers: Handler[] = files()
  .filter((file) => /^apps\/[^/]+\/src\/.*\.ts$/.test(file) && !file.endsWith('.spec.ts'))
  .flatMap((file) =>
    [...read(file).matchAll(/@OnRpc\(\s*(\w+)\s*(?:,\s*'([^']*)')?/g)].map((match) => ({
      app: file.split('/')[1]!,
      file,
      contract: match[1]!,
      access: match[2],
    })),
  );

const isRpc = (value: unknown): value is { key: string } =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'rpc';

/** Every question that there is a contract for. */
export const rpcs: Rpc[] = Object.entries<unknown>(contracts).flatMap(([name, value]) =>
  isRpc(value) ? [{ name, key: value.key, owner: contracts.ownerOf(value) }] : [],
);
