import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { newToken } from '../secret-token';
import { BoundedWork } from './bounded-work';

/** Argon2id (the library's default) with 19 MiB: some tens of milliseconds of a core for each guess. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Each takes a core and 19 MiB: more at a time would starve everything else, and wait just as long. */
const LIMITS = { atOnce: 2, waiting: 16 };

export const hashPassword = (password: string): Promise<string> => hash(password, COST);

@Injectable()
export class PasswordService {
  private readonly work = new BoundedWork(LIMITS);
  private readonly nobodys = hashPassword(newToken());

  /**
   * Takes the same time where nobody has such an account (`known` is undefined), so that a stranger cannot learn
   * who has one.
   *
   * @throws AppError too_many_requests
   */
  matches(password: string, known: string | undefined): Promise<boolean> {
    return this.work.run(async () => {
      const matches = await verify(known ?? (await this.nobodys), password);
      return matches && known !== undefined;
    });
  }

  /** @throws AppError too_many_requests */
  hash(password: string): Promise<string> {
    return this.work.run(() => hashPassword(password));
  }
}
