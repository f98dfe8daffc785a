import type { RpcContract, RpcRequest, RpcResponse } from '@scrm/contracts';
import { connect, type Channel, type ChannelModel, type ConsumeMessage, type Options } from 'amqplib';
import type { z } from 'zod';

type Contract = RpcContract<z.ZodType, z.ZodType>;

/** What `rpcServer` of the messaging library makes. */
interface Server {
  options?: { urls?: unknown[]; queue?: string; queueOptions?: Options.AssertQueue };
}

/** Answers on the broker in place of another service of ours, as a test says. What nobody told it to answer waits. */
export class FakeService {
  private readonly answers = new Map<string, { contract: Contract; answer: (request: never) => unknown }>();

  private constructor(
    private readonly connection: ChannelModel,
    private readonly channel: Channel,
  ) {}

  /** @param server the options with which that service itself would answer */
  static async start({ options }: Server): Promise<FakeService> {
    const { urls, queue, queueOptions } = options!;
    const connection = await connect(urls![0] as string);
    const channel = await connection.createChannel();
    await channel.assertQueue(queue!, queueOptions);
    const fake = new FakeService(connection, channel);
    await channel.consume(queue!, (message) => message && void fake.take(message), { noAck: true });
    return fake;
  }

  /** In place of an earlier answer. What it throws is told as our services tell their errors. */
  on<C extends Contract>(
    contract: C,
    answer: (request: RpcRequest<C>) => RpcResponse<C> | Promise<RpcResponse<C>>,
  ): void {
    this.answers.set(contract.key, { contract, answer });
  }

  /** From now on it says nothing to this, as one that is away. */
  silence(contract: Contract): void {
    this.answers.delete(contract.key);
  }

  async stop(): Promise<void> {
    await this.connection.close();
  }

  private async take({ content, properties: { replyTo, correlationId } }: ConsumeMessage) {
    const { pattern, data } = JSON.parse(content.toString()) as { pattern: string; data: unknown };
    const known = this.answers.get(pattern);
    if (!known) return;
    const told = await this.tell(known, data);
    const body = Buffer.from(JSON.stringify({ ...told, isDisposed: true, id: correlationId as string }));
    this.channel.sendToQueue(replyTo as string, body, { correlationId: correlationId as string });
  }

  private async tell(
    { contract, answer }: { contract: Contract; answer: (request: never) => unknown },
    data: unknown,
  ) {
    try {
      return { response: contract.response.parse(await answer(contract.request.parse(data) as never)) };
    } catch (error) {
      const {
        code = 'internal',
        message,
        errors,
      } = error as { code?: string; message: string; errors?: unknown };
      return { err: { code, message, errors } };
    }
  }
}
