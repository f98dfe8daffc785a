import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { complaints, intoDocument, PROMISES, spread, table } from '../report.mjs';

const clean = () => ({
  fault: 'crash:somewhere',
  title: 'dies there',
  times: 3,
  accepted: 100,
  sends: 10,
  outcomes: {},
  broken: Object.fromEntries(PROMISES.map((name) => [name, 0])),
  recoveryMs: { median: 900, max: 1_200 },
  replacedMs: { median: 2_100, max: 6_300 },
  targetMs: 5_000,
  seconds: 9,
});

describe('the report of faults', () => {
  it('has nothing to say about a clean row', () => {
    assert.deepEqual(complaints(clean()), []);
  });

  for (const name of PROMISES)
    it(`complains about ${name}`, () => {
      const row = clean();
      row.broken[name] = 2;
      assert.deepEqual(complaints(row), [`${name}: 2`]);
    });

  it('complains about a slow recovery and about an early end', () => {
    const row = { ...clean(), recoveryMs: { median: 900, max: 5_001 }, error: 'it hung' };
    assert.deepEqual(complaints(row), ['recovered in 5001 ms instead of 5000', 'it hung']);
  });

  it('says when who died was replaced, which is no promise of the recovery', () => {
    assert.deepEqual(complaints(clean()), []);
    assert.match(table([clean()]), /\| 0\.9 s +\| 1\.2 s +\| 5\.0 s +\| 6\.3 s +\|$/);
    assert.match(table([{ ...clean(), replacedMs: null }]), /\| 5\.0 s +\| +\|$/);
  });

  it('takes the middle and the slowest of the recoveries', () => {
    assert.deepEqual(spread([3, 1, 2]), { median: 2, max: 3 });
    assert.equal(spread([]), null);
  });

  it('writes the table where the document has its place, again and again', () => {
    const folder = mkdtempSync(join(tmpdir(), 'faults-'));
    const file = join(folder, 'reliability.md');
    writeFileSync(file, '# A\n<!-- faults: begin -->\nold\n<!-- faults: end -->\nrest\n');
    intoDocument(file, 'faults', table([clean()]));
    intoDocument(file, 'faults', table([clean()]));
    const text = readFileSync(file, 'utf8');
    rmSync(folder, { recursive: true });
    assert.equal(text.match(/crash:somewhere/g).length, 1);
    assert.ok(!text.includes('old') && text.endsWith('<!-- faults: end -->\nrest\n'));
    assert.throws(() => intoDocument(join(folder, 'none.md'), 'faults', ''));
  });
});
