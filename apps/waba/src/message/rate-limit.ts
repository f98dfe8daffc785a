/** A token bucket: `perSecond` on average, `burst` at once. Time comes from outside, in milliseconds. */
export class TokenBucket {
  private tokens: number;
  private at: number;

  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    now: number,
  ) {
    this.tokens = burst;
    this.at = now;
  }

  /** Takes one and answers 0, or takes none and answers after how many milliseconds there is one. */
  take(now: number): number {
    // A clock that was set back must not take away what was saved up: the number would be silent for as long.
    const elapsed = Math.max(0, now - this.at);
    this.tokens = Math.min(this.burst, this.tokens + (elapsed / 1000) * this.perSecond);
    this.at = now;
    if (this.tokens >= 1) {
      this.tokens -= 1;
      return 0;
    }
    return Math.ceil(((1 - this.tokens) / this.perSecond) * 1000);
  }

  giveBack() {
    this.tokens = Math.min(this.burst, this.tokens + 1);
  }

  /** True where nothing was taken for so long that a fresh bucket would be the same. */
  isFull(now: number): boolean {
    return this.tokens + ((now - this.at) / 1000) * this.perSecond >= this.burst;
  }
}

/** Meta's limit for one customer: one message in 6 s, with up to 45 borrowed from the future. */
export const PAIR_LIMIT = { perSecond: 1 / 6, burst: 45 };
