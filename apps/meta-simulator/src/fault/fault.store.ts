import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Socket } from 'node:net';
import { z } from 'zod';
import { digitsOf } from '../account/account.store';
import { statusesPatch } from '../settings/settings.schema';

export const faultSchema = z.strictObject({
  match: z
    .strictObject({
      phoneNumberId: z.string().optional(),
      to: z.string().optional(),
      type: z.string().optional(),
      /** Any part of the request's path, e.g. `/media`. Default: sends only. */
      path: z.string().optional(),
    })
    .default({}),
  /** How often it strikes; 0 = until deleted. */
  times: z.number().int().min(0).default(1),
  kind: z.enum(['error', 'http', 'timeout', 'reset-before', 'reset-after', 'delay', 'statuses']),
  /** Graph error code, for `error`. */
  code: z.number().int().optional(),
  details: z.string().optional(),
  /** HTTP status, for `http`, or to overrule the table for `error`. */
  status: z.number().int().min(200).max(599).optional(),
  body: z.unknown().optional(),
  delayMs: z.number().min(0).optional(),
  retryAfter: z.number().min(0).optional(),
  /** For `error`: accept the message and report the code as a `failed` status. */
  async: z.boolean().optional(),
  /** For `timeout`: accept the message before hanging. */
  accepted: z.boolean().optional(),
  /** For `statuses`: how this message's statuses behave. */
  statuses: statusesPatch.optional(),
});

export type FaultInput = z.infer<typeof faultSchema>;
export interface Fault extends FaultInput {
  id: number;
  hits: number;
}

export interface FaultSubject {
  phoneNumberId: string;
  path: string;
  to?: string;
  type?: string;
}

const sameRecipient = (a: string, b: string): boolean =>
  a === b || (digitsOf(a) !== '' && digitsOf(a) === digitsOf(b));

/** Faults waiting to strike, and the connections they keep hanging. */
@Injectable()
export class FaultStore implements OnModuleDestroy {
  private faults: Fault[] = [];
  private lastId = 0;
  private readonly hanging = new Set<Socket>();

  add(input: FaultInput): Fault {
    const fault = { ...input, id: ++this.lastId, hits: 0 };
    this.faults.push(fault);
    return fault;
  }

  list(): Fault[] {
    return this.faults;
  }

  /** The first fault that fits, already counted. */
  take(subject: FaultSubject): Fault | undefined {
    if (this.faults.length === 0) return undefined;
    const fault = this.faults.find((each) => fits(each.match, subject));
    if (!fault) return undefined;
    fault.hits++;
    if (fault.times > 0 && fault.hits >= fault.times)
      this.faults = this.faults.filter((each) => each !== fault);
    return fault;
  }

  hang(socket: Socket): void {
    this.hanging.add(socket);
    socket.once('close', () => this.hanging.delete(socket));
  }

  clear(): number {
    const count = this.faults.length;
    this.faults = [];
    for (const socket of this.hanging) socket.destroy();
    return count;
  }

  onModuleDestroy(): void {
    this.clear();
  }
}

function fits(match: FaultInput['match'], subject: FaultSubject): boolean {
  if (match.path === undefined) {
    if (!subject.path.endsWith('/messages')) return false;
  } else if (!subject.path.includes(match.path)) return false;
  if (match.phoneNumberId !== undefined && match.phoneNumberId !== subject.phoneNumberId) return false;
  if (match.to !== undefined && (subject.to === undefined || !sameRecipient(match.to, subject.to)))
    return false;
  return match.type === undefined || match.type === subject.type;
}
