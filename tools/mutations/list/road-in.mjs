const bundles = 'apps/waba/test/bundles.it.ts';
const road = 'apps/waba/test/road-in.it.ts';
const waiting = 'apps/waba/test/waiting.it.ts';

/** From Meta's delivery to the commit. @type {import('../mutation.mjs').Mutation[]} */
export const ROAD_IN = [
  {
    name: 'delivery-kept-from-its-second-byte',
    promise: 'a delivery is kept as it came',
    file: 'apps/waba/src/webhook/webhook.repository.ts',
    find: 'let first = 1;',
    replace: 'let first = 2;',
    tests: [
      {
        file: 'apps/waba/test/redelivery.it.ts',
        name: 'are kept byte for byte, each its own, also where they go together',
      },
    ],
  },
  {
    name: 'lost-publication-sent-after-all',
    promise: 'what was called lost does not go out after all',
    file: 'libs/messaging/src/publisher.ts',
    find: 'this.gathered.length = 0;',
    replace: '',
    tests: [
      { file: 'libs/messaging/src/publisher.spec.ts', name: 'does not send after all what was called lost' },
    ],
  },
  {
    name: 'signature-not-checked',
    promise: 'only what Meta signed is taken',
    file: 'apps/waba/src/cloud-api/webhook-signature.ts',
    find: 'let signed = false;',
    replace: 'let signed = true;',
    tests: [
      {
        file: 'apps/waba/src/cloud-api/webhook-signature.spec.ts',
        name: 'breaks with any single byte of the body',
      },
    ],
  },
  {
    name: 'answered-before-confirm',
    promise: '200 means that the broker has it',
    file: 'apps/waba/src/webhook/webhook.receiver.ts',
    find: 'await this.publisher.publish(body, { trace });',
    replace: 'void this.publisher.publish(body, { trace }).catch(() => undefined);',
    tests: [{ file: waiting, name: "Meta's answer waits until the broker has the delivery" }],
  },
  {
    name: 'answered-before-every-part-is-confirmed',
    promise: '200 means that the broker has all of it',
    file: 'apps/waba/src/webhook/webhook.publisher.ts',
    find: 'await Promise.all([',
    replace: 'await Promise.race([',
    tests: [{ file: waiting, name: "Meta's answer waits until the broker has every part of the delivery" }],
  },
  {
    name: 'no-dedupe-constraint',
    promise: 'a delivery that comes again is stored once',
    file: 'apps/waba/src/db/migrations/1763800000000-initial.ts',
    find: 'CONSTRAINT message_key_pk PRIMARY KEY (sender_id, wamid)',
    replace: 'CONSTRAINT message_key_pk PRIMARY KEY (sender_id, wamid, message_id)',
    tests: [{ file: road, name: 'stores a delivery that comes a thousand times, fifty at once, once' }],
  },
  {
    name: 'no-conversation-lock-in',
    promise: 'one transaction at a time changes a conversation (messages of customers)',
    file: 'apps/waba/src/message/inbound.service.ts',
    find: ' FOR UPDATE OF v\n',
    replace: '\n',
    tests: [{ file: waiting, name: "a customer's message waits for whoever changes the conversation" }],
  },
  {
    name: 'no-conversation-lock-out',
    promise: 'one transaction at a time changes a conversation (everything else)',
    file: 'apps/waba/src/stream/timeline.ts',
    find: ' FOR UPDATE OF v`',
    replace: '`',
    tests: [{ file: waiting, name: "an agent's message waits for whoever changes the conversation" }],
  },
  {
    name: 'position-of-a-stale-head',
    promise: 'positions of a tenant are gapless and in the order of commits',
    file: 'apps/waba/src/stream/timeline.statement.ts',
    find: 'DO UPDATE SET head = s.head + excluded.head',
    replace:
      'DO UPDATE SET head = (SELECT x.head FROM stream x WHERE x.tenant_id = s.tenant_id) + excluded.head',
    tests: [{ file: waiting, name: "a message's position waits for whoever has the stream" }],
  },
  {
    name: 'acked-before-commit',
    promise: 'the broker forgets a delivery only when it is stored',
    file: 'apps/waba/src/webhook/webhook.consumer.ts',
    find: `const outcome = await this.work(jobs.map(parse));
      end({ outcome: 'ok' });`,
    replace: `void this.work(jobs.map(parse)).catch(() => undefined);
      const outcome = { settled: Promise.resolve() };
      end({ outcome: 'ok' });`,
    tests: [{ file: waiting, name: 'the ack of a delivery waits for its commit' }],
  },
  {
    name: 'acked-before-event-confirm',
    promise: 'the broker forgets a delivery only when it has its events',
    file: 'apps/waba/src/webhook/webhook.consumer.ts',
    find: `return { settled: this.tell(changes, stored) };`,
    replace: `void this.tell(changes, stored).catch(() => undefined);
    return { settled: Promise.resolve() };`,
    tests: [{ file: waiting, name: 'the ack of a delivery waits for the confirm of its events' }],
  },
  {
    name: 'attempts-counted-after-the-work',
    promise: 'a delivery that ends its worker again and again is put aside',
    file: 'apps/waba/src/webhook/webhook.consumer.ts',
    find: `if (!(await this.repository.beginFirstAttempts(keys))) return this.handleAlone(jobs);
    try {
      const outcome = await this.work(jobs.map(parse));`,
    replace: `try {
      const outcome = await this.work(jobs.map(parse));
      if (!(await this.repository.beginFirstAttempts(keys))) return this.handleAlone(jobs);`,
    tests: [
      { file: 'apps/waba/test/redelivery.it.ts', name: 'are counted before they are worked on' },
      { file: 'apps/waba/test/redelivery.it.ts', name: 'go alone when that ended their worker' },
    ],
  },
  {
    name: 'an-event-is-read-from-its-neighbour',
    promise: 'resume shows each event as it was told',
    file: 'apps/waba/src/stream/stored-event.ts',
    find: 'pieces.at(row.position - row.bundled_at - 1)!',
    replace: 'pieces.at(row.position - row.bundled_at)!',
    tests: [{ file: bundles, name: 'and read again from anywhere as it was told' }],
  },
  {
    name: 'a-bundle-is-sought-in-the-page',
    promise: 'resume begins and ends anywhere',
    file: 'apps/waba/src/stream/stored-event.ts',
    find: 'WHERE c.tenant_id = e.tenant_id AND c.position = e.bundled_at',
    replace: 'WHERE c.tenant_id = e.tenant_id AND c.position = e.bundled_at AND e.position = e.bundled_at',
    tests: [{ file: bundles, name: 'and read again from anywhere as it was told' }],
  },
  {
    name: 'a-bundle-of-another-tenant-is-taken-for-ours',
    promise: 'resume shows each event as it was told, to whom it was told',
    file: 'apps/waba/src/stream/stored-event.ts',
    find: 'OVER (PARTITION BY e.tenant_id ORDER BY e.position)',
    replace: 'OVER (ORDER BY e.tenant_id, e.position)',
    tests: [{ file: bundles, name: 'is told once more as it was' }],
  },
  {
    name: 'the-first-of-a-bundle-carries-it',
    promise: 'an event can be read for as long as it is kept',
    file: 'apps/waba/src/stream/stored-event.ts',
    find: 'const carrier = together.at(-1)!;',
    replace: 'const carrier = together[0]!;',
    tests: [{ file: bundles, name: 'stays readable when the events before it are forgotten' }],
  },
  {
    name: 'a-delivery-is-read-from-its-neighbour',
    promise: 'each delivery is kept byte for byte',
    file: 'apps/waba/src/webhook/webhook.repository.ts',
    find: 'unbundle(row.bodies)[row.place]!',
    replace: 'unbundle(row.bodies).at(row.place - 1)!',
    tests: [{ file: bundles, name: 'is kept byte for byte' }],
  },
  {
    name: 'a-bundle-is-forgotten-with-the-first-of-it',
    promise: 'a delivery can be replayed for as long as it is kept',
    file: 'apps/waba/src/maintenance/retention.service.ts',
    find: 'firstIdOf(days + 1)',
    replace: 'firstIdOf(days)',
    tests: [{ file: bundles, name: 'is forgotten a day after all that is in it' }],
  },
];
