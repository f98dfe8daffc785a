import { Global, Inject, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { Drain, gauge, Health, LOGGER, type Logger } from '@scrm/platform';
import type { DataSource } from 'typeorm';
import { poolOf } from './data-source';

const SOURCES = Symbol('data-sources');
const RECONNECT_MS = 500;

const known = new Set<DataSource>();

gauge('db_pool_waiting_clients', 'Work that waits for a database connection', [], (metric) => {
  metric.set(
    [...known].reduce((sum, source) => sum + (source.isInitialized ? poolOf(source).waitingCount : 0), 0),
  );
});

/** The service's pools: each under its own token, all opened, watched and closed here. */
@Global()
@Module({})
export class DatabaseModule implements OnModuleInit {
  private closing = false;

  constructor(
    @Inject(SOURCES) private readonly sources: DataSource[],
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly health: Health,
    private readonly drain: Drain,
  ) {}

  static forRoot(sources: Map<symbol, DataSource>): DynamicModule {
    const providers = [...sources].map(([provide, useValue]) => ({ provide, useValue }));
    return {
      module: DatabaseModule,
      providers: [...providers, { provide: SOURCES, useValue: [...sources.values()] }],
      exports: providers.map((p) => p.provide),
    };
  }

  onModuleInit() {
    for (const source of this.sources) {
      known.add(source);
      void this.open(source);
    }
    this.health.register('database', async () => {
      for (const source of this.sources) {
        if (!source.isInitialized) throw new Error('not connected');
        await source.query('SELECT 1');
      }
    });
    this.drain.on('close-connections', 'database', async () => {
      this.closing = true;
      await Promise.all(this.sources.filter((s) => s.isInitialized).map((s) => s.destroy()));
      for (const source of this.sources) known.delete(source);
    });
  }

  /** Tries until the database is there: the service is up and not ready meanwhile. */
  private async open(source: DataSource) {
    while (!this.closing) {
      try {
        await source.initialize();
        return;
      } catch (err) {
        this.logger.warn({ err }, 'database is not reachable: trying again');
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
      }
    }
  }
}
