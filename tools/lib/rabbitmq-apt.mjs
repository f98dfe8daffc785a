/** Debian's rabbitmq-server, installed without letting it start a broker of its own. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { findServer } from './rabbitmq-node.mjs';
import { Problem } from './say.mjs';

/** What Debian's packages ask before they start a service; 101 forbids it. */
const POLICY = '/usr/sbin/policy-rc.d';
const APT = 'DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout=300';

export function canInstallByApt() {
  return existsSync('/usr/bin/apt-get') && asRoot() !== undefined;
}

/** @param {import('./processes.mjs').Processes} processes */
export async function installByApt(processes) {
  const log = processes.logOf('apt-get');
  await withLock(join(tmpdir(), 'scrm-apt-get.lock'), async () => {
    if (findServer()) return;
    const [command, ...args] = asRoot() ?? [];
    try {
      await processes.run({ name: 'apt-get', command, args: [...args, 'sh', '-c', script()], log });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      throw new Problem(
        `${error.message}: install rabbitmq-server yourself, start Docker, or set RABBITMQ_URL`,
      );
    }
  });
}

/** @returns {string[] | undefined} what to put before a command to run it as root */
function asRoot() {
  if (process.getuid?.() === 0) return ['env'];
  const { status } = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore', timeout: 10_000 });
  return status === 0 ? ['sudo', '-n'] : undefined;
}

/** The policy is ours only where there was none, and goes away whatever happens. */
function script() {
  return `set -e
if [ ! -e ${POLICY} ]; then
  trap 'rm -f ${POLICY}' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\\nexit 101\\n' > ${POLICY}
  chmod 755 ${POLICY}
fi
${APT} update
${APT} install --no-install-recommends rabbitmq-server
`;
}
