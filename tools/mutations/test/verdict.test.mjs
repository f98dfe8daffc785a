import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge, Run } from '../verdict.mjs';

const A = { file: 'a.spec.ts', name: 'holds' };
const B = { file: 'b.it.ts', name: 'stays' };
const ran = (test, outcome) => ({ file: test.file, name: `a group ${test.name}, twice`, outcome });
const run = (outcomes, ended = true) => new Run({ outcomes, ended, log: ['what jest said'] });

describe('a mutation', () => {
  const verdict = (outcomes, ended) => judge(run(outcomes, ended), [A, B]).verdict;

  it('is killed where each of its tests failed', () => {
    assert.equal(verdict([ran(A, 'failed'), ran(B, 'failed')]), 'killed');
    assert.equal(verdict([ran(A, 'passed'), ran(A, 'failed'), ran(B, 'failed')]), 'killed');
  });

  it('survived where one passed', () => {
    assert.equal(verdict([ran(A, 'failed'), ran(B, 'passed')]), 'SURVIVED');
  });

  it('has no verdict where a test did not run: its file, or a hook before it, is what failed', () => {
    assert.equal(verdict([ran(A, 'failed')]), 'NO VERDICT');
    assert.equal(verdict([ran(A, 'failed'), { ...ran(B, 'failed'), file: 'c.it.ts' }]), 'NO VERDICT');
  });

  it('has no verdict where jest was ended before a test failed', () => {
    assert.equal(verdict([ran(A, 'failed'), ran(B, 'passed')], false), 'NO VERDICT');
    assert.equal(verdict([ran(A, 'failed'), ran(B, 'failed')], false), 'killed');
  });
});

describe('a run without a mutation', () => {
  it('has to come to its end, with every test run and passed', () => {
    assert.equal(run([ran(A, 'passed'), ran(B, 'passed')]).complaint([A, B]), undefined);
    assert.match(run([ran(A, 'passed'), ran(B, 'failed')]).complaint([A, B]), /"stays" of b\.it\.ts failed/);
    assert.match(run([ran(A, 'passed')]).complaint([A, B]), /"stays" of b\.it\.ts did not run/);
    assert.match(
      run([ran(A, 'passed'), ran(B, 'passed')], false).complaint([A, B]),
      /did not come to its end/,
    );
  });
});
