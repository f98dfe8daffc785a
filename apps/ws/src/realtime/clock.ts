/** Time and chance, from outside: tests run on their own. */
export interface Clock {
  /** Between 0 and 1. */
  random(): number;
  /** Runs once after that time; the answer cancels it. */
  after(ms: number, run: () => void): () => void;
}

/** No timer of ours keeps a process alive that has nothing else to do. */
export const systemClock: Clock = {
  random: Math.random,
  after(ms, run) {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
};

export interface Patience {
  clock: Clock;
  /** False ends the waiting: nobody needs the answer any more. */
  wanted: () => boolean;
  onFailure: (error: unknown) => void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Asks until there is an answer, with growing, jittered pauses; `undefined` where it is not wanted any more. */
export async function patiently<T>(
  ask: () => Promise<T>,
  { clock, wanted, onFailure }: Patience,
): Promise<T | undefined> {
  for (let pause = FIRST_PAUSE_MS; wanted(); pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await ask();
    } catch (error) {
      onFailure(error);
      const jittered = pause * (0.5 + clock.random() / 2);
      await new Promise<void>((resolve) => clock.after(jittered, resolve));
    }
  }
  return undefined;
}
