/** The floor's promises, against the Postgres that DATABASE_URL names; needs an empty database. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStore } from '../floor/store.mjs';

const item = (/** @type {string} */ wamid, customer = '62811', number = '1') => ({
  ...{ wamid, customer, number, name: 'Sari', body: `text of ${wamid}`, raw: Buffer.from(`raw ${wamid}`) },
});
const places = (/** @type {import('../floor/store.mjs').Stored[]} */ stored) =>
  stored.map(({ wamid, seq, position }) => [wamid, seq, position]);

test('a floor stores each message once, in order, without gaps', async (t) => {
  const [one, two] = [await openStore(), await openStore()];
  t.after(() => Promise.all([one.close(), two.close()]));
  const { store } = one;
  assert.deepEqual(places(await store([item('a'), item('b', '62822'), item('c'), item('a')])), [
    ['a', 1, 1],
    ['b', 1, 2],
    ['c', 2, 3],
  ]);
  // Delivered again: what it was stays, and it is told again.
  assert.deepEqual(places(await store([item('d'), item('c'), item('e', '62811', '2')])), [
    ['d', 3, 4],
    ['c', 2, 3],
    ['e', 1, 1],
  ]);
  // Of two workers with the same batch one does it again, and finds all of it there.
  const batch = Array.from({ length: 50 }, (_, i) => item(`x${i}`));
  const again = () => two.store(batch).catch(() => two.store(batch));
  const [left, right] = await Promise.all([store(batch).catch(() => store(batch)), again()]);
  assert.deepEqual(places(left), places(right));
  assert.deepEqual(
    left.map(({ seq }) => seq),
    batch.map((_, i) => i + 4),
  );
});
