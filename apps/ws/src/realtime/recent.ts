import type { Place } from '@scrm/contracts';
import type { ReadEvent } from '@scrm/messaging';

/** A place that the feed has passed; without an `event` nobody here could see what happened there. */
export interface Passed {
  readonly place: Place;
  readonly epoch: string;
  readonly event?: ReadEvent;
  frame?: Buffer;
}

/** How many events are kept for those who come back: of one tenant, and of all tenants of the pod together. */
const MAX_OF_TENANT = 1_000;
const MAX_OF_POD = 20_000;

/** What all tenants of a pod keep together. */
export class RecentBudget {
  used = 0;
  constructor(
    readonly perTenant = MAX_OF_TENANT,
    readonly perPod = MAX_OF_POD,
  ) {}
}

/** The newest events of a feed, without a gap: whoever was away for a moment gets from here what it missed. */
export class Recent {
  private passed: (Passed | undefined)[] = [];
  /** Before it everything was dropped. */
  private oldest = 0;

  constructor(private readonly budget: RecentBudget) {}

  push(passed: Passed) {
    this.passed.push(passed);
    this.budget.used++;
    const { perTenant, perPod } = this.budget;
    // Where the pod has too much, the tenant makes room that adds to it.
    while (this.size > perTenant || (this.budget.used > perPod && this.size > 0)) {
      this.passed[this.oldest++] = undefined;
      this.budget.used--;
    }
    if (this.oldest > perTenant) this.compact();
  }

  /** All that lies behind `after`, up to and with `upTo`; undefined where some of it is not here any more. */
  between(after: number, upTo: number): Passed[] | undefined {
    const first = this.passed[this.oldest]?.place.position;
    if (first === undefined || after + 1 < first) return undefined;
    const from = this.oldest + after + 1 - first;
    const found = this.passed.slice(from, from + upTo - after) as Passed[];
    return found.length === upTo - after ? found : undefined;
  }

  clear() {
    this.budget.used -= this.size;
    this.passed = [];
    this.oldest = 0;
  }

  private get size() {
    return this.passed.length - this.oldest;
  }

  private compact() {
    this.passed = this.passed.slice(this.oldest);
    this.oldest = 0;
  }
}
