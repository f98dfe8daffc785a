const LIMIT_MS = 2_000;

/**
 * Waits for an answer that is only good manners (to close, to cancel), and not for ever: on a half-open connection
 * it never comes, and a process that wants to end must not wait for the heartbeat to find that out.
 */
export async function courtesy(work: Promise<unknown> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise((resolve) => (timer = setTimeout(resolve, LIMIT_MS)));
  await Promise.race([work?.catch(() => undefined), enough]);
  clearTimeout(timer);
}
