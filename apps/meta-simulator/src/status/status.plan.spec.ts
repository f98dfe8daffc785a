import { DEFAULT_STATUSES, mergeStatuses } from '../settings/settings';
import type { StatusesPatch } from '../settings/settings.schema';
import { planStatuses } from './status.plan';

const plan = (patch: StatusesPatch, random = 0.5): [string, number, number][] =>
  planStatuses(mergeStatuses(DEFAULT_STATUSES, patch), () => random).map((step) => [
    step.status,
    step.delayMs,
    step.copies,
  ]);

describe('planStatuses', () => {
  it('is sent and delivered, and read only when asked', () => {
    expect(plan({})).toEqual([
      ['sent', 20, 1],
      ['delivered', 60, 1],
    ]);
    expect(plan({ autoRead: true, delays: { read: 70 } })[2]).toEqual(['read', 70, 1]);
  });

  it('gives the earliest moment to the first of the order', () => {
    expect(plan({ autoRead: true, order: ['read', 'delivered', 'sent'] })).toEqual([
      ['read', 20, 1],
      ['delivered', 60, 1],
      ['sent', 150, 1],
    ]);
    expect(plan({ autoRead: true, order: ['delivered'] }).map(([name]) => name)).toEqual([
      'delivered',
      'sent',
      'read',
    ]);
  });

  it('shuffles', () => {
    expect(plan({ autoRead: true, order: 'shuffled' }, 0).map(([name]) => name)).toEqual([
      'delivered',
      'read',
      'sent',
    ]);
  });

  it('loses and repeats', () => {
    expect(plan({ loss: { delivered: 0.6 }, duplicates: 2 })).toEqual([
      ['sent', 20, 3],
      ['delivered', 60, 0],
    ]);
  });

  it('fails instead', () => {
    expect(plan({ fail: { code: 131026 } }).map(([name]) => name)).toEqual(['failed']);
    expect(plan({ fail: { code: 131026, afterSent: true } }).map(([name]) => name)).toEqual([
      'sent',
      'failed',
    ]);
  });
});
