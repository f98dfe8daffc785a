import { Readable, pipeline } from 'node:stream';
import { AppError } from '@scrm/platform';
import { CsvError, parse } from 'csv-parse';

export interface CsvLine {
  /** In the file, from 1; of a line that breaks within quotes the last one. */
  line: number;
  cells: string[];
}

export interface CsvLimits {
  bytes: number;
  lines: number;
}

const SEPARATORS = [',', ';', '\t'];
const LINE_END = /[\r\n]/;
/** Within quotes a line goes on over line ends, so it has to end somewhere. */
const MOST_IN_A_LINE = 64 * 1024;

/**
 * The lines of a CSV file in UTF-8, with or without a byte order mark; commas, semicolons or tabs between the cells.
 * All of it is read before anything is done: what is wrong with the file as a whole is found while nothing has happened.
 *
 * @throws AppError payload_too_large; invalid_request, where it is no such file, with the line
 */
export async function readCsv(body: Readable, limits: CsvLimits): Promise<CsvLine[]> {
  try {
    return await readAll(textOf(body, limits.bytes), limits.lines);
  } catch (error) {
    // What was not read must not block the connection that the answer takes.
    body.resume();
    if (error instanceof CsvError)
      throw refused(`${WRONG[error.code] ?? 'it is no CSV'} (line ${String(error.lines)})`);
    throw error;
  }
}

const WRONG: Record<string, string> = {
  CSV_INVALID_CLOSING_QUOTE: 'something follows a closing quote: a quote within quotes is written twice',
  CSV_MAX_RECORD_SIZE: 'a line is far too long: perhaps a quote is not closed',
  CSV_QUOTE_NOT_CLOSED: 'a quote is not closed',
  INVALID_OPENING_QUOTE: 'a quote is in the middle of a cell: put the whole cell into quotes',
};

const refused = (why: string) =>
  new AppError('invalid_request', `The file cannot be read: ${why}. Nothing was imported.`);

export const tooLarge = (most: string) =>
  new AppError('payload_too_large', `A file has ${most} at most: split it. Nothing was imported.`);

async function readAll(text: AsyncGenerator<string>, most: number): Promise<CsvLine[]> {
  let head = '';
  for (let next; !LINE_END.test(head) && head.length <= MOST_IN_A_LINE && !(next = await text.next()).done;)
    head += next.value;
  const parser = parse({
    delimiter: separatorOf(head),
    info: true,
    trim: true,
    max_record_size: MOST_IN_A_LINE,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
  });
  pipeline(Readable.from(begunWith(head, text)), parser, () => undefined);
  const lines: CsvLine[] = [];
  for await (const { record, info } of parser as AsyncIterable<{
    record: string[];
    info: { lines: number };
  }>) {
    // One more than that: the first one names the columns.
    if (lines.length > most) throw tooLarge(`${most} lines`);
    lines.push({ line: info.lines, cells: record });
  }
  return lines;
}

async function* begunWith(head: string, rest: AsyncGenerator<string>) {
  yield head;
  yield* rest;
}

/** The one that is most in the first line, which has names only. */
function separatorOf(head: string): string {
  const [first = ''] = head.split(LINE_END);
  const count = (separator: string) => first.split(separator).length;
  return [...SEPARATORS].sort((a, b) => count(b) - count(a))[0]!;
}

async function* textOf(body: Readable, most: number): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (bytes?: Buffer) => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw refused('it is not in UTF-8. Save it as "CSV UTF-8"');
    }
  };
  let size = 0;
  // It is not destroyed where it is left early: the answer goes out on its connection.
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) throw tooLarge(`${most / 1024 / 1024} MB`);
    yield decode(chunk);
  }
  yield decode();
}
