import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { handOverBegin } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { Drain, gauge, LOGGER, type Logger } from '@scrm/platform';
import { repeat } from '../repeat';
import type { HandOver } from './hand-over.entity';
import { HandOverRepository } from './hand-over.repository';

const EVERY_MS = 2_000;
/** Who lets somebody go waits for this, too. */
const TIMEOUT_MS = 1_000;

const undelivered = gauge('user_hand_overs_undelivered', 'Hand-overs that the waba service has not heard of');

/** Tells `waba` who is out and who takes over, until it has heard. Twice does no harm. */
@Injectable()
export class HandOverRelay implements OnModuleInit {
  constructor(
    private readonly handOvers: HandOverRepository,
    private readonly rpc: RpcClient,
    private readonly drain: Drain,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit() {
    const { drain, logger } = this;
    repeat({ name: 'tell hand-overs', everyMs: EVERY_MS, work: () => this.tellAll() }, { drain, logger });
  }

  /** At once; where it does not get through now, it is tried again. */
  async tell(handOver: HandOver): Promise<void> {
    try {
      await this.deliver(handOver);
    } catch (err) {
      this.logger.warn({ err, agentId: handOver.agentId }, 'waba has not heard of a hand-over yet');
    }
  }

  /** @returns false: whatever waits by the end is looked for again after a while */
  private async tellAll(): Promise<boolean> {
    const waiting = await this.handOvers.undelivered();
    undelivered.set(waiting.length);
    for (const handOver of waiting) await this.deliver(handOver);
    return false;
  }

  private async deliver(handOver: HandOver) {
    const { tenantId, agentId, version, toAgentId, toAgentVersion, toTeamId } = handOver;
    const toAgent = toAgentId ? { id: toAgentId, version: toAgentVersion! } : null;
    const command = { tenantId, agentId, version, toAgent, toTeamId };
    await this.rpc.call(handOverBegin, command, { timeoutMs: TIMEOUT_MS });
    await this.handOvers.delivered(handOver);
  }
}
