/** What a column holds, and where a row has it. Null and undefined are NULL. */
type Column<Row> =
  | [type: 'uuid' | 'text' | 'json' | 'jsonb', of: (row: Row) => string | null | undefined]
  | [type: 'bigint' | 'integer', of: (row: Row) => number | null | undefined]
  | [type: 'timestamptz', of: (row: Row) => Date | null | undefined]
  | [type: 'bytea', of: (row: Row) => Buffer | null | undefined];

/**
 * Many rows as parameters of a statement: an array for each column, in Postgres's binary format, which `unnest` makes
 * rows of again. As JSON every value is written, escaped, read and copied several times over; that was a third of what
 * a batch cost the database.
 */
export interface Columns<Row> {
  /** How many parameters they take. */
  count: number;
  /** For FROM: the rows, of the parameters from `$first` on. */
  from: (first: number) => string;
  values: (rows: readonly Row[]) => Buffer[];
}

/** Columns by their names. Times are to the millisecond; whole numbers up to what a number holds exactly. */
export function columnsOf<Row>(columns: Record<string, Column<Row>>): Columns<Row> {
  const names = Object.keys(columns);
  const each = Object.values(columns);
  let usual = 0;
  return {
    count: names.length,
    from: (first) => {
      const arrays = each.map(([type], i) => `$${first + i}::${arrayOf(type)}`).join(', ');
      return `(SELECT * FROM unnest(${arrays}) AS u(${names.join(', ')}))`;
    },
    values: (rows) => {
      const writer = new ArrayWriter(usual);
      for (const column of each) write(writer, rows, column);
      usual = writer.size;
      return writer.arrays();
    },
  };
}

/**
 * What a column travels as: texts are cast where they arrive, which costs Postgres less than it would cost us. As a
 * whole array, for row-level security: a row that is cast may not be looked up in an index before it is known to be ours.
 */
function arrayOf(type: Column<never>[0]): string {
  const travels = TRAVELS[type];
  return travels === type ? `${type}[]` : `${travels}[]::${type}[]`;
}

const TRAVELS = {
  uuid: 'uuid',
  text: 'text',
  json: 'text',
  jsonb: 'text',
  bigint: 'bigint',
  integer: 'bigint',
  timestamptz: 'timestamptz',
  bytea: 'bytea',
};

const OID = { bytea: 17, text: 25, bigint: 20, timestamptz: 1184, uuid: 2950 };
/** Postgres counts from the year 2000, in microseconds. */
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);

function write<Row>(writer: ArrayWriter, rows: readonly Row[], [type, of]: Column<Row>): void {
  switch (type) {
    case 'bigint':
    case 'integer':
      writer.begin(OID.bigint, rows.length);
      for (const row of rows) writer.whole(of(row));
      break;
    case 'timestamptz':
      writer.begin(OID.timestamptz, rows.length);
      for (const row of rows) {
        const time = of(row);
        writer.whole(time && (time.getTime() - POSTGRES_EPOCH_MS) * 1000);
      }
      break;
    case 'uuid':
      writer.begin(OID.uuid, rows.length);
      for (const row of rows) writer.uuid(of(row));
      break;
    case 'bytea':
      writer.begin(OID.bytea, rows.length);
      for (const row of rows) writer.binary(of(row));
      break;
    default:
      writer.begin(OID.text, rows.length);
      for (const row of rows) writer.text(of(row));
  }
}

const HEAD_BYTES = 20;
const LENGTH_BYTES = 4;
const WHOLE_BYTES = 8;
const UUID_BYTES = 16;
const NULL = -1;
const TWO_32 = 2 ** 32;
const UUID_LENGTH = 36;
/** Where the two digits of each byte stand. */
const UUID_DIGITS = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
const NO_DIGIT = -1;
/** The values of hexadecimal digits, by every code that a character can have. */
const HEX = new Int8Array(2 ** 16).fill(NO_DIGIT);
for (const [value, digits] of [...'0123456789abcdef'].entries())
  for (const digit of [digits, digits.toUpperCase()]) HEX[digit.charCodeAt(0)] = value;
/** A character of a string takes three bytes at most. */
const CHARACTER_BYTES = 3;

/** Arrays of one dimension that are counted from 1 and may hold nulls, one behind the other. */
class ArrayWriter {
  size = 0;
  private bytes: Buffer;
  private readonly starts: number[] = [];

  constructor(usual: number) {
    this.bytes = Buffer.allocUnsafe(Math.max(Math.ceil(usual * 1.25), 4096));
  }

  begin(oid: number, length: number): void {
    this.starts.push(this.size);
    this.reserve(HEAD_BYTES);
    for (const head of [1, 1, oid, length, 1]) this.size = this.bytes.writeInt32BE(head, this.size);
  }

  text(text: string | null | undefined): void {
    if (text == null) return this.nothing();
    this.reserve(LENGTH_BYTES + text.length * CHARACTER_BYTES);
    const length = this.bytes.write(text, this.size + LENGTH_BYTES);
    this.size = this.bytes.writeInt32BE(length, this.size) + length;
  }

  binary(value: Buffer | null | undefined): void {
    if (value == null) return this.nothing();
    this.reserve(LENGTH_BYTES + value.length);
    const at = this.bytes.writeInt32BE(value.length, this.size);
    this.size = at + value.copy(this.bytes, at);
  }

  whole(value: number | null | undefined): void {
    if (value == null) return this.nothing();
    this.reserve(LENGTH_BYTES + WHOLE_BYTES);
    const high = Math.floor(value / TWO_32);
    const at = this.bytes.writeInt32BE(WHOLE_BYTES, this.size);
    this.size = this.bytes.writeUInt32BE(value - high * TWO_32, this.bytes.writeInt32BE(high, at));
  }

  /** @throws TypeError where it is none, as Postgres would */
  uuid(text: string | null | undefined): void {
    if (text == null) return this.nothing();
    this.reserve(LENGTH_BYTES + UUID_BYTES);
    const at = this.bytes.writeInt32BE(UUID_BYTES, this.size);
    let all = text.length === UUID_LENGTH ? 0 : NO_DIGIT;
    for (let i = 0; i < UUID_BYTES; i++) {
      const from = UUID_DIGITS[i]!;
      const byte = (HEX[text.charCodeAt(from)]! << 4) | HEX[text.charCodeAt(from + 1)]!;
      all |= byte;
      this.bytes[at + i] = byte;
    }
    if (all < 0) throw new TypeError(`"${text}" is no UUID`);
    this.size = at + UUID_BYTES;
  }

  arrays(): Buffer[] {
    return this.starts.map((start, i) => this.bytes.subarray(start, this.starts[i + 1] ?? this.size));
  }

  private nothing(): void {
    this.reserve(LENGTH_BYTES);
    this.size = this.bytes.writeInt32BE(NULL, this.size);
  }

  private reserve(more: number): void {
    if (this.size + more <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.size + more));
    this.bytes.copy(larger, 0, 0, this.size);
    this.bytes = larger;
  }
}
