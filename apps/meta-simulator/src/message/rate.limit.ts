/** A bucket that holds `burst` tokens and gains one every `everyMs`. */
export class TokenBucket {
  private tokens: number;
  private at: number;

  constructor(burst: number, now: number) {
    this.tokens = burst;
    this.at = now;
  }

  take(burst: number, everyMs: number, now: number): boolean {
    this.refill(burst, everyMs, now);
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }

  full(burst: number, everyMs: number, now: number): boolean {
    this.refill(burst, everyMs, now);
    return this.tokens >= burst;
  }

  private refill(burst: number, everyMs: number, now: number): void {
    this.tokens = Math.min(burst, this.tokens + Math.max(0, now - this.at) / everyMs);
    this.at = now;
  }
}

/** One bucket per key; full ones are forgotten when there are too many. */
export class RateLimiter {
  private readonly buckets = new Map<string, TokenBucket>();

  constructor(private readonly maxKeys = 100_000) {}

  take(key: string, burst: number, everyMs: number, now: number): boolean {
    let bucket = this.buckets.get(key);
    if (!bucket) {
      if (this.buckets.size >= this.maxKeys) this.sweep(burst, everyMs, now);
      bucket = new TokenBucket(burst, now);
      this.buckets.set(key, bucket);
    }
    return bucket.take(burst, everyMs, now);
  }

  clear(): void {
    this.buckets.clear();
  }

  private sweep(burst: number, everyMs: number, now: number): void {
    for (const [key, bucket] of this.buckets) if (bucket.full(burst, everyMs, now)) this.buckets.delete(key);
    // All of them busy: start over rather than grow or search at every send.
    if (this.buckets.size >= this.maxKeys) this.buckets.clear();
  }
}
