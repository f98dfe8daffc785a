import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as everything from '.';
import type { EventContract, RpcContract } from './contract';
import type { z } from 'zod';
import checksums from '../golden/checksums.json';

type Contract = RpcContract<z.ZodType, z.ZodType> | EventContract<z.ZodType>;

const GOLDEN = join(__dirname, '../golden');
const NEW_GOLDEN = `give it libs/contracts/golden/<key>.json and its SHA-256 in checksums.json`;
const stored: Record<string, string> = checksums;

const isContract = (value: unknown): value is Contract =>
  typeof value === 'object' && value !== null && 'kind' in value && 'key' in value;

/** The contracts of each file, by the name of the const. */
const files = ['rpc', 'event'].flatMap((kind) =>
  readdirSync(join(__dirname, kind))
    .filter((file) => !file.endsWith('.spec.ts'))
    .map((file) => {
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- every file there, whichever come
      const exported = Object.entries(require(join(__dirname, kind, file)) as Record<string, unknown>);
      return { kind, file, contracts: exported.filter((e): e is [string, Contract] => isContract(e[1])) };
    }),
);
const contracts = files.flatMap((f) => f.contracts.map(([, contract]) => contract));
const keys = contracts.map((c) => c.key).sort();

const golden = (key: string) => readFileSync(join(GOLDEN, `${key}.json`));

describe('the contracts', () => {
  it('are all exported, and nowhere else than in rpc/ and event/', () => {
    const exported = Object.values<unknown>(everything).filter(isContract);
    expect(exported.map((c) => c.key).sort()).toEqual(keys);
  });

  it('have keys of their own', () => {
    expect(keys).toEqual([...new Set(keys)]);
  });

  it('are named after their key: `user.session.create.v1` is `sessionCreate`', () => {
    for (const { contracts } of files) {
      for (const [name, { key }] of contracts) {
        const [, entity, verb, version] = key.split('.');
        const camel = `${entity}-${verb}`.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
        expect(`${key} is ${name}`).toBe(
          `${key} is ${camel}${version === 'v1' ? '' : version!.toUpperCase()}`,
        );
      }
    }
  });

  it.each(files.map((f) => [`${f.kind}/${f.file}`, f] as const))('of %s belong together', (_, file) => {
    expect(file.contracts).not.toEqual([]);
    expect(new Set(file.contracts.map(([, c]) => c.kind))).toEqual(new Set([file.kind]));
    expect(new Set(file.contracts.map(([, c]) => everything.ownerOf(c))).size).toBe(1);
  });
});

describe('a golden', () => {
  it(`is there for every contract and for no other (${NEW_GOLDEN})`, () => {
    const found = readdirSync(GOLDEN).filter((file) => file !== 'checksums.json');
    expect(found.sort()).toEqual(keys.map((key) => `${key}.json`).sort());
    expect(Object.keys(stored).sort()).toEqual(keys);
  });

  it.each(contracts.map((contract) => [contract.key, contract] as const))(
    'of %s is understood, whole and as it is',
    (key, contract) => {
      const examples = JSON.parse(golden(key).toString()) as Record<string, unknown>;
      const schemas: Record<string, z.ZodType> =
        contract.kind === 'rpc'
          ? { request: contract.request, response: contract.response }
          : { payload: contract.payload };
      expect(Object.keys(examples).sort()).toEqual(Object.keys(schemas).sort());
      // Equal after parsing: no field of it was dropped as unknown.
      for (const [part, schema] of Object.entries(schemas)) {
        expect(schema.parse(examples[part])).toEqual(examples[part]);
      }
    },
  );

  // Others out there still send this. What no longer fits is a new version, in a new file.
  it.each(Object.entries(stored))('of %s is never edited', (key, checksum) => {
    expect(createHash('sha256').update(golden(key)).digest('hex')).toBe(checksum);
  });
});
