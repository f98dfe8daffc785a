import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ROOT } from '../../lib/files.mjs';
import { MUTATIONS } from '../list/index.mjs';
import { mutate, staleMutations } from '../mutation.mjs';
import { parseMutationOptions } from '../options.mjs';

describe('the mutations', () => {
  it('each change a text that stands exactly once in the code, and name tests that there are', () => {
    assert.deepEqual(staleMutations(MUTATIONS, ROOT), []);
  });

  it('have names of their own', () => {
    assert.equal(new Set(MUTATIONS.map(({ name }) => name)).size, MUTATIONS.length);
  });

  it('can be chosen by name, and by no other', () => {
    assert.deepEqual(parseMutationOptions(['--only', 'a,b'], ['a', 'b', 'c']).only, ['a', 'b']);
    assert.deepEqual(parseMutationOptions(['--only=c'], ['a', 'b', 'c']).only, ['c']);
    for (const args of [['--only', 'd'], ['--only'], ['--all']])
      assert.throws(
        () => parseMutationOptions(args, ['a', 'b', 'c']),
        /no mutation|argument missing|Unknown option/,
      );
  });
});

describe('a mutation', () => {
  const one = { name: 'one', file: 'a.ts', find: 'lock();', replace: '' };

  it('replaces its text, as it is written', () => {
    assert.equal(mutate('a(); lock(); b();', one), 'a();  b();');
    assert.equal(mutate('x = $1 + 1', { ...one, find: '$1 + 1', replace: '$& + $1' }), 'x = $& + $1');
  });

  it('has to be renewed where its text is not there, or more than once', () => {
    assert.throws(() => mutate('a(); b();', one), /mutation one: .* 0 times in a\.ts.*renew/);
    assert.throws(() => mutate('lock(); lock();', one), /2 times/);
  });
});

describe('what does not fit the code any more', () => {
  let root;
  const fits = {
    name: 'one',
    promise: 'nothing',
    file: 'a.ts',
    find: 'lock();',
    replace: '',
    tests: [{ file: 'a.spec.ts', name: "doesn't" }],
  };
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'mutations-'));
    writeFileSync(join(root, 'a.ts'), 'lock();');
    writeFileSync(join(root, 'a.spec.ts'), String.raw`it('doesn\'t', () => {});`);
    writeFileSync(join(root, 'a.e2e.ts'), 'doesn');
  });
  after(() => rmSync(root, { recursive: true }));

  for (const [what, change, says] of [
    ['a file', { file: 'b.ts' }, /there is no b\.ts/],
    ['a text', { find: 'unlock();' }, /0 times/],
    ['a change', { replace: 'lock();' }, /changes nothing/],
    ['tests', { tests: [] }, /no test has to fail/],
    ['the file of a test', { tests: [{ file: 'b.spec.ts', name: 'x' }] }, /there is no b\.spec\.ts/],
    ['a test', { tests: [{ file: 'a.spec.ts', name: 'does' + ' not' }] }, /no test "does not"/],
    ['a test that needs no build', { tests: [{ file: 'a.e2e.ts', name: 'doesn' }] }, /no \*\.spec\.ts/],
  ]) {
    it(`is told: ${what}`, () => {
      assert.deepEqual(staleMutations([fits], root), []);
      const [wrong, ...others] = staleMutations([{ ...fits, ...change }], root);
      assert.match(wrong, says);
      assert.deepEqual(others, []);
    });
  }
});
