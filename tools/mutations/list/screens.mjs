const property = {
  file: 'apps/ws/src/socket/follower.property.spec.ts',
  name: 'renders exactly what it may see, in order, once',
};
const follower = 'apps/ws/src/socket/follower.spec.ts';
const feed = 'apps/ws/src/realtime/tenant-feed.spec.ts';
const client = 'libs/api-client/src/realtime/realtime-client.spec.ts';

/** From the commit to the screens. @type {import('../mutation.mjs').Mutation[]} */
export const SCREENS = [
  {
    name: 'joins-after-it-read',
    promise: 'a client that resumes misses nothing',
    file: 'apps/ws/src/socket/follower.ts',
    find: `const turn = this.startKeeping(from);
    const read =
      from.position > head.position ? this.checkAhead(from, turn) : this.sendMissed(from, head, turn);
    const outcome = await read;`,
    replace: `const read =
      from.position > head.position
        ? this.checkAhead(from, this.turn)
        : this.sendMissed(from, head, this.turn);
    const outcome = await read;
    const turn = this.startKeeping(from);`,
    tests: [property],
  },
  {
    name: 'shows-again-what-another-pod-sent',
    promise: 'a client that resumes is sent nothing twice',
    file: 'apps/ws/src/socket/follower.ts',
    find: 'this.position = Math.max(from.position, this.feed.position);',
    replace: 'this.position = this.feed.position;',
    tests: [{ file: follower, name: 'drops what the client has already from another pod' }],
  },
  {
    name: 'resumes-without-eyes',
    promise: 'a client that resumes is sent what it may see only',
    file: 'apps/ws/src/socket/follower.ts',
    find: 'if (!sees(this, event)) continue;',
    replace: '',
    tests: [property],
  },
  {
    name: 'delivers-beyond-a-hole',
    promise: 'events come in the order of the stream',
    file: 'apps/ws/src/realtime/tenant-feed.ts',
    find: '} else if (place.position === this.position + 1 && this.mayPass(place)) {',
    replace: '} else if (this.mayPass(place)) {',
    tests: [{ file: feed, name: 'puts neighbours in order without asking anybody' }, property],
  },
  {
    name: 'holes-stay-open',
    promise: 'what the fanout lost is read from the history',
    file: 'apps/ws/src/realtime/tenant-feed.ts',
    find: `if (this.position === at && this.known > at) this.refill('hole');`,
    replace: 'if (this.position === at && this.known > at) return;',
    tests: [{ file: feed, name: 'reads a hole once that stays open, and only then' }],
  },
  {
    name: 'heads-not-compared',
    promise: 'what the fanout lost without a trace is found',
    file: 'apps/ws/src/realtime/feed-registry.ts',
    find: 'this.entries.get(tenantId)?.feed.compare(epoch, head, asked.get(tenantId) ?? 0);',
    replace: 'void [tenantId, epoch, head, asked];',
    tests: [
      {
        file: 'apps/ws/src/realtime/feed-registry.spec.ts',
        name: 'finds what the fanout lost without a trace',
      },
    ],
  },
  {
    name: 'no-refill-after-the-broker-was-away',
    promise: 'what came while the broker was away is read from the history',
    file: 'apps/ws/src/realtime/feed-registry.ts',
    find: `feed.refill('subscription')`,
    replace: 'undefined',
    tests: [
      {
        file: 'apps/ws/src/realtime/feed-registry.spec.ts',
        name: 'reads all feeds again, not in the same moment, when the subscription is back',
      },
    ],
  },
  {
    name: 'cursor-kept-before-it-is-shown',
    promise: 'the client shows again what it had not rendered',
    file: 'libs/api-client/src/realtime/realtime-client.ts',
    find: 'if (this.isNew(frame)) {',
    replace: `await this.remember(frame.cursor);
        if (this.isNew(frame)) {`,
    tests: [
      { file: client, name: 'moves the cursor only when the handlers are done, and runs them one by one' },
    ],
  },
  {
    name: 'reconnects-while-it-shows',
    promise: 'a client that comes back goes on after what it rendered',
    file: 'libs/api-client/src/realtime/realtime-client.ts',
    find: `await this.work;
    let token`,
    replace: 'let token',
    tests: [{ file: client, name: 'goes on after what was rendered, not after what was received' }],
  },
  {
    name: 'client-shows-twice',
    promise: 'the client shows nothing twice',
    file: 'libs/api-client/src/realtime/realtime-client.ts',
    find: 'if (seq <= (this.shown.get(conversationId) ?? 0)) return false;',
    replace: '',
    tests: [{ file: client, name: 'shows nothing twice' }],
  },
];
