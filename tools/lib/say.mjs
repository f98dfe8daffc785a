/** What a person reads on the terminal, and nothing else. */

/**
 * Something that a person can put right. Its message is the one line they see: what is wrong and what to
 * do about it. Any other error is a bug of ours and is shown with its stack.
 */
export class Problem extends Error {}

/** The command was asked to stop while it was still working. */
export class Interrupted extends Error {}

const began = Date.now();

// `npm start | head` closes our output: that must not leave a stack running that nobody can stop.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

/** @param {string} line */
export function say(line) {
  process.stdout.write(`${line}\n`);
}

/** @param {number} since milliseconds */
export function seconds(since = began) {
  return `${((Date.now() - since) / 1000).toFixed(1)}s`;
}

/**
 * Runs one step and says how it went: `packages    ok 21.3s  npm ci`. A slow one is heard of every ten
 * seconds, so that nobody thinks it hangs.
 *
 * @template T
 * @param {string} name
 * @param {(note: (text: string) => void) => Promise<T> | T} work may `note` what it is doing
 * @returns {Promise<T>}
 */
export async function step(name, work) {
  const since = Date.now();
  const label = name.padEnd(11);
  let text = '';
  const ticker = setInterval(() => say(`${label} ... ${seconds(since)}${text && `  ${text}`}`), 10_000);
  try {
    const result = await work((note) => (text = note));
    say(`${label} ok ${seconds(since)}${text && `  ${text}`}`);
    return result;
  } finally {
    clearInterval(ticker);
  }
}

/**
 * The one line for an error, or undefined when it is a bug whose stack should be seen.
 *
 * @param {unknown} error
 * @returns {string | undefined}
 */
export function explain(error) {
  if (error instanceof Problem) return error.message;
  if (!(error instanceof Error)) return String(error);
  const { code, path } = /** @type {NodeJS.ErrnoException} */ (error);
  if (isDiskFull(`${code} ${error.message}`)) return diskFull(path);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return `cannot write ${path ?? ''} (${code}): give this user the right to, or choose another folder with --home`;
  return undefined;
}

/** @param {string} text an error's message or the end of a log */
export function isDiskFull(text) {
  return /ENOSPC|No space left on device|\benospc\b|EDQUOT|disk quota exceeded/i.test(text);
}

/** @param {string} [path] */
export function diskFull(path) {
  return `the disk is full${path ? ` (${path})` : ''}: free some space and run this again`;
}
