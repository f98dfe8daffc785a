import { unlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The moments on the roads at which a process may be killed by a test of faults: between any two of them something
 * has become durable or has been told to somebody.
 */
export const CRASH_POINTS = [
  // The road in.
  'webhook.received',
  'webhook.confirmed',
  'inbound.taken',
  'inbound.opened',
  'inbound.written',
  'inbound.committed',
  'inbound.published',
  'archive.stored',
  'parked.applied',
  // The road out.
  'send.asked',
  'send.opened',
  'send.written',
  'send.committed',
  'send.announced',
  'send.answered',
  'dispatch.taken',
  'dispatch.claimed',
  'dispatch.answered',
  'dispatch.written',
  'dispatch.settled',
  'dispatch.published',
  // The socket.
  'feed.received',
  'session.authenticated',
  'session.resumed',
  'session.sent',
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

const directory = process.env.CRASH_DIR;

/**
 * Dies here, as by `kill -9`, where `CRASH_DIR` holds a file of this name: one file ends one process. Without
 * `CRASH_DIR` (always, but under test) it does nothing.
 */
export const crashPoint: (name: CrashPoint) => void = directory
  ? (name) => {
      try {
        unlinkSync(join(directory, name));
      } catch {
        return;
      }
      process.kill(process.pid, 'SIGKILL');
    }
  : () => undefined;
