import { BoundedLog } from './bounded.log';

interface Entry {
  seq: number;
  n: number;
}

describe('BoundedLog', () => {
  it('forgets the oldest and keeps its numbers', () => {
    const forgotten: number[] = [];
    const log = new BoundedLog<Entry>((entry) => forgotten.push(entry.n));
    for (let n = 1; n <= 5000; n++) log.add({ n }, 10);
    expect(log.size).toBe(10);
    expect(forgotten).toHaveLength(4990);
    expect(log.after(0, 100).map((entry) => entry.seq)).toEqual([
      4991, 4992, 4993, 4994, 4995, 4996, 4997, 4998, 4999, 5000,
    ]);
  });

  it('pages by the last number seen', () => {
    const log = new BoundedLog<Entry>();
    for (let n = 1; n <= 10; n++) log.add({ n }, 100);
    expect(log.after(4, 3).map((entry) => entry.n)).toEqual([5, 6, 7]);
    expect(log.after(10, 3)).toEqual([]);
    expect(log.after(0, 2, (entry) => entry.n % 4 === 0).map((entry) => entry.n)).toEqual([4, 8]);
    log.clear();
    log.add({ n: 11 }, 100);
    expect(log.after(10, 3).map((entry) => entry.seq)).toEqual([11]);
  });
});
