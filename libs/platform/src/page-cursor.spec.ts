import { AppError } from './errors';
import fc from 'fast-check';
import { decodePage, encodePage } from './page-cursor';

const any = (parts: unknown[]): parts is unknown[] => Array.isArray(parts);
const isName = (parts: unknown[]): parts is [string] => parts.length === 1 && typeof parts[0] === 'string';

function codeOf(work: () => unknown) {
  try {
    work();
  } catch (error) {
    return error instanceof AppError ? error.code : error;
  }
  return undefined;
}

describe('the cursor of a page', () => {
  it('comes back as it went, and fits into a URL', () => {
    const parts = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer()));
    fc.assert(
      fc.property(parts, (p) => {
        expect(encodePage(...p)).toMatch(/^[\w-]*$/);
        expect(decodePage(encodePage(...p), any)).toEqual(p);
      }),
    );
  });

  it.each(['', 'x', '####', 'bnVsbA', 'e30', encodePage(), encodePage(1), encodePage('a', 'b')])(
    'is refused where it is not one of ours: %j',
    (cursor) => expect(codeOf(() => decodePage(cursor, isName))).toBe('invalid_cursor'),
  );

  it('never fails otherwise, whatever a client makes up', () => {
    const made = fc.oneof(
      fc.string(),
      fc.json().map((j) => Buffer.from(j).toString('base64url')),
    );
    fc.assert(
      fc.property(made, (cursor) =>
        expect([undefined, 'invalid_cursor']).toContain(codeOf(() => decodePage(cursor, isName))),
      ),
    );
  });

  it('is refused where its own check breaks over it', () => {
    const breaks = (parts: unknown[]): parts is [string] => (parts[0] as string).length > 0;
    expect(codeOf(() => decodePage(encodePage(), breaks))).toBe('invalid_cursor');
  });
});
