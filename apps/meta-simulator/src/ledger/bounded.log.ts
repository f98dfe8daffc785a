export interface Numbered {
  /** Grows by one with every entry and is never used again: the cursor for `since`. */
  seq: number;
}

/** A log that forgets its oldest entries above a bound. */
export class BoundedLog<T extends Numbered> {
  private entries: T[] = [];
  private start = 0;
  private lastSeq = 0;

  constructor(private readonly onForget: (entry: T) => void = () => undefined) {}

  add(entry: Omit<T, 'seq'>, bound: number): T {
    const full = entry as T;
    full.seq = ++this.lastSeq;
    this.entries.push(full);
    while (this.size > bound) {
      const oldest = this.entries[this.start];
      // The slot is cleared at once, the array is cut only now and then: each cut copies everything.
      (this.entries as (T | undefined)[])[this.start] = undefined;
      this.start++;
      if (oldest) this.onForget(oldest);
    }
    if (this.start > 1024 && this.start * 2 > this.entries.length) {
      this.entries = this.entries.slice(this.start);
      this.start = 0;
    }
    return full;
  }

  get size(): number {
    return this.entries.length - this.start;
  }

  get last(): number {
    return this.lastSeq;
  }

  /** Entries after `since`, oldest first. */
  after(since: number, limit: number, keep: (entry: T) => boolean = () => true): T[] {
    const firstSeq = this.lastSeq - this.size + 1;
    const found: T[] = [];
    for (let i = this.start + Math.max(0, since + 1 - firstSeq); i < this.entries.length; i++) {
      const entry = this.entries[i];
      if (entry && keep(entry)) found.push(entry);
      if (found.length >= limit) break;
    }
    return found;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let i = this.start; i < this.entries.length; i++) {
      const entry = this.entries[i];
      if (entry) yield entry;
    }
  }

  clear(): void {
    this.entries = [];
    this.start = 0;
  }
}
