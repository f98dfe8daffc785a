const batches = 'libs/messaging/test/batch-consumer.it.ts';
const besides = 'libs/messaging/test/batch-at-once.it.ts';
const pace = 'libs/messaging/test/batch-pace.it.ts';
const publisher = 'libs/messaging/test/publisher.it.ts';
const standstill = 'libs/messaging/test/standstill.it.ts';
const pool = 'libs/database/test/pool.it.ts';

/** Between services and broker, and between services and database. @type {import('../mutation.mjs').Mutation[]} */
export const DELIVERY = [
  {
    name: 'batch-acked-before-it-settled',
    promise: 'a batch is acked when it is settled',
    file: 'libs/messaging/src/batch-consumer.ts',
    find: 'outcome.settled.then(',
    replace: 'Promise.resolve().then(',
    tests: [
      { file: batches, name: 'hands out again exactly what was not acked when the connection was lost' },
    ],
  },
  {
    name: 'acks-more-than-the-head',
    promise: 'an ack speaks only for what is done',
    file: 'libs/messaging/src/partition.ts',
    find: 'while (this.fifo[0]?.done) head = this.fifo.shift();',
    replace: 'head = this.fifo.splice(this.fifo.indexOf(part), 1)[0];',
    tests: [
      {
        file: batches,
        name: 'works on the next batch while the last one waits for its confirms, and acks in order',
      },
    ],
  },
  {
    name: 'given-up-batch-is-acked-by-the-next',
    promise: 'what was given up comes again',
    file: 'libs/messaging/src/partition.ts',
    find: 'if (at >= 0) this.fifo.splice(at);',
    replace: 'if (at >= 0) this.fifo.splice(at, 1);',
    tests: [{ file: batches, name: 'acks nothing that came after a batch which it gave up' }],
  },
  {
    name: 'failed-batch-is-overtaken',
    promise: 'nothing overtakes a batch that failed',
    file: 'libs/messaging/src/batch-consumer.ts',
    find: 'await this.work(batch);',
    replace: 'void this.work(batch);',
    tests: [{ file: batches, name: 'tries a failing batch again in its place: nothing overtakes it' }],
  },
  {
    name: 'two-batches-of-one-queue-at-once',
    promise: 'each queue keeps its order, whatever is worked on beside it',
    file: 'libs/messaging/src/batch-consumer.ts',
    find: 'for (const partition of partitions) this.busy.add(partition);',
    replace: 'void partitions;',
    tests: [{ file: besides, name: 'works on batches of different queues, and never on two of one' }],
  },
  {
    name: 'unroutable-is-published',
    promise: 'published means that a queue has it',
    file: 'libs/messaging/src/publisher.ts',
    find: `this.returned.add(message.properties.messageId ?? '');`,
    replace: 'void message;',
    tests: [{ file: publisher, name: 'fails for what no queue takes, if that matters' }],
  },
  {
    name: 'a-batch-ends-within-a-bundle',
    promise: 'the broker forgets a delivery only when it is stored, with whatever it came together',
    file: 'libs/messaging/src/batch-consumer.ts',
    find: 'waiting[end]!.tag === waiting[end - 1]!.tag',
    replace: 'waiting[end]!.tag === undefined',
    tests: [
      { file: batches, name: 'parts what came as one message, in its order, and ends no batch within it' },
    ],
  },
  {
    name: 'confirmed-for-the-first-alone',
    promise: 'published means that the broker confirmed',
    file: 'libs/messaging/src/publisher.ts',
    find: 'for (const { id } of messages) this.settle(id, reason);',
    replace: 'messages.forEach(({ id }, n) => this.settle(id, n === 0 ? reason : undefined));',
    tests: [
      {
        file: 'libs/messaging/src/publisher.spec.ts',
        name: 'fails all of it where the broker refuses it, or no queue takes it',
      },
    ],
  },
  {
    name: 'a-stuck-channel-stays',
    promise: 'publishing goes on where one broker node hangs',
    file: 'libs/messaging/src/publisher.ts',
    find: 'this.kept.replaceIfSilent(now - CONFIRM_TIMEOUT_MS);',
    replace: 'void now;',
    tests: [
      {
        file: 'libs/messaging/src/publisher.spec.ts',
        name: 'takes a new channel where the old one confirms nothing for 5 s',
      },
    ],
  },
  {
    name: 'lost-confirm-is-published',
    promise: 'published means that the broker confirmed',
    file: 'libs/messaging/src/publisher.ts',
    find: `this.settle(id, 'lost');`,
    replace: 'this.settle(id);',
    tests: [
      {
        file: 'libs/messaging/src/publisher.spec.ts',
        name: 'fails what was not confirmed when its channel is gone, though no confirm ever comes back',
      },
    ],
  },
  {
    name: 'refused-is-published',
    promise: 'published means that the broker took it',
    file: 'libs/messaging/src/publisher.ts',
    find: `const reason = error ? 'refused' :`,
    replace: 'const reason = error ? undefined :',
    tests: [{ file: publisher, name: 'fails where the queue is full' }],
  },
  {
    name: 'rollback-is-a-commit',
    promise: 'a transaction that was rolled back does not pass for committed',
    file: 'libs/database/src/transaction.ts',
    find: `if (command !== 'COMMIT') throw new Error('the transaction was rolled back');`,
    replace: 'void command;',
    tests: [
      {
        file: 'libs/database/test/transaction.it.ts',
        name: 'does not pass for committed where a failure was swallowed',
      },
    ],
  },
  {
    name: 'judges-before-it-read',
    promise: 'a process that stood still calls nothing lost that came meanwhile',
    file: 'libs/platform/src/after-input.ts',
    find: 'void setImmediate(judge)',
    replace: 'judge()',
    tests: [
      { file: standstill, name: 'reads the answer that came meanwhile, though its patience is over' },
      { file: standstill, name: 'reads the confirms that came meanwhile' },
      { file: pool, name: 'read the answer that came while the process stood still' },
    ],
  },
  {
    name: 'no-patience-for-a-free-connection',
    promise: 'a burst of questions waits for its turn at the database',
    file: 'libs/database/src/data-source.ts',
    find: 'connectTimeoutMS: LIMITS.free,',
    replace: 'connectTimeoutMS: LIMITS.connect,',
    tests: [
      {
        file: pool,
        name: 'are waited for where others have all of them, longer than for one that is opened',
      },
    ],
  },
  {
    name: 'a-batch-waits-for-what-does-not-come',
    promise: 'what comes together is stored when all of it is here',
    file: 'libs/messaging/src/batch-consumer.ts',
    find: 'return Math.min(this.begunAt + this.pauseMs, quietAt);',
    replace: 'return this.begunAt + this.pauseMs;',
    tests: [{ file: pace, name: 'lets a batch begin when nothing more comes' }],
  },
  {
    name: 'a-batch-waits-for-a-silence',
    promise: 'nothing waits for ever because more and more comes',
    file: 'libs/messaging/src/batch-consumer.ts',
    find: 'return Math.min(this.begunAt + this.pauseMs, quietAt);',
    replace: 'return quietAt;',
    tests: [{ file: pace, name: 'lets no batch wait for ever because more and more comes' }],
  },
  {
    name: 'a-batch-waits-for-its-share',
    promise: 'nothing waits for the batch after the next where batches are quick',
    file: 'libs/messaging/src/batch-consumer.ts',
    find: 'const shared = this.behind || this.inHand > 0;',
    replace: 'const shared = true;',
    tests: [{ file: besides, name: 'takes from all queues where the one before was done in time' }],
  },
  {
    name: 'a-slow-batch-takes-all-queues',
    promise: 'a batch that takes long does not hold up all queues',
    file: 'libs/messaging/src/batch-consumer.ts',
    find: 'const shared = this.behind || this.inHand > 0;',
    replace: 'const shared = false;',
    tests: [
      { file: besides, name: 'leaves queues for the batch beside it where the one before took longer' },
    ],
  },
];
