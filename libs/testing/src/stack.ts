import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually } from './eventually';
import { createTestDatabase, testBroker } from './infrastructure';

/** `stack.json`, as the launcher writes it. */
export interface StackFile {
  back: string;
  ws: string[];
  user: string;
  waba: string;
  simulator: string;
  openapi: string;
  asyncapi: string;
  databaseUrl: string;
  rabbitmqUrl: string;
  meta: { appSecret: string; verifyToken: string; wabaId: string; phoneNumberIds: string[] };
  logins: { email: string; password: string; role: string; tenant: string }[];
  services: { name: string; pid: number | null; port: number }[];
}

const ROOT = resolve(__dirname, '../../..');

/** The whole product, started as its users start it, on the Postgres and RabbitMQ of the test run. */
export class TestStack {
  private output = '';
  private constructor(
    readonly home: string,
    private readonly launcher: ChildProcess,
    private readonly cleanUp: () => Promise<void>,
  ) {
    launcher.stdout!.on('data', (chunk) => (this.output += String(chunk)));
    launcher.stderr!.on('data', (chunk) => (this.output += String(chunk)));
  }

  static async start(flags: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<TestStack> {
    const database = await createTestDatabase(() => Promise.resolve());
    const broker = testBroker();
    const home = mkdtempSync(join(tmpdir(), 'scrm-stack-'));
    // Far from the default ports and from those that systems hand out for connections.
    const portBase = String(12_000 + randomInt(150) * 100);
    const launcher = spawn(
      process.execPath,
      ['tools/start.mjs', '--no-build', '--home', home, '--port-base', portBase, ...flags],
      {
        cwd: ROOT,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...process.env,
          DATABASE_URL: database.url,
          RABBITMQ_URL: broker.url,
          BROKER_NAMESPACE: broker.namespace,
          NODE_ENV: undefined,
          ...env,
        },
      },
    );
    const stack = new TestStack(home, launcher, async () => {
      await broker.clear();
      await database.drop();
      rmSync(home, { recursive: true, force: true });
    });
    await eventually(
      () => {
        if (launcher.exitCode !== null) throw new Error(`the stack did not start:\n${stack.output}`);
        stack.read();
      },
      { within: 60_000, every: 100 },
    ).catch(async (error: unknown) => {
      await stack.stop();
      throw error;
    });
    return stack;
  }

  /** As `stack.json` says now. */
  read(): StackFile {
    return JSON.parse(readFileSync(join(this.home, 'stack.json'), 'utf8')) as StackFile;
  }

  pidOf(service: string): number | null {
    return this.read().services.find((s) => s.name === service)?.pid ?? null;
  }

  log(service: string): string {
    const file = join(this.home, 'logs', `${service}.log`);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** Ends one service as a crash does. The launcher starts it again, with another pid. */
  kill(service: string): { pid: number } {
    const pid = this.pidOf(service);
    if (!pid) throw new Error(`${service} is not running`);
    process.kill(pid, 'SIGKILL');
    return { pid };
  }

  /** Waits until the service runs again, with another process than `pid`, and is ready. */
  async backAgain(service: string, pid: number): Promise<void> {
    await eventually(
      async () => {
        const now = this.read().services.find((s) => s.name === service)!;
        if (!now.pid || now.pid === pid) throw new Error(`${service} has not been started again`);
        const { status } = await fetch(`http://127.0.0.1:${now.port}/health/ready`);
        if (status !== 200) throw new Error(`${service} is not ready`);
      },
      { within: 20_000, every: 50 },
    );
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.launcher.exitCode === null) {
      const ended = new Promise((r) => this.launcher.once('exit', r));
      this.launcher.kill(signal);
      await ended;
    }
    await this.cleanUp();
    return this.launcher.exitCode;
  }
}
