import { clientFrame, type ClientFrame, type EventFrame, type ServerFrame } from '@scrm/contracts';
import { beforeData } from '@scrm/messaging';
import type { RawData } from 'ws';
import type { Delivery } from '../realtime/tenant-feed';
import { encodeCursor } from './cursor';

/** What a client sent, or why nobody can read it. */
export type ReadFrame = { frame: ClientFrame } | { problem: string; tokenMissing: boolean };

export function readFrame(data: RawData, isBinary: boolean): ReadFrame {
  if (isBinary) return unreadable('Send JSON in text frames: binary frames are not taken.');
  let value: unknown;
  try {
    value = JSON.parse((data as Buffer).toString());
  } catch {
    return unreadable('The frame is not JSON.');
  }
  const result = clientFrame.safeParse(value);
  if (result.success) return { frame: result.data };
  const issue = result.error.issues[0]!;
  if (issue.path[0] === 'type' || issue.path.length === 0) {
    return unreadable('The frame needs a `type` that clients may send: auth or ping.');
  }
  const where = issue.path.join('.');
  return { problem: `${where}: ${issue.message}`, tokenMissing: where === 'token' };
}

const unreadable = (problem: string): ReadFrame => ({ problem, tokenMissing: false });

export const encodeFrame = (frame: ServerFrame): string => JSON.stringify(frame);

/** An event as a frame: written once, sent to everybody. */
export function frameOf(delivery: Delivery): Buffer {
  if (delivery.frame) return delivery.frame;
  const { type, conversationId, seq, occurredAt, data, position } = delivery.event;
  const cursor = encodeCursor({ epoch: delivery.epoch, position });
  const head: Omit<EventFrame, 'data'> = { type, conversationId, seq, occurredAt, cursor };
  // What came from the broker is passed on as it was written there.
  const shown = Buffer.isBuffer(data) ? data : Buffer.from(JSON.stringify(data));
  return (delivery.frame = Buffer.concat([Buffer.from(beforeData(head)), shown, END]));
}

const END = Buffer.from('}');
