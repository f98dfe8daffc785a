import type { Clock } from '../../src/realtime/clock';

/** Time that only moves when told, and chance that always says the same. */
export class VirtualClock implements Clock {
  now = 0;
  private timers: { at: number; run: () => void }[] = [];

  random() {
    return 0.5;
  }

  after(ms: number, run: () => void) {
    const timer = { at: this.now + ms, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((t) => t !== timer);
    };
  }

  get pending(): number {
    return this.timers.length;
  }

  /** Runs what falls due, in order; promises in between get their turn. */
  async advance(ms: number) {
    const end = this.now + ms;
    for (;;) {
      const due = this.timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.timers = this.timers.filter((t) => t !== due);
      this.now = Math.max(this.now, due.at);
      due.run();
      await turn();
    }
    this.now = end;
  }
}

/** Everything that is only waiting for its turn has had it. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
