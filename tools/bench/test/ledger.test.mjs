import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ledger } from '../ledger.mjs';

/** Two customers of two numbers; an admin, then a screen of each number. */
function books() {
  const ledger = new Ledger([{ sender: 0 }, { sender: 1 }]);
  const screens = [
    ledger.account([true, true]),
    ledger.account([true, false]),
    ledger.account([false, true]),
  ];
  return { ledger, screens };
}

/** @param {Ledger} ledger @param {number} customer */
function accepted(ledger, customer) {
  const n = ledger.begin(customer);
  ledger.postedAt[n] = performance.now();
  ledger.accepted(n);
  return n;
}

test('a message is open until every screen that may see it shows it', () => {
  const { ledger, screens } = books();
  const n = accepted(ledger, 1);
  assert.deepEqual(ledger.open(), [n]);
  screens[0].message(n);
  assert.deepEqual(ledger.open(), [n]);
  screens[2].message(n);
  assert.deepEqual(ledger.open(), []);
});

test('the first screen that may see a number is its reference, also where no screen sees all', async () => {
  const ledger = new Ledger([{ sender: 0 }, { sender: 1 }]);
  const [first, second] = [ledger.account([true, false]), ledger.account([false, true])];
  const again = ledger.account([false, true]);
  const n = accepted(ledger, 1);
  let seen = false;
  const shown = ledger.onScreen(n)?.then(() => (seen = true));
  again.message(n);
  await Promise.resolve();
  assert.equal(ledger.seenAt[n], 0);
  assert.equal(seen, false);
  second.message(n);
  await shown;
  assert.ok(ledger.seenAt[n] > 0);
  const other = accepted(ledger, 0);
  first.message(other);
  assert.ok(ledger.seenAt[other] > 0);
});

test('what breaks a promise is counted, each as what it is', async () => {
  const { ledger, screens } = books();
  const [admin, mine] = screens;
  const one = accepted(ledger, 0);
  const two = accepted(ledger, 0);
  const lost = accepted(ledger, 0);
  const foreign = accepted(ledger, 1);
  for (const n of [one, two, foreign]) admin.message(n);
  admin.message(lost);
  screens[2].message(foreign);
  mine.message(two);
  mine.message(one);
  mine.message(one);
  mine.message(foreign);
  mine.change('c', 5);
  mine.change('c', 7);
  mine.reset();
  mine.change('c', 20);
  const expected = { lost: 1, duplicated: 1, outOfOrder: 1, seqGaps: 1, leaked: 1, resets: 1 };
  assert.deepEqual(await ledger.verdict(10), expected);
  assert.deepEqual(ledger.misplaced, [{ n: one, after: two }]);
});

test('screens tell neighbours in the books apart', () => {
  const { ledger, screens } = books();
  const all = Array.from({ length: 40 }, () => accepted(ledger, 0));
  for (const n of all) screens[0].message(n);
  for (const n of all) screens[1].message(n);
  assert.equal(screens[1].duplicated, 0);
  assert.deepEqual(ledger.open(), []);
  screens[1].message(all[17]);
  assert.equal(screens[1].duplicated, 1);
});

test('what is shown before its answer came is complete when the answer comes', async () => {
  const { ledger, screens } = books();
  const n = ledger.begin(0);
  screens[0].message(n);
  screens[1].message(n);
  ledger.accepted(n);
  assert.equal((await ledger.verdict(10)).lost, 0);
});

test('what was on its way while something else stood still can be left out', () => {
  const { ledger, screens } = books();
  const [before, during, across, lost, after] = Array.from({ length: 5 }, () => accepted(ledger, 0));
  const on = (/** @type {number} */ n, /** @type {number} */ posted, /** @type {number} */ seen) => {
    screens[0].message(n);
    [ledger.postedAt[n], ledger.seenAt[n]] = [posted, seen];
  };
  on(before, 0, 10);
  on(during, 12, 18);
  on(across, 5, 40);
  on(after, 20, 27);
  ledger.postedAt[lost] = 15;
  const times = (/** @type {[number, number][]} */ except) => [...ledger.times(0, 5, except).toSocket];
  assert.deepEqual(times([]), [10, 6, 35, 7]);
  assert.deepEqual(times([[10, 20]]), [10, 7]);
  assert.deepEqual(
    times([
      [10, 11],
      [26, 30],
    ]),
    [10, 6],
  );
});
