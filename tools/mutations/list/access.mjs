const revocation = 'apps/ws/test/revocation.it.ts';
const access = 'apps/user/test/access.it.ts';
const team = 'apps/user/test/team.it.ts';
const role = 'apps/user/test/role.it.ts';
const askedOfUser = { file: 'apps/user/test/access-matrix.it.ts', name: 'what people ask of user' };
const askedOfWaba = { file: 'apps/waba/test/access-matrix.it.ts', name: 'what people ask of waba' };
const feed = 'libs/messaging/test/revocation-feed.it.ts';

/** Whose access ended is out. @type {import('../mutation.mjs').Mutation[]} */
export const ACCESS = [
  {
    name: 'sockets-outlive-their-token',
    promise: 'a socket whose access ended is closed',
    file: 'apps/ws/src/socket/socket.gateway.ts',
    find: 'for (const session of this.sessions) session.recheck();',
    replace: '',
    tests: [
      { file: revocation, name: 'is closed with all of its business, where that is suspended' },
      { file: revocation, name: 'is closed by the list while the broker is away' },
    ],
  },
  {
    name: 'a-known-token-is-good',
    promise: 'an access token that ended is refused, also where it was checked before',
    file: 'libs/platform/src/tokens.ts',
    find: 'return this.admit(await this.principalOf(token));',
    replace: 'return this.principalOf(token);',
    tests: [{ file: access, name: 'end one by one: its tokens are refused at once, and everybody is told' }],
  },
  {
    name: 'no-list-of-ended-access',
    promise: 'who was signed out is out, also where the broker is away',
    file: 'libs/messaging/src/revocation-feed.ts',
    find: 'this.revocations.take(await this.options.read());',
    replace: 'this.revocations.take((await this.options.read()).slice(0, 0));',
    tests: [
      { file: feed, name: 'is by the list while the broker is away' },
      { file: feed, name: 'is by the list for what was said while the subscription was away' },
    ],
  },
  {
    name: 'admins-are-not-locked',
    promise: 'a tenant keeps an admin',
    file: 'apps/user/src/agent/agent.repository.ts',
    find: `status = 'active' ORDER BY id FOR UPDATE`,
    replace: `status = 'active' ORDER BY id`,
    tests: [
      {
        file: access,
        name: 'is not the last admin to go, though two of them take it from each other at the same moment',
      },
    ],
  },
  {
    name: 'a-new-role-and-the-old-tokens',
    promise: 'a change of rights ends the tokens from before',
    file: 'apps/user/src/agent/agent.service.ts',
    find: 'rights ? [await endAgentTokens(manager, agent.id)] : []',
    replace: '[]',
    tests: [{ file: access, name: 'has other rights at once: older tokens end, and the next one says them' }],
  },
  {
    name: 'out-of-the-team-and-the-old-tokens',
    promise: 'who leaves a team sees nothing more of it',
    file: 'apps/user/src/team/team-member.service.ts',
    find: 'const over = [await endAgentTokens(manager, agentId)];',
    replace: 'const over = [];',
    tests: [{ file: team, name: 'come and go: tokens from before end, and the next ones say the teams' }],
  },
  {
    name: 'no-team-and-the-old-tokens',
    promise: 'the members of a deleted team see nothing more of it',
    file: 'apps/user/src/team/team.service.ts',
    find: 'await endTokensOf(manager, members)',
    replace: '[]',
    tests: [{ file: team, name: 'are all out when it is deleted' }],
  },
  {
    name: 'a-role-changes-and-the-old-tokens',
    promise: 'what a role allows takes effect at once for all who have it',
    file: 'apps/user/src/role/role.service.ts',
    find: 'await endTokensOf(manager, await lockHolders(manager, roleId))',
    replace: '[]',
    tests: [
      {
        file: role,
        name: 'change at once for all who have them: their tokens end, and the next ones say so',
      },
    ],
  },
  {
    name: 'revoked-keys-go-on',
    promise: 'an API key that was revoked is refused, though its access token is at hand',
    file: 'apps/back/src/api-key/api-key.exchange.ts',
    find: "if (!(error instanceof AppError) || error.code !== 'unauthenticated') throw error;",
    replace: 'return { token, principal: {} as Principal };',
    tests: [
      {
        file: 'apps/back/src/api-key/api-key.spec.ts',
        name: 'is refused once the key is revoked, though its access token is at hand',
      },
    ],
  },
  {
    name: 'roles-beyond-their-maker',
    promise: 'nobody gives what they do not have',
    file: 'apps/user/src/role/rights.ts',
    find: 'if (!isWithin(grants, grantsOf(principal)))',
    replace: 'if (isWithin(grants, {}))',
    tests: [
      {
        file: role,
        name: 'does not change a role that allows more, nor gets the link of somebody who will have it',
      },
    ],
  },
  {
    name: 'links-for-whoever-sees-colleagues',
    promise: 'nobody gets somebody else’s invitation who may not invite',
    file: 'apps/user/src/invitation/invitation.rpc.ts',
    find: `@OnRpc(agentInvite, 'agent.invite')`,
    replace: `@OnRpc(agentInvite, 'agent.read')`,
    tests: [askedOfUser],
  },
  {
    name: 'readers-open-conversations',
    promise: 'who reads all changes nothing',
    file: 'apps/waba/src/conversation/conversation.rpc.ts',
    find: `@OnRpc(conversationOpen, 'message.send')`,
    replace: `@OnRpc(conversationOpen, 'conversation.read')`,
    tests: [askedOfWaba],
  },
];
