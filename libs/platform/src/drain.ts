import { Injectable } from '@nestjs/common';
import type { Logger } from './logger';

/** The order in which a service lets go; steps of one phase run side by side. */
export const DRAIN_PHASES = ['stop-intake', 'finish-work', 'close-clients', 'close-connections'] as const;
export type DrainPhase = (typeof DRAIN_PHASES)[number];

/**
 * SIGTERM: not ready, stop consuming, finish what is in hand, close the sockets, close the connections, exit. One
 * list, so that a service cannot close its database before its consumers are done.
 */
@Injectable()
export class Drain {
  private readonly steps: { phase: DrainPhase; name: string; run: () => Promise<void> | void }[] = [];

  on(phase: DrainPhase, name: string, run: () => Promise<void> | void) {
    this.steps.push({ phase, name, run });
  }

  async run(logger: Logger) {
    for (const phase of DRAIN_PHASES) {
      const steps = this.steps.filter((s) => s.phase === phase);
      await Promise.all(
        steps.map(async ({ name, run }) => {
          try {
            await run();
          } catch (error) {
            logger.warn({ err: error, step: name }, 'drain step failed');
          }
        }),
      );
    }
  }
}
