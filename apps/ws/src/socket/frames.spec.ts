import { eventFrame } from '@scrm/contracts';
import fc from 'fast-check';
import { audience, conversationEvent } from '../../test/model/fixtures';
import { decodeCursor } from './cursor';
import { frameOf, readFrame } from './frames';

const read = (text: string) => readFrame(Buffer.from(text), false);

describe('frames', () => {
  it('reads what a client may send', () => {
    expect(read('{"type":"ping","id":7}')).toEqual({ frame: { type: 'ping', id: 7 } });
    expect(read('{"type":"auth","token":"t","cursor":"c","extra":1}')).toEqual({
      frame: { type: 'auth', token: 't', cursor: 'c' },
    });
  });

  it.each([
    ['{', 'not JSON'],
    ['null', '`type`'],
    ['[]', '`type`'],
    ['{"type":"message.send"}', '`type`'],
    ['{"type":"auth"}', 'token'],
    ['{"type":"ping","id":{}}', 'id'],
  ])('says what is wrong with %s', (text, hint) => {
    expect(read(text)).toMatchObject({ problem: expect.stringContaining(hint) as string });
  });

  it('takes no binary frames', () => {
    expect(readFrame(Buffer.from('{"type":"ping"}'), true)).toMatchObject({
      problem: expect.stringContaining('binary') as string,
    });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => void read(text)),
      { numRuns: 1_000 },
    );
  });

  it('writes an event as the contract says, without who else may see it, and only once', () => {
    const delivery = { epoch: 'e', event: conversationEvent({ position: 5, audience: audience(1, 2) }) };
    const frame = frameOf(delivery);
    expect(frameOf(delivery)).toBe(frame);
    const value = JSON.parse(frame.toString()) as Record<string, unknown>;
    expect(eventFrame.strict().parse(value)).toEqual(value);
    expect(decodeCursor(value.cursor as string)).toEqual({ epoch: 'e', position: 5 });
  });
});
