import { createHmac } from 'node:crypto';
import { encodeBody, envelope, escapeJson, sign, type Update } from './webhook.body';

const update = (wabaId: string, n: number, timed = false): Update => ({
  wabaId,
  field: 'messages',
  value: { n },
  items: [],
  timed,
});

describe('webhook body', () => {
  it('escapes as Meta does, without changing the value', () => {
    const value = { text: 'ñ / @ 😀 "q" \\ \n' };
    const escaped = escapeJson(JSON.stringify(value));
    expect(escaped).toContain('\\u00f1 \\/ \\u0040 \\ud83d\\ude00');
    expect(escaped).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(escaped)).toEqual(value);
  });

  it('signs bytes', () => {
    const bytes = encodeBody({ a: 'ñ' }, false);
    expect(sign('k', bytes)).toBe(`sha256=${createHmac('sha256', 'k').update('{"a":"ñ"}').digest('hex')}`);
    expect(encodeBody('{ "as": "it is" }', false).toString()).toBe('{ "as": "it is" }');
  });

  it('makes one entry per account, in order', () => {
    const body = envelope([update('1', 1), update('2', 2, true), update('1', 3)], 99);
    expect(body).toEqual({
      object: 'whatsapp_business_account',
      entry: [
        {
          id: '1',
          changes: [
            { value: { n: 1 }, field: 'messages' },
            { value: { n: 3 }, field: 'messages' },
          ],
        },
        { id: '2', time: 99, changes: [{ value: { n: 2 }, field: 'messages' }] },
      ],
    });
  });
});
