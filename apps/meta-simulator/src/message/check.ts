import { badParameter, GraphError } from '../graph/graph.error';

export type Json = Record<string, unknown>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const missing = (what: string): GraphError => new GraphError(131008, `Parameter ${what} is required`);
export const invalid = (details: string): GraphError => new GraphError(131009, details);

export function needObject(parent: Json, key: string, path = key): Json {
  const value = parent[key];
  if (value === undefined || value === null) throw missing(path);
  if (!isObject(value)) throw badParameter(`Param ${path} must be a JSON object.`);
  return value;
}

export function needArray(parent: Json, key: string, path: string, min: number, max: number): Json[] {
  const value = parent[key];
  if (value === undefined || value === null) throw missing(path);
  if (!Array.isArray(value)) throw badParameter(`Param ${path} must be an array.`);
  if (value.length < min || value.length > max) {
    throw invalid(`${path}: count ${value.length} is not between ${min} and ${max}`);
  }
  for (const item of value)
    if (!isObject(item)) throw badParameter(`Param ${path} must be an array of objects.`);
  return value as Json[];
}

/** Required text. Empty counts as missing, as with Meta. */
export function needText(parent: Json, key: string, path: string, max: number): string {
  const value = parent[key];
  if (value === undefined || value === null || value === '') throw missing(path);
  return checkText(value, path, max);
}

export function optionalText(parent: Json, key: string, path: string, max: number): string | undefined {
  const value = parent[key];
  return value === undefined || value === null ? undefined : checkText(value, path, max);
}

function checkText(value: unknown, path: string, max: number): string {
  if (typeof value !== 'string') throw badParameter(`Param ${path} must be a string.`);
  if (value.length > max) throw badParameter(`Param ${path} must be at most ${max} characters long.`);
  return value;
}

/** Exactly one of `id` and `link`. */
export function checkMediaSource(parent: Json, path: string): void {
  const { id, link } = parent;
  if (id === undefined && link === undefined) throw missing(`${path}['id'] or ${path}['link']`);
  if (id !== undefined && link !== undefined)
    throw badParameter(`Param ${path} must have one of id and link.`);
  if (id !== undefined && (typeof id !== 'string' || id === ''))
    throw badParameter(`Param ${path}['id'] is invalid.`);
  if (link !== undefined && (typeof link !== 'string' || !/^https?:\/\/[^\s]+$/i.test(link))) {
    throw badParameter(`Param ${path}['link'] is not a valid URI.`);
  }
}
