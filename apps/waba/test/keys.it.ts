import { eventually, runProgram } from '@scrm/testing';
import path from 'node:path';
import { SenderSecrets } from '../src/sender/sender.secrets';
import { startWaba, WabaHarness, type TestSender } from './harness';

const CLI = path.join(__dirname, '../dist/keys.cli.js');
const [oldKey, newKey] = [7, 9].map((byte) => Buffer.alloc(32, byte).toString('base64')) as [string, string];

describe('access tokens of numbers', () => {
  let waba: WabaHarness;
  let sender: TestSender;
  let conversationId: string;
  let token: string;
  beforeAll(async () => {
    waba = await WabaHarness.start();
  });
  afterAll(() => waba.stop());
  beforeEach(async () => {
    sender = await waba.addSender();
    token = waba.identity.token(sender);
    conversationId = await waba.customerWrites('6281200', sender);
  });

  const run = (args: string[], env: NodeJS.ProcessEnv = {}) =>
    runProgram(CLI, args, { DATABASE_URL: waba.database.url, SECRETS_KEY: oldKey, ...env });
  const sealed = async ({ id } = sender) => {
    const [row] = await waba.query<{ access_token: Buffer }>(
      'SELECT access_token FROM sender WHERE id = $1',
      [id],
    );
    return row!.access_token;
  };
  const write = (bytes: Buffer, { id } = sender) =>
    waba.query('UPDATE sender SET access_token = $2 WHERE id = $1', [id, bytes]);
  const open = async (of = sender) => waba.get(SenderSecrets).open(await sealed(of), of);
  const sends = async () => {
    const { id } = await waba.send(conversationId, 'hello', { token });
    await eventually(() => {
      const call = waba.graph.sent.find((s) => s.body.biz_opaque_callback_data === id);
      expect(call?.authorization).toBe('Bearer access-token');
    });
  };

  it('of before tenants had keys are used as they are, until rotate-tenant gives them one', async () => {
    const before = await sealed();
    await sends();
    expect(await sealed()).toEqual(before);
    const { code, out } = await run(['rotate-tenant', sender.tenantId]);
    expect([code, JSON.parse(out)]).toEqual([0, { tenantId: sender.tenantId, resealed: 1, unreadable: [] }]);
    expect((await sealed()).subarray(0, 8).toString()).toBe('scrm:v2:');
    await sends();
    // A process that read the row before still opens it.
    await expect(waba.get(SenderSecrets).open(before, sender)).resolves.toBe('access-token');
  });

  it('get new keys while messages go out', async () => {
    await run(['rotate-tenant', sender.tenantId]);
    const rotations = (async () => {
      for (let n = 0; n < 3; n++) expect((await run(['rotate-tenant', sender.tenantId])).code).toBe(0);
    })();
    const bodies = Array.from({ length: 30 }, (_, n) => `hello ${n}`);
    for (const body of bodies) await waba.send(conversationId, body, { token });
    await rotations;
    const mine = () => waba.graph.sent.filter((s) => s.path.includes(sender.phoneNumberId));
    await eventually(() => expect(mine()).toHaveLength(30), { within: 30_000 });
    expect(new Set(mine().map((s) => s.authorization))).toEqual(new Set(['Bearer access-token']));
  }, 60_000);

  it('do not open in another row, or of another tenant', async () => {
    const neighbour = await waba.addSender(sender.tenantId);
    const stranger = await waba.addSender();
    for (const { tenantId } of [sender, stranger]) await run(['rotate-tenant', tenantId]);
    const mine = await sealed();
    for (const other of [neighbour, stranger]) {
      await write(mine, other);
      await expect(open(other)).rejects.toThrow(/does not open|no key of the tenant/);
    }
    await expect(open()).resolves.toBe('access-token');
    await waba.query('DELETE FROM sender WHERE id = ANY($1)', [[neighbour.id, stranger.id]]);
  });

  it('that do not open pause the number, and name the setting', async () => {
    const bad = await sealed();
    bad[bad.length - 1]! ^= 1;
    await write(bad);
    await waba.send(conversationId, 'hello', { token });
    await eventually(async () => {
      const [row] = await waba.query('SELECT status, paused_reason FROM sender WHERE id = $1', [sender.id]);
      expect(row).toEqual({
        status: 'paused',
        paused_reason: expect.stringContaining('SECRETS_KEY') as string,
      });
    });
    const { code, err } = await run(['rotate-tenant', sender.tenantId]);
    expect([code, err]).toEqual([1, expect.stringContaining('left as they are')]);
    expect(await sealed()).toEqual(bad);
    await waba.query('DELETE FROM message WHERE sender_id = $1', [sender.id]);
    await waba.query('DELETE FROM conversation WHERE sender_id = $1', [sender.id]);
    await waba.query('DELETE FROM sender WHERE id = $1', [sender.id]);
  });

  it('outlive a new master key, which a pod without it does not start beside', async () => {
    expect((await run(['rotate-tenant', 'all'])).code).toBe(0);
    const before = await sealed();
    waba.env.SECRETS_KEY = `${newKey},${oldKey}`;
    await waba.restart();
    const { code, out } = await run(['rotate-master'], { SECRETS_KEY: waba.env.SECRETS_KEY });
    expect([code, JSON.parse(out)]).toMatchObject([0, { unreadable: [], withoutDataKey: 0 }]);
    expect(await sealed()).toEqual(before);
    await sends();
    const next = await startWaba({ ...waba.env, SECRETS_KEY: newKey });
    await expect(next.app.get(SenderSecrets).open(before, sender)).resolves.toBe('access-token');
    await next.stop();
    const stale = await startWaba({ ...waba.env, SECRETS_KEY: oldKey }, { ready: false });
    await eventually(async () => {
      const answer = await fetch(`${stale.url}/health/ready`);
      expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('SECRETS_KEY')]);
    });
    await stale.stop();
  });

  it('of before tenants had keys keep their master key from going', async () => {
    const { code, err } = await run(['rotate-master'], { SECRETS_KEY: waba.env.SECRETS_KEY });
    expect([code, err]).toEqual([1, expect.stringContaining('run rotate-tenant all')]);
  });
});
