import { CallHandler, ExecutionContext, HttpException, Injectable, NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import { from, mergeMap, type Observable } from 'rxjs';
import { GraphError } from '../graph/graph.error';
import type { GraphRequest } from '../graph/graph.request';
import { LedgerStore } from '../ledger/ledger.store';
import { messageTypeOf } from '../message/message.type';
import { type Fault, FaultStore } from './fault.store';

const never = (): Promise<never> => new Promise<never>(() => undefined);

/** Lets an injected fault strike before or after the real handler. */
@Injectable()
export class FaultInterceptor implements NestInterceptor {
  constructor(
    private readonly faults: FaultStore,
    private readonly ledger: LedgerStore,
  ) {}

  intercept(
    context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> | Promise<Observable<unknown>> {
    if (this.faults.list().length === 0) return next.handle();
    const req = context.switchToHttp().getRequest<GraphRequest>();
    const body = (req.body ?? {}) as Record<string, unknown>;
    const to = body.to ?? body.recipient;
    const fault = this.faults.take({
      phoneNumberId: req.params.id ?? '',
      path: req.url.split('?')[0] ?? '',
      ...(typeof to === 'string' ? { to } : {}),
      type: messageTypeOf(body),
    });
    if (!fault) return next.handle();
    return this.strike(fault, req, context.switchToHttp().getResponse<FastifyReply>(), next);
  }

  private async strike(
    fault: Fault,
    req: GraphRequest,
    reply: FastifyReply,
    next: CallHandler,
  ): Promise<Observable<unknown>> {
    if (fault.delayMs) await sleep(fault.delayMs);
    switch (fault.kind) {
      case 'delay':
        break;
      case 'statuses':
        req.faultEffect = { ...(fault.statuses ? { statuses: fault.statuses } : {}) };
        break;
      case 'error':
        if (!fault.async) throw this.refused(req, fault);
        req.faultEffect = {
          fail: { code: fault.code ?? 131000, ...(fault.details ? { details: fault.details } : {}) },
        };
        break;
      case 'http':
        this.note(req, `http-${fault.status ?? 500}`);
        if (fault.retryAfter !== undefined) void reply.header('retry-after', fault.retryAfter);
        void reply.status(fault.status ?? 500);
        return from([fault.body ?? 'Sorry, something went wrong.']);
      case 'reset-before':
        this.note(req, 'reset-before');
        req.raw.socket.resetAndDestroy();
        return from(never());
      case 'timeout':
        if (!fault.accepted) {
          this.note(req, 'timeout');
          this.faults.hang(req.raw.socket);
          return from(never());
        }
        req.faultEffect = { cut: 'hang' };
        break;
      case 'reset-after':
        req.faultEffect = { cut: 'reset' };
        break;
    }
    const cut = req.faultEffect?.cut;
    if (!cut) return next.handle();
    return next.handle().pipe(
      mergeMap(() => {
        if (cut === 'reset') req.raw.socket.resetAndDestroy();
        else this.faults.hang(req.raw.socket);
        return from(never());
      }),
    );
  }

  private refused(req: GraphRequest, fault: Fault): GraphError | HttpException {
    const code = fault.code ?? 131000;
    this.note(req, 'rejected', code);
    return new GraphError(code, fault.details ?? 'Injected by the simulator', {
      ...(fault.status === undefined ? {} : { http: fault.status }),
      ...(fault.retryAfter === undefined ? {} : { retryAfter: fault.retryAfter }),
    });
  }

  /** A send that never reaches its handler must still be seen in the ledger. */
  private note(req: GraphRequest, outcome: string, code?: number): void {
    if (!(req.url.split('?')[0] ?? '').endsWith('/messages')) return;
    this.ledger.send({ phoneNumberId: req.params.id, body: req.body, outcome, ...(code ? { code } : {}) });
  }
}
