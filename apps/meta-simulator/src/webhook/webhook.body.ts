import { createHash, createHmac } from 'node:crypto';
import type { DeliveryItem } from '../ledger/ledger.store';

/** One change that Meta tells about. */
export interface Update {
  wabaId: string;
  phoneNumberId?: string;
  field: string;
  value: unknown;
  /** Account and template fields carry `entry.time`, messages do not. */
  timed?: boolean;
  items: DeliveryItem[];
  onAccepted?: () => void;
}

interface Entry {
  id: string;
  time?: number;
  changes: { value: unknown; field: string }[];
}

/** Several updates as one delivery: one entry per WABA, one change per update, in order. */
export function envelope(updates: readonly Update[], nowSeconds: number): Record<string, unknown> {
  const entries = new Map<string, Entry>();
  for (const update of updates) {
    let entry = entries.get(update.wabaId);
    if (!entry) {
      entry = { id: update.wabaId, changes: [] };
      entries.set(update.wabaId, entry);
    }
    if (update.timed) entry.time = nowSeconds;
    entry.changes.push({ value: update.value, field: update.field });
  }
  return { object: 'whatsapp_business_account', entry: [...entries.values()] };
}

/**
 * Meta's own escaping: non-ASCII as lower-case `\uXXXX`, and `/` and `@` escaped too. The parsed value is the
 * same; the bytes are not, so a consumer that signs a re-serialised body fails here.
 */
export function escapeJson(json: string): string {
  return json
    .replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replaceAll('/', '\\/')
    .replaceAll('@', '\\u0040');
}

export function encodeBody(body: unknown, escaped: boolean): Buffer {
  const json = typeof body === 'string' ? body : JSON.stringify(body);
  return Buffer.from(escaped ? escapeJson(json) : json);
}

export const sign = (secret: string, bytes: Buffer): string =>
  `sha256=${createHmac('sha256', secret).update(bytes).digest('hex')}`;

export const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
