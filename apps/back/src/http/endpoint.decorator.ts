import { applyDecorators, HttpCode, SetMetadata, type Type } from '@nestjs/common';
import { ApiBearerAuth, ApiExtraModels, ApiOperation, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ERRORS, type ErrorCode } from '@scrm/contracts';
import { ProblemDto } from './problem.dto';

export const PUBLIC = 'scrm:public';

export interface EndpointOptions {
  summary: string;
  description?: string;
  /** Its shape, or the content type of a file. */
  answer: Type | string;
  answerDescription: string;
  status?: number;
  /** Errors of its own, besides those that every endpoint has. */
  problems?: ErrorCode[];
  /** Anybody may call it, without a token. */
  public?: boolean;
}

/** For endpoints that read a body. */
export const BODY_PROBLEMS: ErrorCode[] = ['payload_too_large', 'unsupported_media_type'];

const EVERYWHERE: ErrorCode[] = ['invalid_request', 'internal', 'unavailable', 'timeout'];

/** What an endpoint answers and who may call it: one declaration for the guard and for OpenAPI. */
export function Endpoint(options: EndpointOptions): MethodDecorator {
  const { summary, description, answer, answerDescription, status = 200, problems = [] } = options;
  const codes = [...EVERYWHERE, ...(options.public ? [] : (['unauthenticated'] as const)), ...problems];
  return applyDecorators(
    HttpCode(status),
    SetMetadata(PUBLIC, options.public === true),
    // An empty list says "none", where the document as a whole asks for a token.
    ApiOperation({ summary, ...(description && { description }), ...(options.public && { security: [] }) }),
    ...(options.public ? [] : [ApiBearerAuth()]),
    ApiResponse({
      status,
      description: answerDescription,
      ...(typeof answer === 'string'
        ? { content: { [answer]: { schema: { type: 'string' } } } }
        : { type: answer }),
    }),
    ...problemResponses(codes),
  );
}

/** One response a status: OpenAPI has no room for two errors of the same. */
function problemResponses(codes: ErrorCode[]): MethodDecorator[] {
  const statuses = [...new Set(codes.map((code) => ERRORS[code].status))].sort();
  const schema = { $ref: getSchemaPath(ProblemDto) };
  return [
    ApiExtraModels(ProblemDto) as MethodDecorator,
    ...statuses.map((status) => {
      const own = [...new Set(codes)].filter((code) => ERRORS[code].status === status);
      const description = own.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join('; ');
      return ApiResponse({ status, description, content: { 'application/problem+json': { schema } } });
    }),
  ];
}
