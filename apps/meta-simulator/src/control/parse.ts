import { AppError } from '@scrm/platform';
import type { z } from 'zod';

/** Control is strict: a misspelt setting that is silently ignored costs a tester an hour. */
export function parse<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  const errors = result.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  const detail = errors.map((each) => `${each.path || 'body'}: ${each.message}`).join('; ');
  throw new AppError('invalid_request', detail, errors);
}

export function notFound(what: string): AppError {
  return new AppError('not_found', what);
}
