/**
 * A real OpenID provider, in a process of its own: it is an ES module, and may be killed. It signs in whoever
 * `login_hint` names, without asking: an email, or `unverified:<email>`, or `<subject>=<email>`.
 */
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const { CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, CLAIMS_IN } = process.env;

const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

/** What it knows of somebody, by subject. */
const people = new Map();
/** @returns the subject */
function remember(hint) {
  const [, flag, subject, email] = /^(unverified:)?(?:([^=]+)=)?(.+)$/.exec(hint);
  const accountId = subject ?? `sub-${email}`;
  people.set(accountId, { email, email_verified: !flag });
  return accountId;
}

const provider = new Provider(issuer, {
  clients: [{ client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: [REDIRECT_URI] }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  conformIdTokenClaims: CLAIMS_IN === 'userinfo',
  pkce: { required: () => true },
  cookies: { keys: ['test'] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
  findAccount: (_context, accountId) => ({
    accountId,
    claims: () => ({ sub: accountId, ...people.get(accountId) }),
  }),
  loadExistingGrant: async ({ oidc }) => {
    const { clientId } = oidc.client;
    const grant = new oidc.provider.Grant({ clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope('openid email');
    await grant.save();
    return grant;
  },
});

const callback = provider.callback();
server.on('request', async (request, response) => {
  if (!request.url.startsWith('/interaction/')) return callback(request, response);
  const { params } = await provider.interactionDetails(request, response);
  await provider.interactionFinished(request, response, {
    login: { accountId: remember(params.login_hint) },
  });
});
process.stdout.write(`${issuer}\n`);
// It does not outlive a test that was killed.
process.stdin.resume().on('end', () => process.exit());
