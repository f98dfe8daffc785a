import { Inject, Injectable } from '@nestjs/common';
import { isTransient } from '@scrm/database';
import { crashPoint, Drain, gauge, LOGGER, type Logger } from '@scrm/platform';
import { randomUUID } from 'node:crypto';
import { CloudApiClient, type SendOutcome } from '../cloud-api/cloud-api.client';
import { SenderSecrets } from '../sender/sender.secrets';
import { StreamPublisher } from '../stream/stream.publisher';
import { Batcher } from './batcher';
import { DispatchService, type AfterSend, type ClaimedMessage, type Settlement } from './dispatch.service';
import { PAIR_LIMIT, TokenBucket } from './rate-limit';

/** Conversations in which this process sends at the same time. */
const MAX_ACTIVE = 256;
/** Conversations of a number that are remembered; what waits beyond is hinted at again by the scheduler. */
const MAX_WAITING = 10_000;
/** Customers whose limits are remembered. */
const MAX_PAIRS = 50_000;

/** One number: what waits in it, and its limits. */
interface Lane {
  waiting: Set<string>;
  bucket: TokenBucket;
  notBefore: number;
  timer?: NodeJS.Timeout;
}

const dispatchWaiting = gauge(
  'message_outbound_waiting_conversations',
  'Conversations that wait for the dispatcher',
);

/**
 * Sends what is queued: in each conversation one message at a time and in order, side by side across conversations,
 * within Meta's limits for the number and for the customer. It holds only conversation ids; what is to be sent, and
 * what became of it, stands in the database.
 */
@Injectable()
export class Dispatcher {
  private readonly me = randomUUID();
  private readonly lanes = new Map<string, Lane>();
  private readonly active = new Set<string>();
  private readonly again = new Set<string>();
  /** Conversations that wait for the customer's limit, each with a timer. */
  private readonly resting = new Set<string>();
  private readonly pairs = new Map<string, TokenBucket>();
  private draining = false;
  private idle: (() => void)[] = [];

  private readonly claims = new Batcher<string, ClaimedMessage | null>((ids) =>
    this.results.claim(ids, this.me),
  );
  private readonly settlements = new Batcher<Settlement, AfterSend>((batch) => this.settle(batch));

  constructor(
    private readonly results: DispatchService,
    private readonly client: CloudApiClient,
    private readonly secrets: SenderSecrets,
    private readonly stream: StreamPublisher,
    @Inject(LOGGER) private readonly logger: Logger,
    drain: Drain,
  ) {
    drain.on('finish-work', 'dispatcher', () => this.drain());
  }

  wake(senderId: string, conversationIds: string[], messagesPerSecond: number) {
    if (this.draining) return;
    const lane = this.laneOf(senderId, messagesPerSecond);
    for (const id of conversationIds) {
      if (!this.resting.has(id) && lane.waiting.size < MAX_WAITING) lane.waiting.add(id);
    }
    this.pump(lane);
  }

  private pump(lane: Lane) {
    if (this.draining) return;
    for (const id of lane.waiting) {
      if (this.active.has(id)) {
        lane.waiting.delete(id);
        this.again.add(id);
        continue;
      }
      const wait = this.active.size >= MAX_ACTIVE ? 50 : this.waitFor(lane);
      if (wait > 0) {
        lane.timer ??= setTimeout(() => {
          delete lane.timer;
          this.pump(lane);
        }, wait);
        break;
      }
      lane.waiting.delete(id);
      this.active.add(id);
      void this.run(lane, id);
    }
    dispatchWaiting.set([...this.lanes.values()].reduce((n, l) => n + l.waiting.size, 0));
  }

  /** Takes a place in the number's limit; else says how long to wait. */
  private waitFor(lane: Lane): number {
    const now = Date.now();
    return lane.notBefore > now ? lane.notBefore - now : lane.bucket.take(now);
  }

  private async run(lane: Lane, conversationId: string) {
    try {
      const goOn = await this.sendNext(lane, conversationId);
      if (goOn) this.again.add(conversationId);
    } catch (err) {
      this.logger.warn({ err, conversation: conversationId }, 'dispatch failed: the scheduler tries again');
    } finally {
      this.active.delete(conversationId);
      if (this.again.delete(conversationId)) lane.waiting.add(conversationId);
      this.pump(lane);
      if (this.draining && this.active.size === 0) for (const resolve of this.idle.splice(0)) resolve();
    }
  }

