/** Figures, and the line that a scenario ends with. */

/** @typedef {{ target: string, measured: number, ok: boolean }} Figure */

/** Says on stderr what is going on. @param {string} text */
export function note(text) {
  process.stderr.write(`bench: ${text}\n`);
}

/** @param {number} measured @param {number} most @returns {Figure} */
export const atMost = (measured, most) => ({ target: `<= ${most}`, measured, ok: measured <= most });

/** @param {number} measured @param {number} least @returns {Figure} */
export const atLeast = (measured, least) => ({ target: `>= ${least}`, measured, ok: measured >= least });

/**
 * @param {ArrayLike<number>} values
 * @returns {{ p50: number, p95: number, p99: number, max: number } | null} null where there are none
 */
export function spread(values) {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const at = (/** @type {number} */ share) =>
    sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
  return {
    p50: round(at(0.5)),
    p95: round(at(0.95)),
    p99: round(at(0.99)),
    max: round(sorted[sorted.length - 1]),
  };
}

/** @param {number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(half)] : (sorted[half - 1] + sorted[half]) / 2;
}

/** @param {number} value */
export const round = (value) => Math.round(value * 10) / 10;

/**
 * What was promised of every accepted message.
 *
 * @param {import('./ledger.mjs').Verdict} verdict
 * @returns {Record<string, Figure>}
 */
export function promises({ lost, duplicated, outOfOrder, seqGaps, leaked, resets }) {
  return {
    lost: atMost(lost, 0),
    duplicated: atMost(duplicated, 0),
    outOfOrder: atMost(outOfOrder, 0),
    seqGaps: atMost(seqGaps, 0),
    leaked: atMost(leaked, 0),
    resets: atMost(resets, 0),
  };
}

/**
 * Prints the line.
 *
 * @param {NodeJS.WritableStream} stream
 * @param {{ scenario: string, figures?: Record<string, Figure> }} result
 * @returns {boolean} whether every figure was met
 */
export function reportTo(stream, result) {
  const missed = Object.entries(result.figures ?? {}).filter(([, { ok }]) => !ok);
  for (const [name, { target, measured }] of missed)
    note(`${result.scenario}: MISSED ${name}: ${measured}, it should be ${target}`);
  stream.write(`${JSON.stringify(result)}\n`);
  return missed.length === 0;
}
