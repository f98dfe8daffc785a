const road = 'apps/waba/test/road-out.it.ts';
const waiting = 'apps/waba/test/waiting.it.ts';
const maintenance = 'apps/waba/test/maintenance.it.ts';
const lost = { file: road, name: 'does not send again when the answer is lost' };
const early = { file: road, name: 'keeps a status that comes before its message is known' };

/** From the agent's request to the ticks. @type {import('../mutation.mjs').Mutation[]} */
export const ROAD_OUT = [
  {
    name: 'window-not-checked',
    promise: 'free text goes out within 24 hours only',
    file: 'apps/waba/src/message/message.service.ts',
    find: '(!expires || expires <= timeline.now)',
    replace: '!expires',
    tests: [{ file: road, name: 'refuses free text outside the 24-hour window, and takes a template' }],
  },
  {
    name: 'idempotency-key-ignored',
    promise: 'a repeated request is one message',
    file: 'apps/waba/src/message/message.service.ts',
    find: 'if (!isOurs) return { message: await this.earlier(tx, key), changes: [] };',
    replace: 'void isOurs;',
    tests: [{ file: road, name: 'gives the same message for the same Idempotency-Key, and sends it once' }],
  },
  {
    name: 'lost-answer-is-not-sent',
    promise: 'what may have reached Meta is not sent again (the client of Graph)',
    file: 'apps/waba/src/cloud-api/cloud-api.client.ts',
    find: `BEFORE_WRITING.has(reason) ? 'not-sent' : 'unknown'`,
    replace: `'not-sent'`,
    tests: [
      {
        file: 'apps/waba/src/cloud-api/cloud-api.client.spec.ts',
        name: 'is unknown where the connection breaks after it was read, and is not sent again',
      },
    ],
  },
  {
    name: 'unknown-is-sent-again',
    promise: 'what may have reached Meta is not sent again (the dispatcher)',
    file: 'apps/waba/src/message/dispatch.service.ts',
    find: `return done('unknown', {`,
    replace: `return done('queued', {`,
    tests: [lost],
  },
  {
    name: 'claim-of-the-dead-is-sent-again',
    promise: 'what may have reached Meta is not sent again (its sender died)',
    file: 'apps/waba/src/maintenance/overdue.service.ts',
    find: `message.status = 'unknown';`,
    replace: `message.status = 'queued';`,
    tests: [{ file: maintenance, name: 'calls a send unknown whose process died, sends it never again' }],
  },
  {
    name: 'overtakes-what-is-on-its-way',
    promise: 'the messages of a conversation reach Meta in order',
    file: 'apps/waba/src/message/dispatch.service.ts',
    find: `status IN ('queued', 'sending')\n     ORDER BY conversation_id, seq`,
    replace: `status = 'queued'\n     ORDER BY conversation_id, seq`,
    tests: [{ file: waiting, name: 'a message waits for the older one that is on its way' }],
  },
  {
    name: 'claimed-by-two-processes',
    promise: 'a message is sent by one process only',
    file: 'apps/waba/src/message/dispatch.service.ts',
    find: `AND m.status = 'queued' AND (m.next_attempt_at`,
    replace: 'AND (m.next_attempt_at',
    tests: [{ file: waiting, name: 'a claimant waits for another one, and gets nothing' }],
  },
  {
    name: 'claimed-twice-in-one-question',
    promise: 'a message is sent by one holder only',
    file: 'apps/waba/src/message/dispatch.service.ts',
    find: 'byConversation.delete(id);',
    replace: '',
    tests: [{ file: waiting, name: 'a conversation that is asked for twice at once gives its message once' }],
  },
  {
    name: 'status-goes-back',
    promise: 'a status only moves forward',
    file: 'apps/waba/src/message/status.ts',
    find: 'return RANK[reported as MessageStatus] > RANK[current] ? (reported as MessageStatus) : current;',
    replace: 'return reported as MessageStatus;',
    tests: [{ file: 'apps/waba/src/message/status.spec.ts', name: 'never goes back' }],
  },
  {
    name: 'early-status-dropped',
    promise: 'a status that comes before its message is known is kept',
    file: 'apps/waba/src/message/status.service.ts',
    find: 'else parked.push(status);',
    replace: '',
    tests: [early],
  },
  {
    name: 'parked-status-never-applied',
    promise: 'a status that was kept is applied',
    file: 'apps/waba/src/maintenance/overdue.service.ts',
    find: 'if (parked.length === 0) return [];',
    replace: 'if (parked.length >= 0) return [];',
    tests: [early],
  },
];
