import { Batcher } from './batcher';

/** Work that ends when the test says so. */
function workbench() {
  const batches: { items: number[]; end: (answers: string[]) => void; fail: (error: Error) => void }[] = [];
  const work = (items: number[]) =>
    new Promise<string[]>((resolve, reject) => batches.push({ items, end: resolve, fail: reject }));
  return { batches, work };
}
const answers = (items: number[]) => items.map((i) => `answer ${i}`);
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a batcher', () => {
  it('begins at once, and collects while it works', async () => {
    const { batches, work } = workbench();
    const batcher = new Batcher(work);
    const all = Promise.all([1, 2, 3].map((i) => batcher.add(i)));
    expect(batches.map((b) => b.items)).toEqual([[1]]);
    batches[0]!.end(answers([1]));
    await turn();
    expect(batches.map((b) => b.items)).toEqual([[1], [2, 3]]);
    batches[1]!.end(answers([2, 3]));
    expect(await all).toEqual(answers([1, 2, 3]));
  });

  it('never works on two batches at once, keeps the order and the size', async () => {
    let atOnce = 0;
    const seen: number[][] = [];
    const batcher = new Batcher(async (items: number[]) => {
      expect(++atOnce).toBe(1);
      await turn();
      seen.push(items);
      atOnce--;
      return answers(items);
    }, 4);
    const numbers = Array.from({ length: 10 }, (_, i) => i);
    expect(await Promise.all(numbers.map((i) => batcher.add(i)))).toEqual(answers(numbers));
    expect(seen).toEqual([[0], [1, 2, 3, 4], [5, 6, 7, 8], [9]]);
  });

  it('fails all of a batch that fails, and goes on with the next', async () => {
    const { batches, work } = workbench();
    const batcher = new Batcher(work, 2);
    const settled = Promise.allSettled([1, 2, 3, 4].map((i) => batcher.add(i)));
    batches[0]!.end(answers([1]));
    await turn();
    batches[1]!.fail(new Error('broken'));
    await turn();
    batches[2]!.end(answers([4]));
    expect((await settled).map((s) => s.status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  });

  it('survives work that throws before it begins, and takes up work again after a rest', async () => {
    let broken = true;
    const batcher = new Batcher((items: number[]) => {
      if (broken) throw new Error('broken');
      return Promise.resolve(answers(items));
    });
    await expect(batcher.add(1)).rejects.toThrow('broken');
    broken = false;
    await expect(batcher.add(2)).resolves.toBe('answer 2');
  });
});
