import { AppError, decodePage, isUuid, toPage } from '@scrm/platform';

export type Sort<Key extends string> = Key | `-${Key}`;

/** One way to sort a list: what the database compares, and the same of a record, for the cursor. */
export interface Order<Row> {
  /** An expression that an index of the table has, after the tenant and before the id. */
  column: string;
  value: (row: Row) => string | number;
  /** What the value of a cursor is as SQL, where it is not the value itself. */
  place?: (parameter: string) => string;
}

interface ListOptions<Key extends string, Row> {
  /** The column of the id, which makes places unique, and how to find it in a record. */
  id: string;
  idOf: (row: Row) => string;
  /** Null: by the id, which is the order of creation. */
  orders: Record<Key, Order<Row> | null>;
  byDefault: Sort<Key>;
}

/** Where a page goes on, and in which order. */
export interface PlaceIn<Key extends string> {
  sort: Sort<Key>;
  after: { value: string | number; id: string } | null;
}

type Parts = [string] | [string, string | number, string];

/**
 * A list that can be sorted, page by page: a page goes on after the place of its last record (keyset), so what comes
 * or goes meanwhile moves nothing else, and the last page costs what the first one does.
 */
export class SortedList<Key extends string, Row> {
  constructor(private readonly options: ListOptions<Key, Row>) {}

  /** @throws AppError invalid_cursor, also where the cursor is of another order */
  place(sort: Sort<Key> = this.options.byDefault, cursor?: string): PlaceIn<Key> {
    if (!cursor) return { sort, after: null };
    const parts = decodePage(cursor, isPlace);
    // An id alone is a place in the order that was there before others came.
    const [of, value, id] = parts.length === 1 ? [this.options.byDefault, parts[0], parts[0]] : parts;
    if (of !== sort)
      throw new AppError(
        'invalid_cursor',
        'This cursor is of another order: begin without one, or sort as before.',
      );
    if (typeof value !== (this.orderOf(sort)?.place ? 'number' : 'string'))
      throw new AppError('invalid_cursor', 'Use the nextCursor of the page before, unchanged.');
    return { sort, after: { value, id } };
  }

  /** What a page has to hold as SQL. What it compares with is added to `values`. */
  sql({ sort, after }: PlaceIn<Key>, values: unknown[]): { where: string; orderBy: string } {
    const { id } = this.options;
    const order = this.orderOf(sort);
    const [direction, beyond] = sort.startsWith('-') ? ['DESC', '<'] : ['ASC', '>'];
    const columns = order ? [order.column, id] : [id];
    const orderBy = columns.map((column) => `${column} ${direction}`).join(', ');
    if (!after) return { where: 'true', orderBy };
    const parameter = (value: unknown) => `$${values.push(value)}`;
    const places = order
      ? [(order.place ?? String)(parameter(after.value)), parameter(after.id)]
      : [parameter(after.id)];
    return { where: `(${columns.join(', ')}) ${beyond} (${places.join(', ')})`, orderBy };
  }

  /** A page from its records and one more, as {@link toPage}. */
  page<Full extends Row, View>(
    rows: Full[],
    limit: number,
    { sort }: PlaceIn<Key>,
    view: (row: Full) => View,
  ) {
    return toPage(rows, limit, view, (row) => this.placeOf(row, sort));
  }

  private placeOf(row: Row, sort: Sort<Key>): (string | number)[] {
    const id = this.options.idOf(row);
    const order = this.orderOf(sort);
    if (order) return [sort, order.value(row), id];
    return sort === this.options.byDefault ? [id] : [sort, id, id];
  }

  private orderOf(sort: Sort<Key>): Order<Row> | null {
    return this.options.orders[sort.replace(/^-/, '') as Key];
  }
}

function isPlace(parts: unknown[]): parts is Parts {
  if (parts.length === 1) return isUuid(parts[0]);
  const [sort, value, id] = parts;
  const isValue = typeof value === 'string' ? !value.includes('\0') : Number.isSafeInteger(value);
  return parts.length === 3 && typeof sort === 'string' && isValue && isUuid(id);
}

/** A part of a condition for each filter that is given. */
export function filtered(values: unknown[], filters: [unknown, (parameter: string) => string][]): string {
  const given = filters.filter(([value]) => value !== undefined && value !== '');
  return given.map(([value, sql]) => ` AND ${sql(`$${values.push(value)}`)}`).join('');
}
