/** Runs chosen tests of the copy. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readJson, tail } from '../lib/files.mjs';
import { Interrupted } from '../lib/say.mjs';
import { Run } from './verdict.mjs';

/** Far more than any selection takes: what hangs with a mutation has to end. */
const LONGEST_MS = 10 * 60_000;

export class Suite {
  /**
   * @param {import('../lib/life.mjs').Life} life
   * @param {string} copy
   * @param {NodeJS.ProcessEnv} env
   */
  constructor({ home, processes }, copy, env) {
    this.home = home;
    this.processes = processes;
    this.copy = copy;
    this.env = env;
  }

  /**
   * @param {string} name
   * @param {import('./mutation.mjs').Test[]} tests
   * @returns {Promise<Run>}
   */
  async run(name, tests) {
    const results = join(this.home, 'jest.json');
    const outcomes = join(this.home, 'outcomes');
    for (const file of [results, outcomes]) rmSync(file, { force: true });
    const log = join(this.home, 'logs', `${name}.log`);
    const jest = this.processes.spawn({
      name: 'jest',
      tier: 'task',
      command: process.execPath,
      args: [
        ...['node_modules/jest/bin/jest.js', '--config', 'tools/mutations/jest.config.cjs'],
        ...['--cacheDirectory', join(this.home, 'jest-cache'), '--runTestsByPath'],
        ...new Set(tests.map(({ file }) => file)),
        ...['--testNamePattern', [...new Set(tests.map((test) => escape(test.name)))].join('|')],
        ...['--json', `--outputFile=${results}`],
      ],
      cwd: this.copy,
      env: { ...this.env, MUTATION_OUTCOMES: outcomes },
      log,
      graceMs: 5_000,
    });
    const timer = setTimeout(() => void this.processes.stop(jest), LONGEST_MS);
    await jest.exited;
    clearTimeout(timer);
    if (this.processes.closing) throw new Interrupted();
    return new Run({
      outcomes: linesOf(outcomes).map((line) => ({ ...line, file: relative(this.copy, line.file) })),
      ended: readJson(results) !== undefined,
      log: tail(log, 40),
    });
  }
}

/** @param {string} file @returns {any[]} */
function linesOf(file) {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** @param {string} text */
const escape = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
