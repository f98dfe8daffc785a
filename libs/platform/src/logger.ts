import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import { currentTrace } from './trace';

export type { Logger } from 'pino';

/**
 * One JSON line per entry on stdout. Entries carry ids and the trace, never message text, tokens or whole phone
 * numbers: what could hold them is redacted by name, as a last net.
 */
export function createLogger(service: string, level = 'info'): Logger {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    mixin: () => {
      const trace = currentTrace();
      return trace ? { traceId: trace.traceId } : {};
    },
    redact: {
      paths: [
        'token',
        'password',
        'authorization',
        'accessToken',
        'refreshToken',
        '*.authorization',
        '*.body',
      ],
      censor: '[redacted]',
    },
  });
}

/** Nest's own lines, through the same logger. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}
  log(message: unknown, context?: string) {
    this.write('debug', message, context);
  }
  warn(message: unknown, context?: string) {
    this.write('warn', message, context);
  }
  debug(message: unknown, context?: string) {
    this.write('debug', message, context);
  }
  verbose(message: unknown, context?: string) {
    this.write('trace', message, context);
  }
  error(message: unknown, stack?: string, context?: string) {
    // Nest's broker client hands over an object with the error in it.
    const cause = message instanceof Error ? message : (message as { err?: unknown } | undefined)?.err;
    if (cause instanceof Error) this.logger.error({ err: cause, context }, cause.message);
    else this.logger.error({ context, stack }, String(message));
  }
  private write(level: 'debug' | 'warn' | 'trace', message: unknown, context?: string) {
    this.logger[level]({ context }, String(message));
  }
}
