import { spawn } from 'node:child_process';
import { join } from 'node:path';

interface Row {
  fault: string;
  times: number;
  accepted: number;
  sends: number;
  broken: Record<string, number>;
  error?: string;
}

/** `npm run test:faults`, with its own Postgres and RabbitMQ, which it breaks. */
function testFaults(...flags: string[]): Promise<{ code: number | null; rows: Row[]; progress: string }> {
  const child = spawn(process.execPath, ['tools/faults.mjs', '--no-build', ...flags], {
    cwd: join(__dirname, '..'),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: undefined },
  });
  // Whoever ends this test ends what it started, too.
  const end = () => child.kill('SIGTERM');
  process.once('exit', end);
  let output = '';
  let progress = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (progress += String(chunk)));
  return new Promise((resolve) => {
    child.once('close', (code) => {
      process.off('exit', end);
      const lines = output.split('\n').filter((line) => line.startsWith('{"fault"'));
      resolve({ code, rows: lines.map((line) => JSON.parse(line) as Row), progress });
    });
  });
}

describe('the short selection of the faults', () => {
  it('breaks no promise', async () => {
    const { code, rows, progress } = await testFaults('--short');
    const names = rows.map(({ fault }) => fault);
    expect({ names, progress }).toMatchObject({
      names: expect.arrayContaining([
        'crash-selection',
        'hang:short',
        'rolling-restart',
        'broker:kill',
        'database:immediate-stop',
      ]) as unknown,
    });
    const wrong = rows.filter((row) => row.error || Object.values(row.broken).some((count) => count > 0));
    expect(wrong).toEqual([]);
    // A suite that checks nothing finds nothing.
    for (const row of rows) {
      expect(row.times).toBeGreaterThan(0);
      expect(row.accepted).toBeGreaterThan(10);
      expect(row.sends).toBeGreaterThan(0);
    }
    expect(code).toBe(0);
  }, 480_000);
});
