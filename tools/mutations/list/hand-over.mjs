const moved = 'apps/waba/test/hand-over.it.ts';
const letGo = 'apps/user/test/hand-over.it.ts';

/** Nothing stays with one who is out. @type {import('../mutation.mjs').Mutation[]} */
export const HAND_OVER = [
  {
    name: 'assigned-to-anybody',
    promise: 'conversations are assigned to agents who are there and active, and to teams that are there',
    file: 'apps/waba/src/conversation/conversation.service.ts',
    find: 'await this.targets.check(principal.tenantId, request)',
    replace: 'null as Awaited<ReturnType<AssignmentTargets["check"]>>',
    tests: [
      {
        file: 'apps/waba/test/assign.it.ts',
        name: 'stays where it is while nobody can say who is there',
      },
    ],
  },
  {
    name: 'no-gate-for-assignments',
    promise: 'what is assigned to somebody in the moment in which they go does not stay with them',
    file: 'apps/waba/src/conversation/conversation.service.ts',
    find: 'if (agent && (await letGoSince(tx, agent))) throw notActive();',
    replace: '',
    tests: [{ file: moved, name: 'finds what is assigned to them in that very moment' }],
  },
  {
    name: 'gate-without-a-lock',
    promise: 'a hand-over finds what is assigned while it begins',
    file: 'apps/waba/src/hand-over/gate.ts',
    find: 'tx.send(`SELECT pg_advisory_xact_lock(${LOCK})`, [agentId]);',
    replace: 'void [tx, agentId];',
    tests: [{ file: moved, name: 'waits for an assignment that is nearly done, and finds it' }],
  },
  {
    name: 'hand-over-told-once',
    promise: 'a hand-over is told to waba until it has heard',
    file: 'apps/user/src/hand-over/hand-over.relay.ts',
    find: 'for (const handOver of waiting) await this.deliver(handOver);',
    replace: '',
    tests: [
      {
        file: letGo,
        name: 'one is let go where it is said who takes over; waba hears of it when it is back',
      },
    ],
  },
  {
    name: 'gone-with-open-conversations',
    promise: 'nobody goes whose open conversations nobody takes over',
    file: 'apps/user/src/agent/agent.service.ts',
    find: 'if (out && outlook.open > 0) needsHandOver(outlook.open);',
    replace: '',
    tests: [
      {
        file: letGo,
        name: 'is not let go before it is said who takes over, and all stays as it is',
      },
    ],
  },
];
