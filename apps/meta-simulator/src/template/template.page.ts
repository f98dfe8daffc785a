import type { Template } from './template.types';

export interface TemplateQuery {
  limit?: string;
  after?: string;
  before?: string;
  fields?: string;
  name?: string;
  name_or_content?: string;
  status?: string;
  language?: string;
  category?: string;
}

export const encodeCursor = (id: string): string => Buffer.from(`sim:${id}`).toString('base64url');
const decodeCursor = (cursor: string): string =>
  Buffer.from(cursor, 'base64url').toString('latin1').replace(/^sim:/, '');

/** Meta takes `a`, `a,b` and `["a","b"]`. */
function listOf(value: string | undefined): Set<string> | undefined {
  if (value === undefined || value === '') return undefined;
  const words = value.replace(/[[\]"\s]/g, '').split(',');
  return new Set(words.map((word) => word.toUpperCase()));
}

export function pickFields(
  object: Record<string, unknown>,
  fields: string | undefined,
): Record<string, unknown> {
  if (!fields) return object;
  // `health_status{...}` and other nested selections are read as the plain field.
  const wanted = new Set(
    fields
      .replace(/\{[^}]*\}/g, '')
      .split(',')
      .map((field) => field.trim()),
  );
  return Object.fromEntries(Object.entries(object).filter(([key]) => key === 'id' || wanted.has(key)));
}

export interface Page {
  data: Record<string, unknown>[];
  paging: { cursors?: { before: string; after: string }; next?: string; previous?: string };
}

/** One page of a WABA's templates, with Graph's cursors. */
export function templatePage(all: Template[], query: TemplateQuery, selfUrl: string): Page {
  const status = listOf(query.status);
  const language = listOf(query.language);
  const category = listOf(query.category);
  const found = all.filter(
    (each) =>
      (!query.name || each.name.includes(query.name)) &&
      (!query.name_or_content ||
        each.name.includes(query.name_or_content) ||
        each.components.some((part) => part.text?.includes(query.name_or_content ?? ''))) &&
      (!status || status.has(each.status)) &&
      (!language || language.has(each.language.toUpperCase())) &&
      (!category || category.has(each.category)),
  );
  const limit = Math.min(Math.max(Number(query.limit) || 25, 1), 1000);
  let start = 0;
  if (query.after) start = found.findIndex((each) => each.id === decodeCursor(query.after ?? '')) + 1;
  if (query.before) {
    const end = found.findIndex((each) => each.id === decodeCursor(query.before ?? ''));
    start = Math.max(0, end - limit);
  }
  const page = found.slice(start, start + limit);
  const first = page[0];
  const last = page.at(-1);
  if (!first || !last) return { data: [], paging: {} };
  const cursors = { before: encodeCursor(first.id), after: encodeCursor(last.id) };
  const link = (key: 'after' | 'before'): string => {
    const url = new URL(selfUrl);
    for (const other of ['after', 'before', 'access_token']) url.searchParams.delete(other);
    url.searchParams.set(key, cursors[key]);
    return url.toString();
  };
  return {
    data: page.map((each) => templateNode(each, query.fields)),
    paging: {
      cursors,
      ...(start + limit < found.length ? { next: link('after') } : {}),
      ...(start > 0 ? { previous: link('before') } : {}),
    },
  };
}

const DEFAULT_FIELDS = 'id,name,parameter_format,components,language,status,category';

export function templateNode(template: Template, fields?: string): Record<string, unknown> {
  const { wabaId, ...node } = template;
  void wabaId;
  return pickFields(node, fields || DEFAULT_FIELDS);
}
