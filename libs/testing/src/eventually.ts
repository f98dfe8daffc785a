/**
 * Waits until `check` returns without throwing, and hands back what it returned. Tests wait for conditions, never
 * for time.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { within = 10_000, every = 20 }: { within?: number; every?: number } = {},
): Promise<T> {
  const deadline = Date.now() + within;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, every));
    }
  }
}
