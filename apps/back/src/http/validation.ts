import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { AppError } from '@scrm/platform';

/** Checks and converts what comes in. A field that nobody declared is an error: it is a typo, or an attack. */
export const validation = () =>
  new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    stopAtFirstError: false,
    validationError: { target: false, value: false },
    exceptionFactory: (errors: ValidationError[]) => {
      const fields = errors.flatMap((error) => fieldErrors(error));
      const paths = [...new Set(fields.map((f) => f.path))].join(', ');
      return new AppError('invalid_request', `These fields are not valid: ${paths}.`, fields);
    },
  });

function fieldErrors(error: ValidationError, parent = ''): { path: string; message: string }[] {
  const path = parent ? `${parent}.${error.property}` : (error.property ?? 'body');
  const own = Object.values(error.constraints ?? {}).map((message) => ({ path, message }));
  return [...own, ...(error.children ?? []).flatMap((child) => fieldErrors(child, path))];
}
