import { z } from 'zod';

interface Schema {
  format?: string;
  [key: string]: unknown;
}

/**
 * Where a request holds the id of something: whatever may be a uuid, at any depth, and what is called one. A field of
 * the request itself is its name (`teamId`); what is further inside is a path (`filter.teamId`).
 */
export function idFieldsOf(request: z.ZodType): string[] {
  const schema = z.toJSONSchema(request, { io: 'input', unrepresentable: 'any' });
  return [...new Set(idsIn(schema as Schema, []))].sort();
}

function idsIn(value: unknown, path: string[]): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => idsIn(one, path));
  if (typeof value !== 'object' || value === null) return [];
  const { properties = {}, items, additionalProperties, ...schema } = value as Schema;
  const named = /Ids?$/.test(path.at(-1) ?? '');
  return [
    ...(schema.format === 'uuid' || named ? [path.join('.')] : []),
    ...Object.entries(properties as object).flatMap(([name, inner]) => idsIn(inner, [...path, name])),
    ...idsIn([items, additionalProperties], [...path, '*']),
    ...['anyOf', 'oneOf', 'allOf'].flatMap((kind) => idsIn(schema[kind], path)),
  ];
}
