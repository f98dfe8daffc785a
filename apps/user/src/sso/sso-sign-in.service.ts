import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { RpcRequest, SessionTokens, ssoSignInFinish, ssoSignInStart } from '@scrm/contracts';
import { actorOf, KeyVault, recordAudit } from '@scrm/database';
import { AppError, Drain, LOGGER, type Logger } from '@scrm/platform';
import { repeat } from '../repeat';
import { digest, newToken } from '../secret-token';
import { SessionService } from '../session/session.service';
import { SignInGuard } from '../sign-in/sign-in-guard';
import { ProviderClient, type Claims, type Provider } from './provider.client';
import { secretPlace } from './sso-connection.service';
import { SsoSettings } from './sso-settings';
import { findLinked, link, lockByEmail, SsoRepository, type ActiveConnection } from './sso.repository';

const GOOD_FOR_MINUTES = 10;

@Injectable()
export class SsoSignInService implements OnModuleInit {
  constructor(
    private readonly repository: SsoRepository,
    private readonly settings: SsoSettings,
    private readonly provider: ProviderClient,
    private readonly vault: KeyVault,
    private readonly guard: SignInGuard,
    private readonly sessions: SessionService,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly drain: Drain,
  ) {}

  onModuleInit() {
    const { drain, logger } = this;
    const work = () => this.repository.forgetExpired().then(() => false);
    repeat({ name: 'forget single sign-ons', everyMs: 60_000, work }, { drain, logger });
  }

  /** @throws AppError no_sso, invalid_request, not_found, sso_provider_unavailable, too_many_requests */
  async start({ email, tenantId, ip }: RpcRequest<typeof ssoSignInStart>) {
    this.settings.required();
    if ((email === undefined) === (tenantId === undefined))
      throw new AppError('invalid_request', 'Send an email or a tenantId.');
    const connection = tenantId
      ? await this.repository.findOfTenant(tenantId)
      : await this.findOfAgent(email!, ip ?? '');
    if (!connection) throw new AppError('not_found', 'There is no single sign-on for them: use a password.');
    const checks = { state: newToken(), nonce: newToken(), verifier: newToken() };
    const url = await this.provider.signInUrl(await this.open(connection), checks, email);
    const secret = newToken();
    const { issuer } = connection;
    const { nonce, verifier } = checks;
    const expiresAt = await this.repository.keep(
      {
        hash: digest(checks.state),
        tenantId: connection.tenantId,
        browserHash: digest(secret),
        issuer,
        nonce,
        verifier,
      },
      GOOD_FOR_MINUTES,
    );
    return { url, secret, expiresAt: expiresAt.toISOString() };
  }

  /** @throws AppError sso_over, sso_refused, sso_provider_unavailable */
  async finish(request: RpcRequest<typeof ssoSignInFinish>): Promise<SessionTokens> {
    const { state, code, secret, issuer, userAgent, ip } = request;
    const taken = await this.repository.take(digest(state));
    // Whoever sends somebody a link with a state and a code of their own does not have that browser's secret.
    if (!taken || !timingSafeEqual(taken.browserHash, digest(secret)))
      throw new AppError(
        'sso_over',
        'This sign-in was used, has expired, or began in another browser: start again.',
      );
    const connection = await this.repository.findOfTenant(taken.tenantId);
    if (connection?.issuer !== taken.issuer)
      throw new AppError('sso_over', 'Single sign-on was changed meanwhile: start again.');
    const { nonce, verifier } = taken;
    const provider = await this.open(connection);
    const claims = await this.provider.identify(provider, { code, issuer }, { state, nonce, verifier });
    const agentId = await this.admit(connection, claims);
    const tokens = await this.sessions.openFor(agentId, { userAgent, ip });
    if (!tokens) throw new AppError('sso_refused', 'This account can no longer sign in.');
    return tokens;
  }

  /** Which agent somebody is: the one they were linked to, or the one whose email they have. */
  private admit({ tenantId, issuer, domains }: ActiveConnection, claims: Claims): Promise<string> {
    const { subject, email, emailVerified } = claims;
    return this.repository.transaction(async (manager) => {
      const who = { tenantId, issuer, subject };
      const linked = await findLinked(manager, who);
      if (linked) return linked;
      if (!email || !emailVerified)
        throw new AppError('sso_refused', 'The identity provider has not verified your email.');
      if (!domains.includes(email.slice(email.lastIndexOf('@') + 1)))
        throw new AppError('sso_refused', 'Emails of your domain may not sign in to this business.');
      const agentId = await lockByEmail(manager, tenantId, email);
      if (!agentId)
        throw new AppError(
          'sso_refused',
          'Nobody with your email may sign in to this business: ask to be invited.',
        );
      if (!(await link(manager, agentId, who)))
        throw new AppError(
          'sso_refused',
          'Your email belongs to another account of the identity provider here: ask an administrator.',
        );
      await recordAudit(manager, {
        by: actorOf({ tenantId, agentId }),
        action: 'sso-identity.linked',
        target: { kind: 'agent', id: agentId },
        after: who,
      });
      return agentId;
    });
  }

  /** Asking for an email again and again gets slow. */
  private async findOfAgent(email: string, address: string): Promise<ActiveConnection | undefined> {
    let found: ActiveConnection | undefined;
    await this.guard.watch({ what: 'single-sign-on', account: email, address }, async () => {
      found = await this.repository.findOfAgent(email);
      return found !== undefined;
    });
    return found;
  }

  private async open({ tenantId, issuer, clientId, clientSecret }: ActiveConnection): Promise<Provider> {
    return { issuer, clientId, clientSecret: await this.vault.open(clientSecret, secretPlace(tenantId)) };
  }
}
