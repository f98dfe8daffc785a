/** What it all ran on: a figure without it says nothing. */
import { connect } from 'node:net';
import { cpus, totalmem } from 'node:os';
import { query } from '../lib/postgres.mjs';

/** @param {import('./stack.mjs').StackInfo} info */
export async function machine({ databaseUrl, rabbitmqUrl }) {
  const [[{ server_version: postgres }], [{ fsync }], [{ synchronous_commit: synchronousCommit }]] =
    await query(databaseUrl, ['SHOW server_version', 'SHOW fsync', 'SHOW synchronous_commit']);
  return {
    cpu: cpus()[0]?.model.trim(),
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    postgres: postgres.split(' ')[0],
    fsync,
    synchronousCommit,
    rabbitmq: await brokerVersion(rabbitmqUrl),
  };
}

/**
 * The broker says it in its first frame, before anybody has signed in.
 *
 * @param {string} url
 * @returns {Promise<string | undefined>}
 */
function brokerVersion(url) {
  const { hostname: host, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) || 5672, timeout: 2_000 });
    const answer = (/** @type {string | undefined} */ version) => {
      socket.destroy();
      resolve(version);
    };
    socket.once('connect', () => socket.write(Buffer.from([0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1])));
    socket.once('data', (bytes) =>
      answer(/versionS....(\d+\.\d+\.\d+)/s.exec(bytes.toString('latin1'))?.[1]),
    );
    for (const event of ['timeout', 'close', 'error']) socket.once(event, () => answer(undefined));
  });
}
