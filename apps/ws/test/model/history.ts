import type { ConversationEvent } from '@scrm/contracts';
import type { Stream, StreamHead, StreamPage, StreamQuestion } from '../../src/realtime/stream.client';
import { TENANT } from './fixtures';

/** Small, so that every longer read has several pages. */
const PAGE = 3;

interface Question {
  ask: () => unknown;
  answer?: { value: unknown };
  resolve: (value: never) => void;
  reject: (error: Error) => void;
}

/**
 * The database of one tenant, behind RPC. A question is first answered (the database is read) and later delivered,
 * and the test decides when: what is committed in between is not in the answer.
 */
export class History implements Stream {
  epoch = 'epoch-1';
  readonly epochs = new Map<string, ConversationEvent[]>([['epoch-1', []]]);
  questions: Question[] = [];
  /** Questions so far, by kind. */
  readonly asked = { read: 0, heads: 0 };

  get events(): ConversationEvent[] {
    return this.epochs.get(this.epoch)!;
  }
  get head(): number {
    return this.events.length;
  }

  newEpoch() {
    this.epoch = `epoch-${this.epochs.size + 1}`;
    this.epochs.set(this.epoch, []);
  }

  read(question: StreamQuestion): Promise<StreamPage> {
    this.asked.read++;
    return this.queue(() => this.page(question));
  }

  heads(): Promise<StreamHead[]> {
    this.asked.heads++;
    return this.queue(() => [{ tenantId: TENANT, epoch: this.epoch, head: this.head }]);
  }

  /** The database is read for the n-th open question. */
  look(n = 0) {
    const question = this.questions[n];
    if (question && !question.answer) question.answer = { value: question.ask() };
  }

  /** The answer arrives, or an error in its place. */
  deliver(n = 0, failure?: Error) {
    const [question] = this.questions.splice(n, 1);
    if (!question) return;
    if (failure) question.reject(failure);
    else question.resolve((question.answer ?? { value: question.ask() }).value as never);
  }

  private page({ epoch, after, upTo = this.head, limit = PAGE }: StreamQuestion): StreamPage {
    const common = { epoch: this.epoch, head: this.head };
    if (epoch !== null && epoch !== this.epoch) return { ...common, reset: true, complete: true, events: [] };
    const end = Math.min(upTo, this.head, after + Math.min(limit, PAGE));
    const events = this.events.slice(after, end);
    return { ...common, reset: false, complete: end >= Math.min(upTo, this.head), events };
  }

  private queue<T>(ask: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.questions.push({ ask, resolve: resolve as Question['resolve'], reject });
    });
  }
}
