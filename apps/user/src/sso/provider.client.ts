import { Inject, Injectable } from '@nestjs/common';
import { AppError, Drain, LOGGER, type Logger } from '@scrm/platform';
import { isIP } from 'node:net';
import * as oidc from 'openid-client';
import { Agent, fetch } from 'undici';
import { USER_CONFIG, type UserConfig } from '../config';
import { isPublicAddress, publicLookup } from './public-address';

/** Four questions (what it is, the code, its keys, the email) fit into the gateway's patience. */
const TIMEOUT_S = 3;
const LARGEST_ANSWER = 512 * 1024;
/** What a provider says of itself is asked anew after a while, and kept of so many. */
const KEPT_MS = 10 * 60_000;
const MOST_KEPT = 200;

export interface Provider {
  issuer: string;
  clientId: string;
  clientSecret: string;
}

/** What goes along with a sign-in, and has to come back. */
export interface Checks {
  state: string;
  nonce: string;
  verifier: string;
}

/** Who somebody is, in the words of the provider. */
export interface Claims {
  subject: string;
  email: string | null;
  emailVerified: boolean;
}

/** Asks identity providers. Their addresses are what administrators of tenants type, so it goes nowhere but outside. */
@Injectable()
export class ProviderClient {
  private readonly kept = new Map<string, { at: number; found: Promise<oidc.Configuration> }>();
  private readonly agent: Agent;

  constructor(
    @Inject(USER_CONFIG) private readonly config: UserConfig,
    @Inject(LOGGER) private readonly logger: Logger,
    drain: Drain,
  ) {
    this.agent = new Agent({
      connect: { timeout: TIMEOUT_S * 1_000, ...(!this.isOpen && { lookup: publicLookup }) },
      headersTimeout: TIMEOUT_S * 1_000,
      bodyTimeout: TIMEOUT_S * 1_000,
      maxResponseSize: LARGEST_ANSWER,
      connections: 4,
    });
    drain.on('close-connections', 'identity providers', () => this.agent.close());
  }

  /** Where the provider may send people back to. */
  get redirectUri(): string {
    return `${this.config.CONSOLE_URL?.replace(/\/+$/, '')}/sso/callback`;
  }

  /** What is wrong with an issuer; null where it may be asked. */
  issuerProblem(issuer: string): string | null {
    if (!URL.canParse(issuer)) return 'The issuer is no URL.';
    const url = new URL(issuer);
    const { hostname, username, password, search, hash } = url;
    if (!this.isWeb(url)) return 'The issuer must begin with https.';
    if (username || password || search || hash)
      return 'The issuer must have no user, password, query or fragment.';
    if (!this.isOpen && !mayBeAsked(hostname)) return 'The issuer is not in the internet.';
    return null;
  }

  /** @throws AppError sso_provider_unavailable */
  async signInUrl(provider: Provider, checks: Checks, loginHint: string | undefined): Promise<string> {
    const found = await this.find(provider);
    try {
      // Refuses what is not https: an address that is a script would run in the console.
      const url = oidc.buildAuthorizationUrl(found, {
        redirect_uri: this.redirectUri,
        scope: 'openid email',
        code_challenge: await oidc.calculatePKCECodeChallenge(checks.verifier),
        code_challenge_method: 'S256',
        state: checks.state,
        nonce: checks.nonce,
        ...(loginHint && { login_hint: loginHint }),
      });
      return url.href;
    } catch (error) {
      throw this.away(error, provider);
    }
  }

