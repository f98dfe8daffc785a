import { BoundedWork } from './bounded-work';

/** Work that ends when the test says so. */
function heldWork() {
  const ends: (() => void)[] = [];
  const state = { running: 0, most: 0 };
  const work = () =>
    new Promise<void>((resolve) => {
      state.most = Math.max(state.most, ++state.running);
      ends.push(() => {
        state.running--;
        resolve();
      });
    });
  return { work, state, endOne: () => ends.shift()!() };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

it('runs no more at a time than it should, and the rest in order', async () => {
  const { work, state, endOne } = heldWork();
  const bounded = new BoundedWork({ atOnce: 2, waiting: 3 });
  const order: number[] = [];
  const all = [1, 2, 3, 4, 5].map((n) => bounded.run(work).then(() => order.push(n)));
  expect(state.running).toBe(2);
  endOne();
  await settled();
  // Whoever comes now waits behind those who were first, though a place was given up in between.
  all.push(bounded.run(work).then(() => order.push(6)));
  expect(state.running).toBe(2);
  for (let i = 0; i < 5; i++) {
    endOne();
    await settled();
  }
  await Promise.all(all);
  expect(state.most).toBe(2);
  expect(order).toEqual([1, 2, 3, 4, 5, 6]);
});

it('refuses what does not fit, and says when to come back', async () => {
  const { work, endOne } = heldWork();
  const bounded = new BoundedWork({ atOnce: 1, waiting: 1 });
  const taken = [bounded.run(work), bounded.run(work)];
  await expect(bounded.run(work)).rejects.toMatchObject({ code: 'too_many_requests', retryAfter: 1 });
  endOne();
  await settled();
  endOne();
  await Promise.all(taken);
  const next = bounded.run(work);
  endOne();
  await expect(next).resolves.toBeUndefined();
});

it('gives the place back when work fails', async () => {
  const bounded = new BoundedWork({ atOnce: 1, waiting: 0 });
  await expect(bounded.run(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  await expect(bounded.run(() => Promise.resolve('done'))).resolves.toBe('done');
});
