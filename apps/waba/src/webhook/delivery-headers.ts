import { traceFrom, traceparent, type Trace } from '@scrm/platform';
import { v7 as uuidv7 } from 'uuid';

/** What travels with each part of a delivery. */
export interface DeliveryInfo {
  /** A UUID of version 7. */
  deliveryId: string;
  receivedAt: Date;
  /** The number of the item in a delivery that was cut into items; null for a whole delivery. */
  item: number | null;
  traceId: string;
}

/**
 * The id says when it was made, and serves as the trace of a delivery that came without one. So most need nothing else:
 * each header is written, stored and read by the broker with every message.
 *
 * @param delivery.trace where the delivery came with one
 */
export function writeHeaders({
  deliveryId,
  receivedAt,
  item,
  trace,
}: Omit<DeliveryInfo, 'traceId'> & { trace?: Trace | undefined }): Record<string, string | number> {
  const time = receivedAt.getTime();
  return {
    'delivery-id': deliveryId,
    ...(time !== timeOf(deliveryId) && { 'received-at': time }),
    ...(item !== null && { item }),
    ...(trace && { traceparent: traceparent(trace)! }),
  };
}

export function readHeaders(headers: Record<string, unknown>): DeliveryInfo {
  const deliveryId = typeof headers['delivery-id'] === 'string' ? headers['delivery-id'] : uuidv7();
  const receivedAt = Number(headers['received-at'] ?? timeOf(deliveryId));
  return {
    deliveryId,
    receivedAt: new Date(Number.isFinite(receivedAt) ? receivedAt : Date.now()),
    item: typeof headers.item === 'number' ? headers.item : null,
    traceId:
      headers.traceparent === undefined
        ? deliveryId.replaceAll('-', '')
        : traceFrom(headers.traceparent).traceId,
  };
}

/** In milliseconds since 1970. */
const timeOf = (id: string) => parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
