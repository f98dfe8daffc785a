const sso = 'apps/user/test/sso.it.ts';

/** Who signs in elsewhere is who they say. @type {import('../mutation.mjs').Mutation[]} */
export const SSO = [
  {
    name: 'a-state-of-any-browser',
    promise: 'a sign-in ends in the browser in which it began',
    file: 'apps/user/src/sso/sso-sign-in.service.ts',
    find: '!timingSafeEqual(taken.browserHash, digest(secret))',
    replace: 'digest(secret).length === 0',
    tests: [
      {
        file: sso,
        name: 'by a state that began in another browser, nor afterwards in that one',
      },
    ],
  },
  {
    name: 'an-email-that-nobody-verified',
    promise: 'an email counts where the provider has verified it',
    file: 'apps/user/src/sso/provider.client.ts',
    find: 'emailVerified: verified === true',
    replace: 'emailVerified: verified !== null',
    tests: [{ file: sso, name: 'whose email is not verified' }],
  },
  {
    name: 'passwords-beside-single-sign-on',
    promise: 'where single sign-on is enforced, passwords are good for admins only',
    file: 'apps/user/src/session/session.service.ts',
    find: 'if (credential.ssoOnly)',
    replace: 'if (Number(credential.ssoOnly) > 1)',
    tests: [{ file: sso, name: 'may be the only way in, but not for admins' }],
  },
  {
    name: 'providers-inside',
    promise: 'what admins type connects to nobody inside',
    file: 'apps/user/src/sso/provider.client.ts',
    find: 'lookup: publicLookup',
    replace: 'lookup: undefined',
    tests: [
      {
        file: 'apps/user/src/sso/provider.client.spec.ts',
        name: 'connects to nobody inside by a name that leads there',
      },
    ],
  },
  {
    name: 'anybody-names-the-provider',
    promise: 'nobody becomes an admin by way of single sign-on',
    file: 'apps/user/src/sso/sso-connection.service.ts',
    find: '    mustHold(principal, ROLE_GRANTS.admin, AS_ANYBODY);\n',
    replace: '',
    tests: [
      {
        file: sso,
        name: 'is set up by nobody who may do less than an admin, as the provider says who is one',
      },
    ],
  },
];
