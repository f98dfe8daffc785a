import { eventually, Screen, TestStack, type StackFile } from '@scrm/testing';
import { existsSync } from 'node:fs';
import { Api, deliver, type CustomerMessage } from './api';

/** Load for as long as a test wants it: several customers, each with one message after another. */
class Customers {
  readonly accepted = new Map<string, string[]>();
  private running = true;
  private readonly done: Promise<unknown>;

  constructor(stack: StackFile, count: number, label: string) {
    this.done = Promise.all(
      Array.from({ length: count }, async (_, c) => {
        const from = `62877${process.pid}${label.length}${c}`;
        const own: string[] = [];
        this.accepted.set(from, own);
        for (let i = 0; this.running; i++) {
          const message: CustomerMessage = {
            wamid: `wamid.${label}.${process.pid}.${c}.${i}`,
            from,
            phoneNumberId: stack.meta.phoneNumberIds[c % 2]!,
          };
          await deliver(stack, message);
          own.push(message.wamid);
        }
      }),
    );
  }

  get count() {
    return [...this.accepted.values()].reduce((n, list) => n + list.length, 0);
  }

  async stop() {
    this.running = false;
    await this.done;
  }
}

describe('when a service is killed under load', () => {
  let running: TestStack;
  let stack: StackFile;
  let admin: Api;

  beforeAll(async () => {
    running = await TestStack.start();
    stack = running.read();
    admin = await Api.login(stack, 'admin@demo.test');
  }, 90_000);
  afterAll(() => running?.stop(), 60_000);

  it.each(['ws-1', 'ws-2', 'waba', 'back', 'user'])(
    'loses nothing, shows nothing twice and keeps the order: %s',
    async (service) => {
      const screens = await Promise.all(
        [0, 1].map((pod) => new Screen(stack.ws, () => admin.token).open(pod)),
      );
      const customers = new Customers(stack, 8, `kill-${service}`);
      for (let round = 0; round < 2; round++) {
        const target = customers.count + 40;
        await eventually(() => expect(customers.count).toBeGreaterThan(target), { within: 30_000 });
        const { pid } = running.kill(service);
        await running.backAgain(service, pid);
      }
      await customers.stop();
      const wanted = [...customers.accepted.values()].flat();
      for (const screen of screens) {
        await eventually(() => expect(new Set(screen.received()).size).toBe(wanted.length), {
          within: 20_000,
        });
        const shown = screen.received();
        expect(shown).toHaveLength(wanted.length);
        for (const own of customers.accepted.values())
          expect(shown.filter((w) => own.includes(w))).toEqual(own);
        screen.close();
      }
    },
    90_000,
  );

  it('sends what was accepted once, whatever dies meanwhile', async () => {
    const { body: page } = await admin.get<{ items: { id: string; windowExpiresAt: string | null }[] }>(
      '/conversations',
    );
    const open = page.items.filter((c) => c.windowExpiresAt).map((c) => c.id);
    const { pid } = running.kill('waba');
    const accepted: string[] = [];
    for (let i = 0; i < 12; i++) {
      const key = `survival-${process.pid}-${i}`;
      // The gateway cannot answer while nobody is there: with the same key, trying again is safe.
      await eventually(
        async () => {
          const { status, body } = await admin.send<{ id: string }>(
            open[i % open.length]!,
            `answer ${i}`,
            key,
          );
          expect(status).toBe(202);
          accepted.push(body.id);
        },
        { within: 20_000, every: 100 },
      );
    }
    await running.backAgain('waba', pid);
    await eventually(
      async () => {
        const response = await fetch(`${stack.simulator}/control/ledger/sends?limit=1000`);
        const text = await response.text();
        for (const id of accepted) expect(text.split(`"${id}"`).length - 1).toBeGreaterThan(0);
      },
      { within: 20_000 },
    );
    const summary = await (await fetch(`${stack.simulator}/control/ledger/summary`)).json();
    expect(summary).toMatchObject({ callbackIdsSentMoreThanOnce: 0 });
  }, 90_000);

  it('ends all that it started, and forgets its stack.json', async () => {
    const pids = stack.services.map((s) => running.pidOf(s.name)!);
    const file = `${running.home}/stack.json`;
    expect(await running.stop('SIGINT')).toBe(0);
    expect(existsSync(file)).toBe(false);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow();
  }, 60_000);
});
