import { Body, Controller, Get, Module, Post } from '@nestjs/common';
import { Drain } from './drain';
import { AppError } from './errors';
import { Health } from './health';
import { registry } from './metrics';
import { runService, startService, type RunningService } from './service';
import { currentTrace } from './trace';

let finish: () => void = () => undefined;
let inHand: () => void = () => undefined;

@Controller('things')
class ThingController {
  @Get('trace')
  trace() {
    return currentTrace();
  }
  @Get('refused')
  refused() {
    throw new AppError('too_many_requests', 'Slow down.', undefined, 3);
  }
  @Get('broken')
  broken() {
    throw new Error('password=hunter2');
  }
  @Get('slow')
  async slow() {
    await new Promise<void>((resolve) => {
      finish = resolve;
      inHand();
    });
    return { done: true };
  }
  @Post()
  create(@Body() body: unknown) {
    return body;
  }
}

@Module({ controllers: [ThingController] })
class ThingModule {}

describe('a service', () => {
  let service: RunningService;

  beforeEach(async () => {
    service = await startService({
      name: 'thing',
      config: { NODE_ENV: 'test', HOST: '127.0.0.1', PORT: 0, LOG_LEVEL: 'silent' },
      module: ThingModule,
      bodyLimit: 1_000,
    });
  });
  afterEach(() => service.stop());

  const get = (path: string, init?: RequestInit) => fetch(`${service.url}${path}`, init);
  const problem = async (path: string, init?: RequestInit) => {
    const response = await get(path, init);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    return { ...((await response.json()) as object), http: response.status, headers: response.headers };
  };

  it('is alive whatever it needs, and ready only with all of it', async () => {
    service.app.get(Health).register('database', () => {
      throw new Error('not connected');
    });
    expect(await (await get('/health/live')).json()).toEqual({ status: 'live', service: 'thing' });
    const ready = await get('/health/ready');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({
      status: 'not ready',
      service: 'thing',
      checks: { database: 'not connected' },
    });
  });

  it('tells how long its answers take, by route and never by id', async () => {
    await get('/things/trace');
    await get('/nowhere/0193a5c2-7e10-7abc-8def-000000000001');
    const metrics = await (await get('/metrics')).text();
    expect(metrics).toMatch(
      /http_server_request_duration_seconds_count\{[^}]*route="\/things\/trace"[^}]*\} \d/,
    );
    expect(metrics).not.toContain('0193a5c2');
  });

  it('goes on with the trace of the caller', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
    expect(await (await get('/things/trace', { headers })).json()).toMatchObject({ traceId });
  });

  it('answers every error as a problem', async () => {
    expect(await problem('/nowhere')).toMatchObject({ http: 404, code: 'not_found', status: 404 });
    expect(await problem('/things/refused')).toMatchObject({ http: 429, code: 'too_many_requests' });
    expect((await problem('/things/refused')).headers.get('retry-after')).toBe('3');
    const broken = await problem('/things/broken');
    expect(broken).toMatchObject({ http: 500, code: 'internal' });
    expect(JSON.stringify(broken)).not.toContain('hunter2');
  });

  it.each([
    ['a body that is not JSON', '{', 'application/json', 400, 'invalid_request'],
    [
      'a body that is too large',
      JSON.stringify('x'.repeat(2_000)),
      'application/json',
      413,
      'payload_too_large',
    ],
    ['a body of another type', 'x', 'image/png', 415, 'unsupported_media_type'],
  ])('answers a problem to %s', async (_, body, type, status, code) => {
    const answer = await problem('/things', { method: 'POST', body, headers: { 'content-type': type } });
    expect(answer).toMatchObject({ http: status, status, code });
  });

  it('finishes what is in hand before it closes, and is not ready meanwhile', async () => {
    const seen: number[] = [];
    const begun = new Promise<void>((resolve) => (inHand = resolve));
    const answer = get('/things/slow');
    await begun;
    service.app.get(Drain).on('finish-work', 'look', async () => {
      seen.push((await get('/health/ready')).status, (await get('/health/live')).status);
      finish();
      expect((await answer).status).toBe(200);
    });
    const twice = [service.stop(), service.stop()];
    await Promise.all(twice);
    expect(seen).toEqual([503, 200]);
    await expect(get('/health/live')).rejects.toThrow();
  });
});

describe('the process of a service', () => {
  const SIGNALS = ['SIGTERM', 'SIGINT', 'unhandledRejection'] as const;
  const config = { NODE_ENV: 'test', HOST: '127.0.0.1', PORT: 0, LOG_LEVEL: 'silent' } as const;
  const listeners = (event: string) => process.listeners(event as 'SIGTERM');
  const before = SIGNALS.map(listeners);
  let exited: Promise<unknown>;

  beforeEach(() => {
    exited = new Promise((resolve) => {
      jest.spyOn(process, 'exit').mockImplementation((code) => {
        resolve(code);
        return undefined as never;
      });
    });
  });
  afterEach(() => {
    jest.restoreAllMocks();
    registry.clear();
    SIGNALS.forEach((event, at) => {
      for (const listener of listeners(event))
        if (!before[at]!.includes(listener)) process.removeListener(event, listener);
    });
  });

  it('drains when it is told to end, and ends well', async () => {
    const drained: string[] = [];
    await runService({
      name: 'thing',
      config,
      module: ThingModule,
      configure: (app) => app.get(Drain).on('stop-intake', 'look', () => void drained.push('stop-intake')),
    });
    listeners('SIGTERM').at(-1)!('SIGTERM');
    expect(await exited).toBe(0);
    expect(drained).toEqual(['stop-intake']);
  });

  it('ends at once where it cannot start', async () => {
    const taken = await startService({ name: 'thing', config, module: ThingModule });
    const PORT = Number(new URL(taken.url).port);
    // The reason is logged on stdout, and this test is not the place to read it.
    jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    const starting = runService({ name: 'thing', config: { ...config, PORT }, module: ThingModule });
    starting.catch(() => undefined);
    expect(await exited).toBe(1);
    await taken.stop();
  });
});
