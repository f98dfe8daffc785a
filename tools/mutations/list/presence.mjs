const user = 'apps/user/test/presence.it.ts';
const ws = 'apps/ws/test/presence.it.ts';
const repository = 'apps/user/src/presence/presence.repository.ts';

/** Who is there is told, and who is not is not. @type {import('../mutation.mjs').Mutation[]} */
export const PRESENCE = [
  {
    name: 'a-restart-sends-all-away',
    promise: 'a restart of user makes nobody offline whom it could not have heard',
    file: 'apps/user/src/presence/presence.sweeper.ts',
    find: 'performance.now() - this.listeningSince < leaseS * 1000',
    replace: 'leaseS < 0',
    tests: [{ file: user, name: 'outlives a restart of user, which forgets only whom it could have heard' }],
  },
  {
    name: 'killed-pods-hold-their-agents',
    promise: 'whose pod was killed is offline some time after',
    file: repository,
    find: 'await manager.query(LAPSED, [leaseS]);',
    replace: '',
    tests: [{ file: user, name: 'stays where the last socket is, whichever pod goes' }],
  },
  {
    name: 'offline-with-a-socket-elsewhere',
    promise: 'who has a socket on another pod stays online',
    file: repository,
    find: ' AND NOT EXISTS (SELECT FROM agent_socket s WHERE s.agent_id = p.agent_id)',
    replace: '',
    tests: [{ file: user, name: 'stays where the last socket is, whichever pod goes' }],
  },
  {
    name: 'offline-between-two-pods',
    promise: 'who has no socket for a moment stays online',
    file: repository,
    find: `left_at < now() - $1 * interval '1 second' RETURNING`,
    replace: 'left_at IS NOT NULL AND $1::float8 > 0 RETURNING',
    tests: [
      {
        file: user,
        name: 'is online with the first socket, and offline some time after the last one',
      },
    ],
  },
  {
    name: 'a-row-for-each-agent-and-report',
    promise: 'ten thousand agents who stay cost one row a pod and report',
    file: repository,
    find: 'p.agent_id = s.agent_id AND p.left_at IS NOT NULL',
    replace: 'p.agent_id = s.agent_id',
    tests: [{ file: user, name: 'costs one row a report, where nobody came or went' }],
  },
  {
    name: 'presence-for-everybody',
    promise: 'a business hears of its own agents only',
    file: 'apps/ws/src/presence/presence.consumer.ts',
    find: 'agents }), tenantId);',
    replace: 'agents }), tenantId.slice(0, 0) || undefined);',
    tests: [{ file: ws, name: 'is told to the sockets of the business, on every pod, and to no others' }],
  },
];
