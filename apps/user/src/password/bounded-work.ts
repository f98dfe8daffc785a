import { AppError } from '@scrm/platform';

/** Runs a few pieces of work at a time, lets a few more wait, and refuses the rest at once. */
export class BoundedWork {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly limits: { atOnce: number; waiting: number }) {}

  /** @throws AppError too_many_requests */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running < this.limits.atOnce) this.running++;
    else await this.turn();
    try {
      return await work();
    } finally {
      // Whoever waits takes over this place, so nobody who comes later can slip in between.
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }

  private turn(): Promise<void> {
    if (this.waiting.length >= this.limits.waiting) {
      throw new AppError(
        'too_many_requests',
        'Too many people sign in at this moment: try again in a second.',
        undefined,
        1,
      );
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
