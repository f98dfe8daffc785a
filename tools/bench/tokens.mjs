/** Access tokens of agents, as their screens keep them: renewed before they end. */
import { setTimeout as sleep } from 'node:timers/promises';

/** A token that ends sooner than this is traded for a new one. */
const RENEW_BEFORE_MS = 180_000;
const REQUEST_TIMEOUT_MS = 10_000;

export class Agent {
  /** @type {{ accessToken: string, refreshToken: string, endsAt: number } | undefined} */
  #session;
  /** @type {Promise<string> | undefined} */
  #asking;
  #back;
  #login;
  #closed = false;

  /**
   * @param {string} back
   * @param {{ email: string, password: string, role: string, teams: string[] }} login
   */
  constructor(back, login) {
    this.#back = back;
    this.#login = login;
    this.email = login.email;
    this.role = login.role;
    this.teams = login.teams;
  }

  /** A token that is good for minutes yet. Waits as long as the gateway is away. @returns {Promise<string>} */
  token() {
    const session = this.#session;
    if (session && session.endsAt - Date.now() > RENEW_BEFORE_MS) return Promise.resolve(session.accessToken);
    return (this.#asking ??= this.#ask().finally(() => (this.#asking = undefined)));
  }

  /** New conversations are nobody's: their team sees them, and an admin. @param {string} team */
  sees(team) {
    return this.role === 'admin' || this.teams.includes(team);
  }

  close() {
    this.#closed = true;
  }

  async #ask() {
    for (let pause = 100; !this.#closed; pause = Math.min(pause * 2, 1_000)) {
      const session = await this.#tryOnce();
      if (session) return (this.#session = session).accessToken;
      await sleep(pause);
    }
    throw new Error('the agent has gone');
  }

  async #tryOnce() {
    const refreshToken = this.#session?.refreshToken;
    const { email, password } = this.#login;
    try {
      const response = await fetch(`${this.#back}/api/v1/auth/${refreshToken ? 'refresh' : 'login'}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(refreshToken ? { refreshToken } : { email, password }),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      const body = await response.json();
      if (!response.ok) {
        // One that was traded while the answer got lost is worth nothing any more: sign in again.
        if (response.status === 401 && refreshToken) this.#session = undefined;
        else if (response.status < 500 && response.status !== 429)
          throw Object.assign(new Error(`${email} may not sign in: ${JSON.stringify(body)}`), {
            fatal: true,
          });
        return undefined;
      }
      return { ...body, endsAt: Date.now() + body.expiresIn * 1000 };
    } catch (error) {
      if (error.fatal) throw error;
      return undefined;
    }
  }
}

/** The floor has no accounts: a screen says which business numbers it watches. */
export class FloorAgent {
  #numbers;

  /**
   * @param {{ email: string, role: string, teams: string[] }} login
   * @param {{ team: string, phoneNumberId: string }[]} senders
   */
  constructor({ email, role, teams }, senders) {
    this.email = email;
    this.role = role;
    this.teams = teams;
    this.#numbers = senders.filter(({ team }) => this.sees(team)).map((sender) => sender.phoneNumberId);
  }

  token() {
    return Promise.resolve(this.#numbers.join(','));
  }

  /** @param {string} team */
  sees(team) {
    return this.role === 'admin' || this.teams.includes(team);
  }

  close() {}
}
