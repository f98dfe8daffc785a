import { audience } from '../../test/model/fixtures';
import { Recent, RecentBudget } from './recent';

const passed = (position: number) => ({ epoch: 'e', place: { position, audience: audience(1, null) } });
const positions = (recent: Recent, after: number, upTo: number) =>
  recent.between(after, upTo)?.map(({ place }) => place.position);

function fill(recent: Recent, from: number, to: number) {
  for (let position = from; position <= to; position++) recent.push(passed(position));
}

describe('the newest events of a feed', () => {
  it('are there from where they begin, and only whole', () => {
    const recent = new Recent(new RecentBudget());
    expect(positions(recent, 4, 6)).toBeUndefined();
    fill(recent, 5, 8);
    expect(positions(recent, 4, 8)).toEqual([5, 6, 7, 8]);
    expect(positions(recent, 6, 7)).toEqual([7]);
    expect(positions(recent, 8, 8)).toEqual([]);
    expect(positions(recent, 3, 8)).toBeUndefined();
    expect(positions(recent, 6, 9)).toBeUndefined();
  });

  it('are so many of a tenant at most', () => {
    const budget = new RecentBudget(3, 100);
    const recent = new Recent(budget);
    for (let position = 1; position <= 50; position++) {
      recent.push(passed(position));
      const first = Math.max(1, position - 2);
      expect(positions(recent, first - 1, position)).toHaveLength(Math.min(3, position));
      expect(positions(recent, first - 2, position)).toBeUndefined();
    }
    expect(budget.used).toBe(3);
  });

  it('are so many of all tenants at most: room is made by the one that adds', () => {
    const budget = new RecentBudget(10, 4);
    const [quiet, busy] = [new Recent(budget), new Recent(budget)];
    fill(quiet, 1, 2);
    fill(busy, 1, 20);
    expect(budget.used).toBe(4);
    expect(positions(quiet, 0, 2)).toEqual([1, 2]);
    expect(positions(busy, 18, 20)).toEqual([19, 20]);
    busy.clear();
    expect(budget.used).toBe(2);
    expect(positions(busy, 18, 20)).toBeUndefined();
    fill(busy, 31, 32);
    expect(positions(busy, 30, 32)).toEqual([31, 32]);
  });
});