  /** @returns whether there may be more to send at once */
  private async sendNext(lane: Lane, conversationId: string): Promise<boolean> {
    const pair = this.pairOf(conversationId);
    const wait = pair.take(Date.now());
    if (wait > 0) {
      lane.bucket.giveBack();
      this.rest(lane, conversationId, wait);
      return false;
    }
    const claim = await this.claims.add(conversationId);
    if (!claim) {
      lane.bucket.giveBack();
      pair.giveBack();
      return false;
    }
    crashPoint('dispatch.claimed');
    const outcome = await this.send(claim);
    crashPoint('dispatch.answered');
    this.logger.info(
      { traceId: claim.trace_id, message: claim.id, conversation: conversationId, outcome: outcome.kind },
      'message sent',
    );
    const after = await this.settlements.add({ claim, outcome });
    if (after.slowDownMs > 0) lane.notBefore = Math.max(lane.notBefore, Date.now() + after.slowDownMs);
    return after.goOn;
  }

  private async send(claim: ClaimedMessage): Promise<SendOutcome> {
    let accessToken: string;
    try {
      accessToken = await this.secrets.open(claim.access_token, {
        id: claim.sender_id,
        tenantId: claim.tenant_id,
      });
    } catch (err) {
      if (isTransient(err)) return { kind: 'not-sent', reason: 'the database is away' };
      this.logger.error({ err, sender: claim.sender_id }, 'an access token does not open');
      // Nothing left this process, and nothing of this number can: the same as a token that ended.
      const error = {
        code: 190,
        title: 'The access token in the database cannot be read: check SECRETS_KEY',
      };
      return { kind: 'rejected', error, retryAfterMs: null };
    }
    return this.client.send({
      phoneNumberId: claim.phone_number_id,
      accessToken,
      to: { waId: claim.wa_id, userId: claim.user_id, groupId: claim.group_id },
      message: { type: claim.type, [claim.type]: claim.content },
      replyTo: claim.reply_to,
      callbackData: claim.id,
    });
  }

  private rest(lane: Lane, conversationId: string, ms: number) {
    if (this.resting.has(conversationId)) return;
    this.resting.add(conversationId);
    setTimeout(() => {
      this.resting.delete(conversationId);
      lane.waiting.add(conversationId);
      this.pump(lane);
    }, ms).unref();
  }

  /**
   * What became of a send must not be forgotten: a database that is away is waited for, and one result that cannot be
   * stored does not take the others along.
   */
  private async settle(batch: Settlement[]): Promise<AfterSend[]> {
    for (let pause = 50; ; pause = Math.min(pause * 2, 2_000)) {
      try {
        const { changes, after } = await this.results.settle(batch);
        crashPoint('dispatch.settled');
        await this.stream.announce(changes);
        crashPoint('dispatch.published');
        return after;
      } catch (err) {
        if (!isTransient(err)) {
          if (batch.length === 1) throw err;
          return (await Promise.all(batch.map((one) => this.settle([one])))).flat();
        }
        this.logger.warn({ err, size: batch.length }, 'results of sends not stored: trying again');
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  private laneOf(senderId: string, messagesPerSecond: number): Lane {
    let lane = this.lanes.get(senderId);
    if (!lane) {
      // A little below Meta's own limit, and no burst beyond a tenth of a second of it.
      const rate = messagesPerSecond * 0.95;
      const bucket = new TokenBucket(rate, Math.max(1, rate / 10), Date.now());
      lane = { waiting: new Set(), bucket, notBefore: 0 };
      this.lanes.set(senderId, lane);
    }
    return lane;
  }

  private pairOf(conversationId: string): TokenBucket {
    const now = Date.now();
    let pair = this.pairs.get(conversationId);
    if (!pair) {
      if (this.pairs.size >= MAX_PAIRS) this.forgetPairs(now);
      pair = new TokenBucket(PAIR_LIMIT.perSecond, PAIR_LIMIT.burst, now);
      this.pairs.set(conversationId, pair);
    }
    return pair;
  }

  /** Those at rest say nothing that a new one would not; if that is not enough, the oldest go too. */
  private forgetPairs(now: number) {
    for (const [id, bucket] of this.pairs) if (bucket.isFull(now)) this.pairs.delete(id);
    for (const id of this.pairs.keys()) {
      if (this.pairs.size <= MAX_PAIRS / 2) break;
      this.pairs.delete(id);
    }
  }

  private async drain() {
    this.draining = true;
    for (const lane of this.lanes.values()) clearTimeout(lane.timer);
    if (this.active.size > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }
}
