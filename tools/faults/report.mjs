/** The table that a run ends with. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** What was promised of every accepted message, both ways: each of these has to be 0. */
export const PROMISES = /** @type {const} */ ([
  'lost',
  'duplicated',
  'outOfOrder',
  'gaps',
  'sentTwice',
  'unresolved',
  'leaked',
  'resets',
  'untrue',
  'refused',
  'unanswered',
]);

/**
 * @typedef {Record<typeof PROMISES[number], number>} Broken
 *
 * @typedef {object} Row
 * @property {string} fault
 * @property {string} title
 * @property {number} times how often it struck
 * @property {number} accepted messages in
 * @property {number} sends messages out
 * @property {Record<string, number>} outcomes how those sends ended
 * @property {Broken} broken
 * @property {{ median: number, max: number } | null} recoveryMs
 * @property {{ median: number, max: number } | null} replacedMs until a process that died had a successor
 * @property {number} targetMs
 * @property {string} [error] why it ended early
 * @property {number} seconds
 */

/** @param {string} text */
export function note(text) {
  process.stderr.write(`faults: ${text}\n`);
}

/** @param {number[]} times */
export function spread(times) {
  if (times.length === 0) return null;
  const sorted = [...times].sort((a, b) => a - b);
  return {
    median: Math.round(sorted[Math.floor((sorted.length - 1) / 2)]),
    max: Math.round(sorted[sorted.length - 1]),
  };
}

/** Why a row is not clean; nothing where it is. @param {Row} row @returns {string[]} */
export function complaints(row) {
  const broken = PROMISES.filter((name) => row.broken[name] > 0).map(
    (name) => `${name}: ${row.broken[name]}`,
  );
  if (row.recoveryMs && row.recoveryMs.max > row.targetMs)
    broken.push(`recovered in ${row.recoveryMs.max} ms instead of ${row.targetMs}`);
  if (row.error) broken.push(row.error);
  return broken;
}

/** @param {Row[]} rows @returns {string} in Markdown */
export function table(rows) {
  const head = [
    ...['fault', 'times', 'in', 'out', 'lost', 'duplicated', 'out of order', 'gaps', 'sent twice'],
    ...['unresolved', 'recovery, median', 'slowest', 'promised', 'replaced, slowest'],
  ];
  const cells = rows.map((row) => {
    const { broken, recoveryMs, replacedMs } = row;
    return [
      ...[`\`${row.fault}\` ${row.title}`, row.times, row.accepted, row.sends, broken.lost],
      ...[broken.duplicated, broken.outOfOrder, broken.gaps, broken.sentTwice, broken.unresolved],
      ...[recoveryMs ? seconds(recoveryMs.median) : '', recoveryMs ? seconds(recoveryMs.max) : ''],
      ...[seconds(row.targetMs), replacedMs ? seconds(replacedMs.max) : ''],
    ].map(String);
  });
  return markdown(head, cells);
}

/** @param {string[]} head @param {string[][]} cells */
function markdown(head, cells) {
  const widths = head.map((text, i) => Math.max(text.length, ...cells.map((row) => row[i].length)));
  const line = (/** @type {string[]} */ row) =>
    `| ${row.map((text, i) => text.padEnd(widths[i])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}

/** @param {number} ms */
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** What it ran on and from what: a figure without it says nothing. @param {number} seed */
export function circumstances(seed) {
  const git = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' });
  const commit = git.status === 0 ? `, commit \`${git.stdout.trim()}\`` : '';
  const { length: cores, 0: cpu } = cpus();
  const day = new Date().toISOString().slice(0, 10);
  return `${day}${commit}, ${cores} cores (${cpu?.model.trim()}), Node ${process.versions.node}, seed ${seed}.`;
}

/** What the processes took. @param {import('./memory.mjs').Slope[]} slopes @returns {string} in Markdown */
export function memoryTable(slopes) {
  return markdown(
    [
      ...['process', 'seconds looked at', 'in use, MiB at the end', 'MiB an hour'],
      ...['resident, MiB at the end', 'MiB an hour'],
    ],
    slopes.map(({ name, seconds: looked, liveMiB = '', livePerHour = '', ...resident }) => [
      name,
      ...[looked, liveMiB, livePerHour, resident.residentMiB, resident.residentPerHour].map(String),
    ]),
  );
}

/**
 * Puts a run into the document, in place of the one before.
 *
 * @param {string} file
 * @param {'faults' | 'soak'} name of the place
 * @param {string} text
 */
export function intoDocument(file, name, text) {
  const before = readFileSync(file, 'utf8');
  const [first, last] = ['begin', 'end'].map((side) => `<!-- ${name}: ${side} -->`);
  const [begin, end] = [before.indexOf(first), before.indexOf(last)];
  if (begin < 0 || end < begin) throw new Error(`${file} has no place for the table: ${first} … ${last}`);
  writeFileSync(file, `${before.slice(0, begin + first.length)}\n\n${text}\n\n${before.slice(end)}`);
}
