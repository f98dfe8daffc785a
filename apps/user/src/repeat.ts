import type { Drain, Logger } from '@scrm/platform';

/**
 * Works until there is nothing left to do, and looks again after a while. What fails is tried again then; when the
 * service drains, what is in hand is finished.
 *
 * @param work says whether there may be more to do
 */
export function repeat(
  { name, everyMs, work }: { name: string; everyMs: number; work: () => Promise<boolean> },
  { drain, logger }: { drain: Drain; logger: Logger },
): void {
  let stopped = false;
  let timer: NodeJS.Timeout;
  let working: Promise<unknown> = Promise.resolve();
  const workOff = async () => {
    try {
      while (!stopped && (await work()));
    } catch (err) {
      logger.warn({ err, duty: name }, 'duty failed: it is tried again');
    }
  };
  const plan = () => {
    if (stopped) return;
    timer = setTimeout(() => {
      working = workOff().then(plan);
    }, everyMs);
  };
  plan();
  drain.on('stop-intake', name, async () => {
    stopped = true;
    clearTimeout(timer);
    await working;
  });
}
