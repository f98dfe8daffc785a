/** One ws pod as a child process of the benchmark, beside the stack's own and in a namespace of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../lib/files.mjs';
import { freePorts } from '../lib/ports.mjs';
import { Problem } from '../lib/say.mjs';
import { READABLE_STACKS } from '../lib/services.mjs';
import { isReady } from './stack.mjs';

const READY_MS = 20_000;

export class Pod {
  #child;

  /** @param {import('node:child_process').ChildProcess} child @param {number} port */
  constructor(child, port) {
    this.#child = child;
    this.pid = /** @type {number} */ (child.pid);
    this.http = `http://127.0.0.1:${port}`;
    this.url = `ws://127.0.0.1:${port}/ws`;
  }

  /** @param {NodeJS.ProcessEnv} env @param {{ log: string, args?: string[] }} options */
  static async start(env, { log, args = [] }) {
    const [port] = await freePorts(1);
    const output = openSync(log, 'a');
    const main = join(ROOT, 'apps/ws/dist/main.js');
    const child = spawn(process.execPath, [...READABLE_STACKS, ...args, main], {
      cwd: ROOT,
      env: { ...process.env, NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(port), ...env },
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    const pod = new Pod(child, port);
    process.once('exit', pod.kill);
    for (const deadline = Date.now() + READY_MS; !(await isReady(port)); await sleep(50)) {
      if (child.exitCode === null && Date.now() < deadline) continue;
      await pod.stop();
      throw new Problem(`the pod did not start: see ${log}`);
    }
    return pod;
  }

  kill = () => void this.#child.kill('SIGKILL');

  async stop() {
    process.removeListener('exit', this.kill);
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}
