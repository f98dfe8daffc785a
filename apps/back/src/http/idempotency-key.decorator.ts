import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { AppError } from '@scrm/platform';
import type { FastifyRequest } from 'fastify';

const HEADER = 'Idempotency-Key';
/** Header values are bytes: beyond visible ASCII, two clients could mean the same and send something else. */
const VISIBLE_ASCII = /^[\x21-\x7e]{1,255}$/;

/** The key under which a request is carried out once, however often it is sent. */
export const IdempotencyKey = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const value = context.switchToHttp().getRequest<FastifyRequest>().headers[HEADER.toLowerCase()];
  if (typeof value === 'string' && VISIBLE_ASCII.test(value)) return value;
  const message =
    value === undefined
      ? `The ${HEADER} header is required: a value of your own for this message, the same one when you try again.`
      : `The ${HEADER} header must be 1 to 255 visible ASCII characters.`;
  throw new AppError('invalid_request', message, [{ path: HEADER, message }]);
});

export const ApiIdempotencyKey = () =>
  applyDecorators(
    ApiHeader({
      name: HEADER,
      required: true,
      description:
        'A value of your own for this request, e.g. a UUID. Sent again with the same body, the request is carried out ' +
        'once and answers the same; with another body it is refused.',
      schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]{1,255}$' },
      example: '7f6d1a9e-2f0b-4d5e-9a57-0c7f0f7b9f11',
    }),
  );
