import { Inject, Injectable } from '@nestjs/common';
import {
  presenceChanged,
  type AgentPresence,
  type OwnPresenceView,
  type Presence,
  type presenceReport,
  type Principal,
  type RpcRequest,
} from '@scrm/contracts';
import { MESSAGING_OPTIONS, Publisher, type MessagingOptions } from '@scrm/messaging';
import { LOGGER, type Logger } from '@scrm/platform';
import { presenceOf, PresenceRepository, type Change } from './presence.repository';

/** Who is there. The ws pods say whose sockets they have; the agents say what they want to be seen as. */
@Injectable()
export class PresenceService {
  constructor(
    private readonly repository: PresenceRepository,
    private readonly publisher: Publisher,
    @Inject(MESSAGING_OPTIONS) private readonly options: MessagingOptions,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async get({ tenantId, agentId }: Principal): Promise<OwnPresenceView> {
    const own = await this.repository.own(tenantId, agentId);
    return { status: own.chosen, presence: presenceOf(own) };
  }

  async set({ tenantId, agentId }: Principal, status: Presence): Promise<OwnPresenceView> {
    const own = await this.repository.choose(tenantId, agentId, status);
    const presence = presenceOf(own);
    if (own.changed) await this.announce([[tenantId, { id: agentId, presence }]]);
    return { status, presence };
  }

  async report(report: RpcRequest<typeof presenceReport>): Promise<void> {
    const came = await this.repository.report(report);
    await this.announce(seen(came).map((one) => [one.tenant_id, { id: one.agent_id, presence: one.chosen }]));
  }

  /** Ends what the pods that are gone held, and the time of those who have no socket. */
  async sweep(leaseS: number, graceS: number): Promise<void> {
    const gone = await this.repository.sweep(leaseS, graceS);
    await this.announce(seen(gone).map((one) => [one.tenant_id, { id: one.agent_id, presence: 'offline' }]));
  }

  /** After the commit; one message for each tenant. Where it is lost, the list of agents still says it. */
  private async announce(changes: [string, AgentPresence][]): Promise<void> {
    const byTenant = new Map<string, AgentPresence[]>();
    for (const [tenantId, agent] of changes) {
      const agents = byTenant.get(tenantId);
      if (agents) agents.push(agent);
      else byTenant.set(tenantId, [agent]);
    }
    await Promise.all(
      [...byTenant].map(async ([tenantId, agents]) => {
        const body = Buffer.from(JSON.stringify({ tenantId, agents }));
        const options = { type: presenceChanged.key, persistent: false };
        await this.publisher
          .publish(this.options.names.exchange.events, presenceChanged.key, body, options)
          .catch((err: unknown) => this.logger.warn({ err }, 'a change of presence was not announced'));
      }),
    );
  }
}

/** Nobody sees the others come or go. */
const seen = (changes: Change[]) => changes.filter(({ chosen }) => chosen !== 'offline');
