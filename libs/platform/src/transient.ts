/** SQLSTATE classes that pass by themselves: connection, transaction rollback, resources, operator, system. */
const TRANSIENT_STATES = new Set(['08', '25', '40', '53', '57', '58']);
const TRANSIENT_CODES = new Set(['55P03', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND']);
/**
 * What pg and TypeORM say without a code: the connection ended; or it ended between two statements, and TypeORM took it
 * back from the transaction that held it; or the first connection is still to come.
 */
const TRANSIENT_MESSAGES = new RegExp(
  [
    'Connection terminated',
    'timeout exceeded when trying to connect',
    'timeout expired',
    'Client has encountered a connection error',
    'was already released',
    'Query runner already released',
    'Transaction is not started yet',
    'Driver not Connected',
  ].join('|'),
);

/**
 * True where the same work may succeed later as it is: the database or the broker was away or slow, or chose another
 * to go first.
 */
export function isTransient(error: unknown): boolean {
  const e = error as {
    transient?: unknown;
    code?: unknown;
    driverError?: { code?: unknown };
    message?: unknown;
  };
  if (e?.transient === true) return true;
  const code = String(e?.code ?? e?.driverError?.code ?? '');
  if (TRANSIENT_STATES.has(code.slice(0, 2)) || TRANSIENT_CODES.has(code)) return true;
  return TRANSIENT_MESSAGES.test(String(e?.message ?? ''));
}
