/** A pod that dies among many deliveries at once: they travel in bundles, and some are in one that is half done. */
import { setTimeout as sleep } from 'node:timers/promises';

const CROWD = 300;

/** @type {import('../world.mjs').Fault} */
export const crowdKill = {
  name: 'crowd-kill',
  title: 'a waba pod is killed while 300 customers write at once',
  times: 20,
  short: 1,
  recoveryMs: 5_000,
  block: 10,
  async run(world) {
    const { inbound, random, stack } = world;
    const crowd = Array.from({ length: CROWD }, () => inbound.write(inbound.next()));
    await sleep(random.between(0, 200));
    stack.read();
    const { name } = random.pick(stack.ours().filter((service) => service.name.startsWith('waba')));
    const pid = stack.signal(name, 'SIGKILL');
    const [took] = await Promise.all([world.survived(performance.now(), [[name, pid]]), ...crowd]);
    return took;
  },
};
