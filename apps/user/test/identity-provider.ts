import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

export const CLIENT = { clientId: 'waba-scrm', clientSecret: 'what-only-we-and-it-know' };
export const CONSOLE_URL = 'https://console.test';
const REDIRECT_URI = `${CONSOLE_URL}/sso/callback`;

export interface IdentityProvider {
  issuer: string;
  kill(): Promise<void>;
}

/** @param claimsIn where it says the email */
export async function startIdentityProvider(
  claimsIn: 'id-token' | 'userinfo' = 'id-token',
): Promise<IdentityProvider> {
  const child = spawn(process.execPath, [path.join(__dirname, 'oidc-provider.mjs')], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      CLIENT_ID: CLIENT.clientId,
      CLIENT_SECRET: CLIENT.clientSecret,
      REDIRECT_URI,
      CLAIMS_IN: claimsIn,
    },
  });
  const [issuer] = (await once(createInterface(child.stdout), 'line')) as [string];
  return {
    issuer,
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** Goes to the provider as a browser does, and comes back with what it answered. */
export async function visit(
  url: string,
  who?: string,
): Promise<{ code: string; state: string; issuer: string }> {
  const start = new URL(url);
  if (who) start.searchParams.set('login_hint', who);
  const cookies = new Map<string, string>();
  for (let next = start.href; ;) {
    if (next.startsWith(REDIRECT_URI)) {
      const { code, state, iss, error } = Object.fromEntries(new URL(next).searchParams);
      if (error || !code) throw new Error(`the provider answered ${next}`);
      return { code, state: state!, issuer: iss! };
    }
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(next, { redirect: 'manual', headers: { cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set)!;
      cookies.set(name!, value!);
    }
    const location = response.headers.get('location');
    if (!location) throw new Error(`${next} answered ${response.status} ${await response.text()}`);
    next = new URL(location, next).href;
  }
}
