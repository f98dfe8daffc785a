import { Injectable } from '@nestjs/common';
import { KeyVault } from '@scrm/database';
import type { EntityManager } from 'typeorm';
import { AppError } from '@scrm/platform';
import { SignInGuard, type Try } from '../sign-in/sign-in-guard';
import { MfaRepository, useUp, type Factor, type Match } from './mfa.repository';
import { recoveryHash } from './recovery-code';
import { stepOf } from './totp';

type Alongside = (manager: EntityManager) => Promise<void>;
interface Typed {
  code: string;
  ip?: string | undefined;
}

/** Looks at codes. Wrong ones are counted, apart from passwords: who knows the password still has to guess slowly. */
@Injectable()
export class SecondFactorService {
  constructor(
    private readonly repository: MfaRepository,
    private readonly vault: KeyVault,
    private readonly guard: SignInGuard,
  ) {}

  /**
   * @param also what else belongs to it: before the code is looked at, and in the transaction that uses it up, where an
   * error leaves the code good
   * @throws AppError invalid_code, too_many_requests
   */
  async use(
    agentId: string,
    { code, ip = '' }: Typed,
    { before, alongside }: { before?: () => Promise<void>; alongside?: Alongside } = {},
  ): Promise<void> {
    const isRight = await this.guard.watch(tryOf(agentId, ip), async () => {
      await before?.();
      const match = await this.match(agentId, code);
      return match !== null && (await this.useUp(agentId, match, alongside));
    });
    if (!isRight)
      throw new AppError('invalid_code', 'The code is wrong, or was used before: wait for the next one.');
  }

  /** The step of a code of a factor that does not count yet. @throws AppError invalid_code, too_many_requests */
  async stepFor(agentId: string, factor: Factor, { code, ip = '' }: Typed): Promise<number> {
    let step: number | null = null;
    await this.guard.watch(tryOf(agentId, ip), async () => {
      step = stepOf(await this.seedOf(factor), withoutSpaces(code));
      return step !== null;
    });
    if (step === null)
      throw new AppError('invalid_code', 'The code is wrong: look at the clock of your phone.');
    return step;
  }

  private useUp(agentId: string, match: Match, alongside?: Alongside) {
    return this.repository
      .inSystem(async (manager) => {
        await alongside?.(manager);
        if (await useUp(manager, agentId, match)) return true;
        throw new UsedBefore();
      })
      .catch((error: unknown) => {
        if (error instanceof UsedBefore) return false;
        throw error;
      });
  }

  private async match(agentId: string, code: string): Promise<Match | null> {
    const recovery = recoveryHash(code);
    if (recovery) return { recovery };
    const factor = await this.repository.factor(agentId);
    if (!factor?.isConfirmed) return null;
    const step = stepOf(await this.seedOf(factor), withoutSpaces(code));
    return step === null ? null : { step, totpId: factor.id };
  }

  private seedOf({ id, tenantId, seed }: Factor): Promise<string> {
    return this.vault.open(seed, seedPlace(tenantId, id));
  }
}

/** Rolls back what was done alongside. */
class UsedBefore extends Error {}

export const seedPlace = (tenantId: string, rowId: string) => ({ tenantId, column: 'mfa_totp.seed', rowId });

const tryOf = (account: string, address: string): Try => ({ what: 'second-factor', account, address });
const withoutSpaces = (code: string) => code.replace(/\s/g, '');
