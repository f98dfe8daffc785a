import { traceFrom } from '@scrm/platform';
import { v7 as uuidv7 } from 'uuid';
import { readHeaders, writeHeaders } from './delivery-headers';

const RECEIVED_AT = new Date('2026-11-30T10:00:00.123Z');
const ID = uuidv7({ msecs: RECEIVED_AT.getTime() });

describe('the headers of a delivery', () => {
  it('are its id alone where that says it all', () => {
    const headers = writeHeaders({ deliveryId: ID, receivedAt: RECEIVED_AT, item: null });
    expect(headers).toEqual({ 'delivery-id': ID });
    expect(readHeaders(headers)).toEqual({
      deliveryId: ID,
      receivedAt: RECEIVED_AT,
      item: null,
      traceId: ID.replaceAll('-', ''),
    });
  });

  it('say what the id does not', () => {
    const trace = traceFrom('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
    const replayedAt = new Date('2026-12-01T10:00:00.001Z');
    const headers = writeHeaders({ deliveryId: ID, receivedAt: replayedAt, item: 0, trace });
    expect(readHeaders(headers)).toEqual({
      deliveryId: ID,
      receivedAt: replayedAt,
      item: 0,
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    });
  });

  it.each([
    ['no id', {}],
    ['an id of another kind', { 'delivery-id': 'x' }],
    ['no time', { 'delivery-id': ID, 'received-at': 'yesterday' }],
  ])('are read with %s', (_, headers) => {
    const before = Date.now();
    const { receivedAt, deliveryId } = readHeaders(headers);
    expect(deliveryId).toEqual(expect.any(String));
    expect(receivedAt.getTime()).toBeGreaterThanOrEqual(before);
  });
});