  /** @throws AppError sso_refused, sso_provider_unavailable */
  async identify(
    provider: Provider,
    { code, issuer }: { code: string; issuer: string | undefined },
    { state, nonce, verifier }: Checks,
  ): Promise<Claims> {
    const found = await this.find(provider);
    const answer = new URL(this.redirectUri);
    answer.search = new URLSearchParams({ code, state, ...(issuer && { iss: issuer }) }).toString();
    try {
      const tokens = await oidc.authorizationCodeGrant(found, answer, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      const { sub, ...told } = tokens.claims()!;
      // Some say the email only where they are asked for it.
      const { email, email_verified: verified } =
        told.email === undefined && found.serverMetadata().userinfo_endpoint
          ? await oidc.fetchUserInfo(found, tokens.access_token, sub)
          : told;
      return {
        subject: sub,
        email: typeof email === 'string' ? email.toLowerCase() : null,
        emailVerified: verified === true,
      };
    } catch (error) {
      throw this.problemOf(error, provider);
    }
  }

  private find(provider: Provider): Promise<oidc.Configuration> {
    const problem = this.issuerProblem(provider.issuer);
    if (problem) throw new AppError('sso_provider_unavailable', problem);
    const key = JSON.stringify(provider);
    const kept = this.kept.get(key);
    if (kept && Date.now() - kept.at < KEPT_MS) return kept.found;
    const found = this.discover(provider).catch((error: unknown) => {
      this.kept.delete(key);
      throw this.away(error, provider);
    });
    this.kept.delete(key);
    this.kept.set(key, { at: Date.now(), found });
    if (this.kept.size > MOST_KEPT) this.kept.delete(this.kept.keys().next().value!);
    return found;
  }

  private discover({ issuer, clientId, clientSecret }: Provider): Promise<oidc.Configuration> {
    const [basic, post] = [oidc.ClientSecretBasic(clientSecret), oidc.ClientSecretPost(clientSecret)];
    const authenticate: oidc.ClientAuth = (server, ...rest) => {
      const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
      return (methods.includes('client_secret_basic') ? basic : post)(server, ...rest);
    };
    return oidc.discovery(new URL(issuer), clientId, {}, authenticate, {
      timeout: TIMEOUT_S,
      [oidc.customFetch]: (url, options) => this.fetch(url, options),
      // Its tokens are signed, and that is looked at, though they come from it over TLS.
      execute: [oidc.enableNonRepudiationChecks, ...(this.isOpen ? [oidc.allowInsecureRequests] : [])],
    });
  }

  /** Also for the addresses that a provider names: it may name any. Redirects are not followed. */
  private async fetch(url: string, options: oidc.CustomFetchOptions): Promise<Response> {
    const to = new URL(url);
    if (!this.isWeb(to) || (!this.isOpen && !mayBeAsked(to.hostname)))
      throw new Error(`${to.origin} is not in the internet`);
    const asked = fetch(url, { ...options, redirect: 'manual', dispatcher: this.agent } as Parameters<
      typeof fetch
    >[1]);
    return (await asked) as unknown as Response;
  }

  private isWeb({ protocol }: URL): boolean {
    return protocol === 'https:' || (this.isOpen && protocol === 'http:');
  }

  /** In development and in tests a provider may be anywhere, and without TLS. */
  private get isOpen(): boolean {
    return this.config.NODE_ENV !== 'production';
  }

  private problemOf(error: unknown, provider: Provider): AppError {
    if (error instanceof AppError) return error;
    const { code, error: said, status } = error as { code?: string; error?: string; status?: number };
    if (status === 401 || said === 'invalid_client' || said === 'unauthorized_client')
      return new AppError(
        'sso_refused',
        'The identity provider does not take our client id and secret: an administrator has to check them.',
      );
    const isAnswer = said !== undefined || (code?.startsWith('OAUTH_') && !AWAY.has(code));
    if (!isAnswer) return this.away(error, provider);
    this.logger.warn(
      { err: error, issuer: provider.issuer },
      'the answer of an identity provider is refused',
    );
    return new AppError('sso_refused', 'The answer of the identity provider is not valid: start again.');
  }

  private away(error: unknown, { issuer }: Provider): AppError {
    if (error instanceof AppError) return error;
    this.logger.warn({ err: error, issuer }, 'an identity provider does not answer as it should');
    return new AppError(
      'sso_provider_unavailable',
      'The identity provider does not answer, or not as its issuer should: try again, or ask an administrator.',
    );
  }
}

/** No answer at all, or one that is none of the protocol. */
const AWAY = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
]);

/** A name is looked at when it is connected to; an address never is looked up. */
function mayBeAsked(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 || isPublicAddress(host);
}
