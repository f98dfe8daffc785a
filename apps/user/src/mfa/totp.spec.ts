import { isTotp, newSeed, stepOf, uriOf } from './totp';

/** RFC 6238's own seed and codes, in their last six digits. */
const SEED = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

it.each([
  [59, '287082', 1],
  [1111111109, '081804', 37037036],
  [1111111111, '050471', 37037037],
  [1234567890, '005924', 41152263],
  [2000000000, '279037', 66666666],
])('knows the code of second %d', (second, code, step) => {
  expect(stepOf(SEED, code, second * 1000)).toBe(step);
});

it('takes a code one step early or late, and says which step it is of', () => {
  const at = (seconds: number) => stepOf(SEED, '050471', seconds * 1000);
  const begins = 37037037 * 30;
  expect([at(begins - 31), at(begins - 30), at(begins + 59), at(begins + 60)]).toEqual([
    null,
    37037037,
    37037037,
    null,
  ]);
});

it.each(['', '05047', '0504711', '05047a', ' 050471', '٠٥٠٤٧١', '-50471'])('takes no %j', (code) => {
  expect(isTotp(code)).toBe(false);
  expect(stepOf(SEED, code, 1111111111_000)).toBeNull();
});

it('makes seeds of 160 bits, each another one, and an address for authenticators', () => {
  const seed = newSeed();
  expect(seed).toMatch(/^[A-Z2-7]{32}$/);
  expect(newSeed()).not.toBe(seed);
  const uri = new URL(uriOf(seed, { issuer: 'Kopi & Teh: Satu', label: 'agent1@demo.test' }));
  expect([uri.protocol, uri.host]).toEqual(['otpauth:', 'totp']);
  expect(Object.fromEntries(uri.searchParams)).toEqual({
    ...{ issuer: 'Kopi & Teh: Satu', secret: seed },
    ...{ algorithm: 'SHA1', digits: '6', period: '30' },
  });
});
