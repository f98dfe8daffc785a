/** The broker's disk runs full: it takes nothing more, and says so. */
import { setTimeout as sleep } from 'node:timers/promises';
import { rssMiB } from '../../bench/usage.mjs';
import { Problem } from '../../lib/say.mjs';
import { rabbitmqctl } from '../cluster/rabbitmqctl.mjs';

/** @typedef {import('../world.mjs').World} World */

const ALARM_MS = 10_000;
/** By then a webhook has its 503: Meta gives up after some ten seconds. */
const ANSWER_MS = 6_500;
const FLAT_MIB = 100;

/** @type {import('../world.mjs').Fault} */
export const diskAlarm = {
  name: 'broker:disk-alarm',
  title: 'RabbitMQ blocks publishers for 10 s: its disk is full',
  times: 3,
  short: 0,
  recoveryMs: 30_000,
  block: 1,
  async run(world) {
    const memory = () => Math.max(...waba(world).map(({ name }) => rssMiB(world.stack.info.services)[name]));
    const before = memory();
    await rabbitmqctl(world, 'set_disk_free_limit', '1000000GB');
    const began = performance.now();
    const answers = [];
    let most = before;
    while (performance.now() - began < ALARM_MS) {
      answers.push(await knock(world));
      most = Math.max(most, memory());
      await sleep(200);
    }
    await rabbitmqctl(world, 'set_disk_free_limit', '200MB');
    const gone = performance.now();
    const slowest = Math.max(...answers.map(({ ms }) => ms));
    const refused = answers.filter(({ status }) => status === 503).length;
    world.note(
      `broker:disk-alarm: ${refused} of ${answers.length} were answered 503, in ${slowest} ms at the most`,
    );
    if (refused === 0) throw new Problem('no webhook was answered with 503');
    if (slowest > ANSWER_MS) throw new Problem(`a webhook was answered after ${slowest} ms`);
    if (most - before > FLAT_MIB) throw new Problem(`waba grew by ${most - before} MiB`);
    return world.recovered(gone);
  },
  end: (world) => rabbitmqctl(world, 'set_disk_free_limit', '200MB').then(() => undefined),
};

/** @param {World} world */
const waba = ({ stack }) => stack.ours().filter(({ name }) => name.startsWith('waba'));

/** A delivery of an account update: it is nobody's message, and the books do not know it. @param {World} world */
async function knock({ inbound }) {
  const body = Buffer.from(
    JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: '0', changes: [] }] }),
  );
  const began = performance.now();
  const status = await inbound.knock(body);
  return { status, ms: Math.round(performance.now() - began) };
}
