import { generateKeyPairSync } from 'node:crypto';
import { KEYS_FRESH_MS, PublishedKeys } from './published-keys';

const jwk = (kid: string) => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
  ...{ kid, use: 'sig', alg: 'ES256' },
});
let published: object[];
let asked: number;
let down: boolean;
let keys: PublishedKeys;
beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  [published, asked, down] = [[jwk('first')], 0, false];
  keys = new PublishedKeys({
    readKeys: async () => {
      asked++;
      if (down) throw new Error('down');
      return { keys: published };
    },
  });
});
afterEach(() => jest.useRealTimers());

it('is believed no more when it was withdrawn', async () => {
  await expect(keys.find('first')).resolves.toMatch('PUBLIC KEY');
  published = [jwk('second')];
  await expect(keys.find('first')).resolves.toMatch('PUBLIC KEY');
  jest.advanceTimersByTime(KEYS_FRESH_MS + 1);
  await expect(keys.find('first')).resolves.toBeUndefined();
});

it('is believed on where the keys cannot be read, which is tried now and then', async () => {
  await keys.find('first');
  down = true;
  jest.advanceTimersByTime(KEYS_FRESH_MS + 1);
  for (let n = 0; n < 100; n++) await expect(keys.find('first')).resolves.toMatch('PUBLIC KEY');
  expect(asked).toBe(2);
  jest.advanceTimersByTime(10_001);
  await keys.find('first');
  expect(asked).toBe(3);
});

it('is found in one question by all who come with it at the same moment', async () => {
  const found = await Promise.all(Array.from({ length: 100 }, () => keys.find('first')));
  expect(found.filter(Boolean)).toHaveLength(100);
  expect(asked).toBe(1);
});

it('is found though somebody invents others all the time', async () => {
  await keys.find('first');
  const outcomes = [];
  for (let n = 0; n < 100; n++)
    outcomes.push(
      await keys.find(`invented-${n}`).then(
        () => 'unknown',
        () => 'later',
      ),
    );
  expect(outcomes.filter((outcome) => outcome === 'unknown')).toHaveLength(29);
  expect(asked).toBe(30);
  await expect(keys.find('first')).resolves.toMatch('PUBLIC KEY');
  jest.advanceTimersByTime(60_000);
  published.push(jwk('second'));
  await expect(keys.find('second')).resolves.toMatch('PUBLIC KEY');
});
