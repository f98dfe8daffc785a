import { v7 as uuidv7 } from 'uuid';

/** What travels with each part of a delivery. */
export interface DeliveryInfo {
  deliveryId: string;
  receivedAt: Date;
  /** The number of the item in a delivery that was cut into items; null for a whole delivery. */
  item: number | null;
}

export function writeHeaders({
  deliveryId,
  receivedAt,
  item,
}: DeliveryInfo): Record<string, string | number> {
  return { 'delivery-id': deliveryId, 'received-at': receivedAt.getTime(), ...(item !== null && { item }) };
}

export function readHeaders(headers: Record<string, unknown>): DeliveryInfo {
  const receivedAt = Number(headers['received-at']);
  return {
    deliveryId: typeof headers['delivery-id'] === 'string' ? headers['delivery-id'] : uuidv7(),
    receivedAt: new Date(Number.isFinite(receivedAt) ? receivedAt : Date.now()),
    item: typeof headers.item === 'number' ? headers.item : null,
  };
}
