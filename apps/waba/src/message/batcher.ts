/**
 * Collects single questions into batches without a timer: while one batch is worked on, the next one collects. Each
 * `add` gets its own answer; where a batch fails, all of it fails.
 */
export class Batcher<I, O> {
  private waiting: { item: I; resolve: (answer: O) => void; reject: (error: unknown) => void }[] = [];
  private running = false;

  constructor(
    private readonly work: (items: I[]) => Promise<O[]>,
    private readonly max = 100,
  ) {}

  add(item: I): Promise<O> {
    return new Promise<O>((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (!this.running) void this.run();
    });
  }

  private async run() {
    this.running = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.max);
      try {
        const answers = await this.work(batch.map((b) => b.item));
        batch.forEach((b, i) => b.resolve(answers[i]!));
      } catch (error) {
        for (const b of batch) b.reject(error);
      }
    }
    this.running = false;
  }
}
