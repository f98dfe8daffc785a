import * as contracts from '../../libs/contracts/src';
import { files, read } from './workspace';

const ACCESS = [...contracts.PERMISSIONS, 'signed-in', 'public', 'service'];

interface Handler {
  app: string;
  file: string;
  contract: string;
  access: string | undefined;
}

/** Every `@OnRpc(contract, access)` of the services, as it is written. */
const handlers: Handler[] = files()
  .filter((file) => /^apps\/[^/]+\/src\/.*\.ts$/.test(file) && !file.endsWith('.spec.ts'))
  .flatMap((file) =>
    [...read(file).matchAll(/@OnRpc\(\s*(\w+)\s*(?:,\s*'([^']*)')?/g)].map((match) => ({
      app: file.split('/')[1]!,
      file,
      contract: match[1]!,
      access: match[2],
    })),
  );

const rpcs = Object.entries<unknown>(contracts).flatMap(([name, value]) =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'rpc'
    ? [{ name, owner: contracts.ownerOf(value as unknown as { key: string }) }]
    : [],
);

describe('a question between services', () => {
  it.each(rpcs.map((r) => [r.name, r.owner] as const))('%s is answered once, by %s', (name, owner) => {
    expect(handlers.filter((h) => h.contract === name).map((h) => h.app)).toEqual([owner]);
  });

  it('is answered by nobody who has no contract for it', () => {
    expect(handlers.filter((h) => !rpcs.some((r) => r.name === h.contract))).toEqual([]);
  });

  it('is answered in an entry point, where a reader looks for it', () => {
    expect(handlers.filter((h) => !h.file.endsWith('.rpc.ts'))).toEqual([]);
  });

  it('is answered for someone: every handler says, in so many words, who may ask', () => {
    expect(handlers.filter((h) => !ACCESS.includes(h.access ?? ''))).toEqual([]);
  });
});
