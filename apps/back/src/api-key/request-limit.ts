import { Injectable } from '@nestjs/common';
import { apiKeyAllow, type ApiKeyAllowance, type Principal } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { AppError, counter } from '@scrm/platform';

/** Taken at a time, of what a key may do in a minute: what a pod takes and does not use is lost to the others. */
const SHARE = 0.1;
/** Taken as long as nobody said how many there are. */
const FIRST_ASKED = 10;
const TIMEOUT_MS = 1_000;
/** Without an answer requests pass for this long before it is asked again. */
const UNKNOWN_MS = 5_000;
const KEYS_KNOWN = 10_000;

const refused = counter('api_key_requests_refused_total', 'Requests beyond what an API key may make', [
  'exhausted',
]);

interface Budget {
  /** What was granted and not used yet. */
  left: number;
  /** By `Date.now()`, when the minute ends. */
  until: number;
  told: ApiKeyAllowance | undefined;
  asking: Promise<void> | undefined;
}

/** What a caller is told of its limit, in a window of a minute. */
export interface RequestQuota {
  limit: number;
  remaining: number;
  resetsIn: number;
}

/**
 * Holds API keys to their requests a minute, over all pods: each pod takes some of a key's minute at a time from the user
 * service. Where that does not answer, requests pass: better
 * without a limit for a while than without the API.
 */
@Injectable()
export class RequestLimit {
  private readonly budgets = new Map<string, Budget>();

  constructor(private readonly rpc: RpcClient) {}

  /** @returns undefined where nobody knows it @throws AppError too_many_requests */
  async take(principal: Principal): Promise<RequestQuota | undefined> {
    const budget = this.budgetOf(principal.agentId);
    if (Date.now() >= budget.until) Object.assign(budget, { left: 0, told: undefined });
    while (budget.left < 1 && budget.told?.granted !== 0)
      await (budget.asking ??= this.ask(principal, budget).finally(() => (budget.asking = undefined)));
    const { told } = budget;
    if (!told) return undefined;
    const resetsIn = Math.max(1, Math.ceil((budget.until - Date.now()) / 1_000));
    if (budget.left < 1) {
      const exhausted = told.exhausted ?? 'key';
      refused.inc({ exhausted });
      throw new AppError('too_many_requests', BEYOND[exhausted], undefined, resetsIn);
    }
    budget.left--;
    return { limit: told.limit, remaining: told.remaining + budget.left, resetsIn };
  }

  private async ask({ tenantId, agentId }: Principal, budget: Budget): Promise<void> {
    const wanted = budget.told ? Math.max(1, Math.round(budget.told.limit * SHARE)) : FIRST_ASKED;
    const request = { tenantId, apiKeyId: agentId, wanted };
    const next = await this.rpc.call(apiKeyAllow, request, { timeoutMs: TIMEOUT_MS }).then(
      (told) => ({ told, left: told.granted, until: Date.now() + told.resetsIn * 1_000 }),
      () => ({ told: undefined, left: Infinity, until: Date.now() + UNKNOWN_MS }),
    );
    Object.assign(budget, next);
  }

  private budgetOf(keyId: string): Budget {
    let budget = this.budgets.get(keyId);
    if (!budget) {
      if (this.budgets.size >= KEYS_KNOWN) this.budgets.delete(this.budgets.keys().next().value!);
      budget = { left: 0, until: 0, told: undefined, asking: undefined };
      this.budgets.set(keyId, budget);
    }
    return budget;
  }
}

const BEYOND = {
  key: 'This API key has made all the requests that it may make in this minute: wait as long as Retry-After says.',
  tenant: 'The API keys of your business have made all the requests that they may make in this minute: wait.',
};
