import { PERMISSIONS } from '../../libs/contracts/src';
import { handlers, rpcs } from './handlers';

const ACCESS = [...PERMISSIONS, 'signed-in', 'public', 'service'];

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
