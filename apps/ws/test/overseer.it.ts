import type { RunningService } from '@scrm/platform';
import { audience, principal } from './model/fixtures';
import { WsStack } from './support/ws-stack';

describe('a socket of somebody who only looks on', () => {
  let stack: WsStack;
  let pod: RunningService;

  beforeAll(async () => {
    stack = await WsStack.start();
    pod = await stack.pod();
  });
  afterEach(() => {
    stack.waba.streams.unwritable = false;
    stack.waba.streams.watchers.length = 0;
    stack.endSockets();
  });
  afterAll(() => stack.stop());

  it('is in the audit trail, once, and sees everything', async () => {
    const auditor = principal('auditor', 700);
    const socket = await stack.signIn(pod, auditor);
    expect(stack.waba.streams.watchers).toEqual([auditor.agentId]);
    await stack.waba.send(auditor.tenantId, { audience: audience(9, 701) });
    await socket.rendered([1]);
    socket.auth(stack.tokens.token(auditor));
    await socket.heard('ready', 2);
    expect(stack.waba.streams.watchers).toEqual([auditor.agentId]);
  });

  it('is not opened where that cannot be written down', async () => {
    stack.waba.streams.unwritable = true;
    const socket = await stack.open(pod);
    socket.auth(stack.tokens.token(principal('auditor', 702)));
    await socket.closedWith(1013);
  });

  it('is of nobody who answers', async () => {
    await stack.signIn(pod, principal('leader', 703, [1]));
    expect(stack.waba.streams.watchers).toEqual([]);
  });
});
