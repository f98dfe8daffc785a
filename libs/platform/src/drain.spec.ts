import { Drain, DRAIN_PHASES } from './drain';
import { Health } from './health';
import { createLogger } from './logger';

const silent = createLogger('test', 'silent');

describe('letting go', () => {
  it('takes its phases one after the other, whatever order the steps were named in', async () => {
    const drain = new Drain();
    const done: string[] = [];
    for (const phase of [...DRAIN_PHASES].reverse()) {
      drain.on(phase, 'slow', async () => {
        await new Promise(setImmediate);
        done.push(phase);
      });
      drain.on(phase, 'quick', () => void done.push(phase));
    }
    await drain.run(silent);
    expect(done).toEqual(DRAIN_PHASES.flatMap((phase) => [phase, phase]));
    expect(DRAIN_PHASES).toEqual(['stop-intake', 'finish-work', 'close-clients', 'close-connections']);
  });

  it('runs the steps of a phase side by side', async () => {
    const drain = new Drain();
    let release!: () => void;
    const released = new Promise<void>((resolve) => (release = resolve));
    drain.on('finish-work', 'waits for the other', () => released);
    drain.on('finish-work', 'the other', () => release());
    await expect(drain.run(silent)).resolves.toBeUndefined();
  });

  it('goes on though a step fails, at once or later', async () => {
    const drain = new Drain();
    const done: string[] = [];
    drain.on('stop-intake', 'throws', () => {
      throw new Error('at once');
    });
    drain.on('stop-intake', 'rejects', () => Promise.reject(new Error('later')));
    drain.on('close-connections', 'last', () => void done.push('last'));
    await drain.run(silent);
    expect(done).toEqual(['last']);
  });
});

describe('being ready', () => {
  it('takes everything that the service needs', async () => {
    const health = new Health();
    expect(await health.readiness()).toEqual({ ready: true, checks: {} });
    let broken = true;
    health.register('database', () => Promise.resolve());
    health.register('broker', () => {
      if (broken) throw new Error('not connected');
    });
    const checks = { database: 'ok', broker: 'not connected' };
    expect(await health.readiness()).toEqual({ ready: false, checks });
    broken = false;
    expect(await health.readiness()).toEqual({ ready: true, checks: { database: 'ok', broker: 'ok' } });
  });

  it('ends with the first word of the drain', async () => {
    const health = new Health();
    health.register('broker', () => undefined);
    health.drain();
    expect(await health.readiness()).toEqual({ ready: false, checks: { broker: 'ok', drain: 'draining' } });
  });

  it('does not wait for ever for a part that says nothing', async () => {
    jest.useFakeTimers();
    try {
      const health = new Health();
      health.register('database', () => new Promise(() => undefined));
      const asked = health.readiness();
      await jest.advanceTimersByTimeAsync(2_000);
      expect(await asked).toEqual({ ready: false, checks: { database: 'no answer in 2000 ms' } });
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});
