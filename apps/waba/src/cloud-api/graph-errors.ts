/**
 * What to do about an error of Meta, by its code: the HTTP status and the title say too little.
 *
 * `retry`: the message was not taken, try again later. `throttle`: the same, and the whole number slows down.
 * `pause`: nothing of this number can be sent until a person acted. `fail`: this message will never go.
 */
export type GraphAction = 'retry' | 'throttle' | 'pause' | 'fail';

export interface GraphErrorRule {
  action: GraphAction;
  /** For `retry`: how often at the most. */
  attempts?: number;
  /** For `retry` and `throttle`: the first wait; it grows with each try. */
  waitMs?: number;
}

const PAUSE: GraphErrorRule = { action: 'pause' };
const rules = new Map<number, GraphErrorRule>([
  [0, PAUSE],
  [3, PAUSE],
  [10, PAUSE],
  [33, PAUSE],
  [190, PAUSE],
  [368, PAUSE],
  [131005, PAUSE],
  [131031, PAUSE],
  [131037, PAUSE],
  [131042, PAUSE],
  [131045, PAUSE],
  [133010, PAUSE],
  [1, { action: 'retry', attempts: 2, waitMs: 2_000 }],
  [2, { action: 'retry', attempts: 8, waitMs: 2_000 }],
  [131000, { action: 'retry', attempts: 4, waitMs: 2_000 }],
  [131016, { action: 'retry', attempts: 8, waitMs: 2_000 }],
  [131057, { action: 'retry', attempts: 8, waitMs: 60_000 }],
  [133004, { action: 'retry', attempts: 8, waitMs: 2_000 }],
  // The pair rate: Meta asks for 4^n seconds; other customers go on.
  [131056, { action: 'retry', attempts: 6, waitMs: 4_000 }],
  [4, { action: 'throttle', attempts: 20, waitMs: 10_000 }],
  [80007, { action: 'throttle', attempts: 20, waitMs: 60_000 }],
  [130429, { action: 'throttle', attempts: 20, waitMs: 1_000 }],
  [131048, { action: 'throttle', attempts: 20, waitMs: 60_000 }],
]);

/** The rule of a code. Permission errors (200-299) stop the number; what is unknown fails its message only. */
export function ruleOf(code: number): GraphErrorRule {
  if (code >= 200 && code <= 299) return PAUSE;
  return rules.get(code) ?? { action: 'fail' };
}

const LONGEST_WAIT_MS = 15 * 60_000;

/** How long until the next try: the rule's wait, four times as long each time, within ±20 %. */
export function waitBefore(attempt: number, rule: GraphErrorRule, random = Math.random): number {
  const wait = Math.min((rule.waitMs ?? 1_000) * 4 ** Math.max(0, attempt - 1), LONGEST_WAIT_MS);
  return Math.round(wait * (0.8 + random() * 0.4));
}
