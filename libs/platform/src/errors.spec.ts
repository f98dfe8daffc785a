import { AppError, toAppError } from './errors';

it('keeps what another service said, and when to come back', () => {
  const errors = [{ path: 'email', message: 'is empty' }];
  const crossed = { code: 'too_many_requests', message: 'Slow down.', errors, retryAfter: 3 };
  expect(toAppError(crossed)).toMatchObject({ ...crossed, status: 429 });
});

it.each([
  ['the database refuses connections', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
  ['the database shuts down', Object.assign(new Error('query'), { driverError: { code: '57P01' } })],
  ['the first connection is still to come', new Error('Driver not Connected')],
  ['the broker did not take a message', Object.assign(new Error('not published'), { transient: true })],
])('calls it unavailable when %s: trying again makes sense', (_, error) => {
  expect(toAppError(error)).toMatchObject({ code: 'unavailable', status: 503 });
});

it.each([
  ['a bug', new TypeError('x is undefined')],
  ['a broken rule of the database', Object.assign(new Error('check'), { driverError: { code: '23514' } })],
  ['a thrown text', 'password=hunter2'],
  ['nothing', undefined],
])('calls it internal when it was %s, and says nothing of it', (_, error) => {
  const failure = toAppError(error);
  expect(failure).toBeInstanceOf(AppError);
  expect(failure.toProblem()).toMatchObject({ code: 'internal', detail: 'Something went wrong on our side' });
});
