import { MESSAGE_STATUSES, type MessageStatus } from '@scrm/contracts';
import fc from 'fast-check';
import { nextStatus } from './status';

const REPORTS = ['sent', 'delivered', 'read', 'played', 'failed'] as const;
const before = fc.constantFrom<MessageStatus>('queued', 'sending', 'unknown');
const after = (start: MessageStatus, reports: readonly string[]) => reports.reduce(nextStatus, start);

function permutations<T>(of: readonly T[]): T[][] {
  if (of.length <= 1) return [[...of]];
  return of.flatMap((first, i) => permutations(of.filter((_, j) => j !== i)).map((rest) => [first, ...rest]));
}

describe('the status of a message', () => {
  it('ends the same in all 120 orders of all reports', () => {
    const ends = new Set(permutations(REPORTS).map((order) => after('sending', order)));
    expect([...ends]).toEqual(['played']);
  });

  it('ends the same for any reports in any order, however often they come', () => {
    const reports = fc
      .subarray([...REPORTS])
      .chain((some) =>
        fc.tuple(
          fc.shuffledSubarray(some, { minLength: some.length }),
          fc.shuffledSubarray([...some, ...some], { minLength: some.length * 2 }),
        ),
      );
    fc.assert(fc.property(before, reports, (start, [a, b]) => expect(after(start, a)).toBe(after(start, b))));
  });

  it('never goes back', () => {
    const line: MessageStatus[] = ['queued', 'sending', 'sent', 'delivered', 'read', 'played'];
    for (const [at, current] of line.entries()) {
      for (const report of REPORTS.filter((r) => r !== 'failed')) {
        expect(line.indexOf(nextStatus(current, report))).toBeGreaterThanOrEqual(at);
      }
    }
  });

  it('is read without having been delivered', () => expect(nextStatus('sent', 'read')).toBe('read'));

  it('stays failed where a late report says that it had been sent', () => {
    expect(after('sending', ['sent', 'failed'])).toBe('failed');
    expect(after('sending', ['failed', 'sent'])).toBe('failed');
  });

  it('is no failure where it did arrive', () => {
    expect(after('sending', ['failed', 'delivered'])).toBe('delivered');
    expect(after('sending', ['read', 'failed'])).toBe('read');
  });

  it('leaves the unknown by any report', () => {
    for (const report of REPORTS) expect(nextStatus('unknown', report)).toBe(report);
  });

  it('of a message of the customer never changes', () => {
    for (const report of REPORTS) expect(nextStatus('received', report)).toBe('received');
  });

  it('does not change by a word that is no report of WhatsApp', () => {
    const words = ['deleted', 'warning', 'queued', 'received', 'unknown', 'constructor', '__proto__', ''];
    for (const current of MESSAGE_STATUSES) {
      for (const word of words) expect(nextStatus(current, word)).toBe(current);
    }
  });
});
