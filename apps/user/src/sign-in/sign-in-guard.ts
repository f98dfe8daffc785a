import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { AppError, Drain, LOGGER, type Logger } from '@scrm/platform';
import type { DataSource } from 'typeorm';
import { IDENTITY_SYSTEM_DB } from '../db/data-source';
import { digest } from '../secret-token';

/** So many wrong passwords for an account from an address cost nothing but their number. */
const FREE_TRIES = 5;
/** After so long without a try all is forgotten; no wait is longer. */
const WINDOW_S = 900;
const FORGET_EVERY_MS = 10 * 60_000;

/** A try to sign in, or the like: from where, and as whom. */
export interface Try {
  /** What is tried, where it is no password; each is counted by itself. */
  what?: 'password-reset' | 'second-factor' | 'single-sign-on';
  /** The email, or what else names who it is. */
  account: string;
  /** Empty where nobody knows. */
  address: string;
}

/** What the next try has to wait after so many wrong ones: 1, 2, 4 s and so on, up to the window. */
const WAIT = `least(${WINDOW_S}, power(2, least(a.failures, 40) - ${FREE_TRIES})) * interval '1 second'`;
const FORGOTTEN = `a.last_at < now() - interval '${WINDOW_S} seconds'`;

/**
 * Makes guessing slow without locking anybody out: what is counted is an account together with an address, so whoever
 * guesses from elsewhere does not hold up the owner. A try is counted before the password is looked at; so a thousand at
 * the same moment are no way around it, and cost no hashing.
 */
@Injectable()
export class SignInGuard implements OnModuleInit {
  /** Tries that the database is being asked about, by account and address. */
  private readonly asking = new Map<string, number>();

  constructor(
    @Inject(IDENTITY_SYSTEM_DB) private readonly db: DataSource,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly drain: Drain,
  ) {}

  onModuleInit() {
    const timer = setInterval(() => void this.forget(), FORGET_EVERY_MS).unref();
    this.drain.on('stop-intake', 'sign-in guard', async () => clearInterval(timer));
  }

  /** Counts the try as a wrong one. @throws AppError too_many_requests, with the seconds to wait */
  private async begin(attempt: Try): Promise<void> {
    const name = `${accountOf(attempt)} ${attempt.address}`;
    const asking = this.asking.get(name) ?? 0;
    // A flood for one account is refused here: it must not keep the database from answering others.
    if (asking >= FREE_TRIES) throw tooMany(1);
    this.asking.set(name, asking + 1);
    try {
      const wait = await this.count(keyOf(attempt));
      if (wait > 0) throw tooMany(wait);
    } finally {
      const left = this.asking.get(name)! - 1;
      if (left > 0) this.asking.set(name, left);
      else this.asking.delete(name);
    }
  }

  /**
   * Counts the try, and forgets it where the password is right. Where nobody looked at it, because too many sign in, it
   * was no try.
   *
   * @throws AppError too_many_requests
   */
  async watch(attempt: Try, look: () => Promise<boolean>): Promise<boolean> {
    await this.begin(attempt);
    const isRight = await look().catch(async (error: unknown) => {
      await this.takeBack(attempt);
      throw error;
    });
    if (isRight) await this.succeeded(attempt);
    return isRight;
  }

  /** The password was right: nothing is held against this address any more. */
  private async succeeded(attempt: Try): Promise<void> {
    await this.db.query('DELETE FROM sign_in_attempt WHERE account = $1 AND address = $2', keyOf(attempt));
  }

  /** Nobody looked at the password: it was no try. */
  private async takeBack(attempt: Try): Promise<void> {
    await this.db.query(
      'UPDATE sign_in_attempt SET failures = greatest(0, failures - 1) WHERE account = $1 AND address = $2',
      keyOf(attempt),
    );
  }

  /** @returns the seconds to wait; zero where the try may be made, and is counted */
  private async count(key: unknown[]): Promise<number> {
    const counted = await this.db.query<unknown[]>(
      `INSERT INTO sign_in_attempt AS a (account, address, failures, last_at) VALUES ($1, $2, 1, now())
       ON CONFLICT (account, address) DO UPDATE
          SET failures = CASE WHEN ${FORGOTTEN} THEN 1 ELSE a.failures + 1 END, last_at = now()
        WHERE ${FORGOTTEN} OR a.failures < ${FREE_TRIES} OR a.last_at + ${WAIT} <= now()
       RETURNING failures`,
      key,
    );
    if (counted.length > 0) return 0;
    const [row] = await this.db.query<{ seconds: number }[]>(
      `SELECT ceil(extract(epoch FROM a.last_at + ${WAIT} - now()))::int AS seconds
         FROM sign_in_attempt a WHERE account = $1 AND address = $2`,
      key,
    );
    return Math.max(1, row?.seconds ?? 1);
  }

  private async forget() {
    await this.db
      .query(`DELETE FROM sign_in_attempt a WHERE ${FORGOTTEN}`)
      .catch((err: unknown) => this.logger.warn({ err }, 'old sign-in attempts are still there'));
  }
}

const accountOf = ({ what, account }: Try) => (what ? `${what} ${account}` : account);
const keyOf = (attempt: Try) => [digest(accountOf(attempt)), attempt.address];

const tooMany = (seconds: number) =>
  new AppError('too_many_requests', `Too many tries: try again in ${seconds} s.`, undefined, seconds);
