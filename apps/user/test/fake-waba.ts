import { handOverBegin, handOverGet, type RpcRequest, type RpcResponse } from '@scrm/contracts';
import { rpcServer } from '@scrm/messaging';
import { FakeService, type TestBroker } from '@scrm/testing';

type Begin = RpcRequest<typeof handOverBegin>;

/** What user needs of the waba service: it counts conversations, and hands them over. */
export class FakeWaba {
  /** Conversations of whoever is asked about. */
  open = 0;
  /** Whether hand-overs are through as soon as they begin. */
  quick = true;
  readonly begun: Begin[] = [];
  private readonly done = new Map<string, string>();

  private constructor(private readonly service: FakeService) {}

  static async start({ url, names }: TestBroker): Promise<FakeWaba> {
    const service = await FakeService.start(rpcServer({ url, names, service: 'waba' }));
    const waba = new FakeWaba(service);
    waba.come();
    return waba;
  }

  come() {
    this.service.on(handOverBegin, (command) => this.begin(command));
    this.service.on(handOverGet, ({ agentId }) => this.get(agentId));
  }

  /** Nothing is answered any more. */
  go() {
    this.service.silence(handOverBegin);
    this.service.silence(handOverGet);
  }

  finish(agentId: string) {
    this.done.set(agentId, new Date().toISOString());
    this.open = 0;
  }

  /** The newest of that agent. */
  last(agentId: string): Begin | undefined {
    return this.begun.findLast((command) => command.agentId === agentId);
  }

  stop() {
    return this.service.stop();
  }

  private begin(command: Begin): RpcResponse<typeof handOverBegin> {
    this.begun.push(command);
    this.done.delete(command.agentId);
    if (this.quick) this.finish(command.agentId);
    return {};
  }

  private get(agentId: string): RpcResponse<typeof handOverGet> {
    const version = this.last(agentId)?.version ?? null;
    return { open: this.open, assigned: this.open, version, doneAt: this.done.get(agentId) ?? null };
  }
}
