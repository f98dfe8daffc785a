import { Readable } from 'node:stream';
import fc from 'fast-check';
import { readCsv } from './csv.reader';
import { csvLine } from './csv.writer';

const LIMITS = { bytes: 1024 * 1024, lines: 100 };
const cut = (bytes: Buffer, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
const bodyOf = (file: string | Buffer, size = 7) =>
  Readable.from(cut(Buffer.from(file), size), { objectMode: false });
const read = (file: string | Buffer, size?: number) => readCsv(bodyOf(file, size), LIMITS);
const cellsOf = async (file: string | Buffer) => (await read(file)).map(({ cells }) => cells);

describe('a CSV file', () => {
  it.each([
    ['commas', 'a,b\n1,2\n'],
    ['semicolons', 'a;b\n1;2'],
    ['tabs', 'a\tb\r\n1\t2\r\n'],
    ['a byte order mark', '\uFEFFa,b\r\n1,2'],
    ['lines of old Macs', 'a,b\r1,2\r'],
    ['quotes', '"a","b"\r\n"1","2"\r\n'],
    ['blanks around cells', ' a , b\n 1 ,"2" \n'],
    ['empty lines, and empty cells in lines', 'a,b\n\n,\n1,2\n , \n'],
  ])('is read with %s', async (_, file) => {
    expect(await cellsOf(file)).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ]);
  });

  it('keeps separators, quotes and line ends that are in quotes', async () => {
    expect(await cellsOf('a;b\n"x;y";"say ""hi""\r\nthere, you"\n')).toEqual([
      ['a', 'b'],
      ['x;y', 'say "hi"\r\nthere, you'],
    ]);
    expect(await cellsOf('a;b\nx, y;z\n')).toEqual([
      ['a', 'b'],
      ['x, y', 'z'],
    ]);
  });

  it('knows its lines by their numbers in an editor', async () => {
    const lines = await read('a,b\n\n1,2\n"x\ny",3\n4,5');
    expect(lines.map(({ line }) => line)).toEqual([1, 3, 5, 6]);
  });

  const refused = (file: string | Buffer) =>
    read(file).catch((error: unknown) => error as { code: string; message: string });

  it.each([
    ['another alphabet', Buffer.from('a,b\nJos\xe9,2\n', 'latin1'), /UTF-8/],
    ['UTF-16', Buffer.from('\uFEFFa,b\n', 'utf16le'), /UTF-8/],
    ['a character that is cut', Buffer.from('a,é').subarray(0, 3), /UTF-8/],
    ['a quote that is not closed', 'a,b\n1,"2\n3,4\n', /not closed \(line/],
    ['something after a quote', 'a,b\n1,2\n"1"x,2\n', /follows a closing quote.*\(line 3\)/],
    ['a quote that is closed much later', `a,b\n1,"${'2\n'.repeat(40_000)}"\n`, /far too long/],
    ['no end of a line', 'x'.repeat(200_000), /far too long/],
    ['a quote in a cell', 'a,b\nx"y,2\n', /middle of a cell.*\(line 2\)/],
  ])('is refused with %s, as a whole', async (_, file, says) => {
    expect(await refused(file)).toMatchObject({
      code: 'invalid_request',
      message: expect.stringMatching(says) as string,
    });
  });

  it('is refused where it is too large, in bytes or in lines', async () => {
    const tooLarge = { code: 'payload_too_large' };
    await expect(read('a\n' + 'x\n'.repeat(100))).resolves.toHaveLength(101);
    expect(await refused('a\n' + 'x\n'.repeat(101))).toMatchObject(tooLarge);
    const long = `${'x'.repeat(50_000)}\n`.repeat(22);
    await expect(readCsv(bodyOf(long, 65_536), LIMITS)).rejects.toMatchObject(tooLarge);
  });

  it('may be empty', async () => {
    expect(await read('')).toEqual([]);
    expect(await read('\r\n\r\n')).toEqual([]);
  });

  it('never fails otherwise, whatever somebody sends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const outcome: unknown = await refused(Buffer.from(bytes));
        expect(Array.isArray(outcome) || (outcome as { code: string }).code === 'invalid_request').toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a CSV line', () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom(...',;"\t\r\n=+-@\' |'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
  });

  it('is read as it was written, however the file is cut, and begins no cell as a formula does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 9 }),
        async (cells, size) => {
          const file = csvLine(['first', ...cells]);
          const lines = await read(`${csvLine(['first', ...cells.map((_, i) => `c${i}`)])}${file}`, size);
          const harmless = cells.map((cell) => (/^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell));
          expect(lines[1]!.cells).toEqual(['first', ...harmless]);
          expect(lines[1]!.cells.filter((cell) => /^[=+\-@\t\r\n]/.test(cell))).toEqual([]);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1'])('makes %j harmless', (cell) => {
    expect(csvLine([cell])).toMatch(/^"?'/);
  });
});
