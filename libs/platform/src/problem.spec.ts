import { ERRORS, type ErrorCode } from '@scrm/contracts';
import type { ArgumentsHost } from '@nestjs/common';
import { AppError, toAppError } from './errors';
import { createLogger } from './logger';
import { ProblemFilter } from './problem.filter';
import { newTrace, withTrace } from './trace';

describe('an error that leaves', () => {
  it.each(Object.keys(ERRORS) as ErrorCode[])('%s: has a type, a title and a status of its own', (code) => {
    const { status, title } = ERRORS[code];
    expect(new AppError(code).toProblem()).toEqual({
      type: `urn:scrm:problem:${code}`,
      title,
      status,
      code,
      detail: title,
    });
  });

  it('says what happened, in which fields, in which trace', () => {
    const trace = newTrace();
    const errors = [{ path: 'limit', message: 'is too large' }];
    const problem = withTrace(trace, () => new AppError('invalid_request', 'No.', errors).toProblem());
    expect(problem).toMatchObject({ detail: 'No.', errors, traceId: trace.traceId });
  });

  it.each([
    [400, 'invalid_request'],
    [401, 'unauthenticated'],
    [403, 'forbidden'],
    [404, 'not_found'],
    [405, 'invalid_request'],
    [409, 'conflict'],
    [413, 'payload_too_large'],
    [415, 'unsupported_media_type'],
    [429, 'too_many_requests'],
    [500, 'internal'],
    [502, 'internal'],
    [503, 'unavailable'],
    [504, 'timeout'],
  ])('of a framework with status %i is %s', (status, code) => {
    expect(toAppError({ status, message: 'x' }).code).toBe(code);
    expect(toAppError({ statusCode: status, message: 'x' }).code).toBe(code);
  });

  it('that is ours stays as it is', () => {
    const error = new AppError('conflict');
    expect(toAppError(error)).toBe(error);
  });
});

describe('the filter of a service', () => {
  function filtered(error: unknown) {
    const sent = { headers: {} as Record<string, string>, code: 0, type: '', body: undefined as unknown };
    const reply = {
      header: (name: string, value: string) => ((sent.headers[name] = value), reply),
      code: (code: number) => ((sent.code = code), reply),
      type: (type: string) => ((sent.type = type), reply),
      send: (body: unknown) => ((sent.body = body), reply),
    };
    const host = { getType: () => 'http', switchToHttp: () => ({ getResponse: () => reply }) };
    new ProblemFilter(createLogger('test', 'silent')).catch(error, host as unknown as ArgumentsHost);
    return sent;
  }

  it('answers problem+json, and when to come back', () => {
    expect(filtered(new AppError('too_many_requests', 'Slow down.', undefined, 7))).toMatchObject({
      headers: { 'retry-after': '7' },
      code: 429,
      type: 'application/problem+json',
      body: { code: 'too_many_requests', detail: 'Slow down.' },
    });
  });

  it('says nothing of what nobody planned', () => {
    const sent = filtered(new Error('password=hunter2'));
    expect(sent).toMatchObject({ code: 500, headers: {}, body: { code: 'internal' } });
    expect(JSON.stringify(sent)).not.toContain('hunter2');
  });

  it('leaves what is not HTTP to others', () => {
    const error = new Error('rpc');
    const host = { getType: () => 'rpc' } as unknown as ArgumentsHost;
    expect(() => new ProblemFilter(createLogger('test', 'silent')).catch(error, host)).toThrow(error);
  });
});
