import type { OpenAPIObject } from '@nestjs/swagger';
import { ID, type operationsOf, type RequestOptions } from './gateway';

type Operation = ReturnType<typeof operationsOf>[number];
type Schema = Record<string, unknown>;

/** A request that the document says is right: all that a path and a body may hold, and no query. */
export function requestFor(
  document: OpenAPIObject,
  { path, operation }: Operation,
): RequestOptions & { path: string } {
  const headers: Record<string, string> = {};
  let filled = path;
  for (const parameter of operation.parameters ?? []) {
    const { name, in: where, schema } = parameter as { name: string; in: string; schema: Schema };
    const value = String(exampleOf(document, schema));
    if (where === 'path') filled = filled.replace(`{${name}}`, value);
    if (where === 'header') headers[name] = value;
  }
  const content = (operation.requestBody as { content?: Record<string, Schema> } | undefined)?.content ?? {};
  const [type, media] = Object.entries(content)[0] ?? [];
  if (!media) return { path: filled, headers };
  const example = exampleOfBody(document, media);
  if (type === 'application/json') return { path: filled, headers, body: example };
  return { path: filled, headers: { ...headers, 'content-type': type! }, raw: String(example) };
}

function exampleOfBody(document: OpenAPIObject, { schema, examples }: Schema): unknown {
  const [given] = Object.values((examples ?? {}) as Record<string, { value: unknown }>);
  return given?.value ?? exampleOf(document, schema as Schema);
}

function exampleOf(document: OpenAPIObject, schema: Schema): unknown {
  const ref = (schema.$ref ?? (schema.allOf as Schema[] | undefined)?.[0]?.$ref) as string | undefined;
  if (ref) return exampleOf(document, document.components!.schemas![ref.split('/').at(-1)!] as Schema);
  const given = schema.example ?? schema.default ?? (schema.enum as unknown[] | undefined)?.[0];
  if (given !== undefined) return given;
  if (schema.format === 'uuid') return ID;
  if (schema.type === 'boolean') return false;
  if (schema.type === 'integer') return schema.minimum ?? 1;
  if (schema.type === 'array') return [exampleOf(document, schema.items as Schema)];
  if (schema.type === 'object')
    return Object.fromEntries(
      Object.entries((schema.properties ?? {}) as Record<string, Schema>).map(([name, property]) => [
        name,
        exampleOf(document, property),
      ]),
    );
  return 'x'.repeat(Number(schema.minLength ?? 1));
}
