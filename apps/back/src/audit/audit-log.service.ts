import { Injectable } from '@nestjs/common';
import {
  accessAuditExport,
  accessAuditList,
  inboxAuditList,
  type AuditEntryView,
  type AuditQuery,
} from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { decodePage, encodePage } from '@scrm/platform';

/** Whose trail an entry is in: each is numbered and chained for itself. */
export const TRAILS = ['user', 'waba'] as const;
type Trail = (typeof TRAILS)[number];
export type AuditLogEntry = AuditEntryView & { service: Trail };

export type AuditFilter = Partial<Pick<AuditQuery, 'actorId' | 'action' | 'targetId' | 'from' | 'to'>>;
/** Of each trail the number of the last entry that was shown; 0: none yet. */
type Places = Record<Trail, number>;

const CONTRACTS = { user: accessAuditList, waba: inboxAuditList };
const EXPORT_PAGE = 499;

/** The trails of all services as one. */
@Injectable()
export class AuditLogService {
  constructor(private readonly rpc: RpcClient) {}

  async page(
    token: string,
    { cursor, limit = 30, ...filter }: AuditFilter & { cursor?: string; limit?: number },
  ): Promise<{ items: AuditLogEntry[]; nextCursor: string | null }> {
    const [user, waba] = cursor ? decodePage(cursor, arePlaces) : [0, 0];
    const { items, places, more } = await this.read(token, filter, { user, waba }, limit);
    return { items, nextCursor: more ? encodePage(places.user, places.waba) : null };
  }

  /** Every entry as a line of JSON; the last line tells that it is whole, and where each trail's newest entry was. */
  async export(token: string, filter: AuditFilter): Promise<AsyncIterable<string>> {
    await this.rpc.call(accessAuditExport, filter, { token });
    return this.lines(token, filter);
  }

  private async *lines(token: string, filter: AuditFilter): AsyncGenerator<string> {
    const heads: Partial<Record<Trail, { seq: number; hash: string }>> = {};
    let places: Places = { user: 0, waba: 0 };
    let entries = 0;
    for (let more = true; more;) {
      const page = await this.read(token, filter, places, EXPORT_PAGE);
      for (const entry of page.items) heads[entry.service] ??= { seq: entry.seq, hash: entry.hash };
      entries += page.items.length;
      ({ places, more } = page);
      yield page.items.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    }
    yield `${JSON.stringify({ complete: true, entries, heads })}\n`;
  }

  /** The newest first, by their times; those of one trail in the order of their numbers. */
  private async read(token: string, filter: AuditFilter, from: Places, limit: number) {
    const pages = await Promise.all(
      TRAILS.map(async (service) => {
        const before = from[service] === 0 ? {} : { before: from[service] };
        const request = { ...filter, ...before, limit: limit + 1 };
        const { items } = await this.rpc.call(CONTRACTS[service], request, { token });
        return items.map((entry): AuditLogEntry => ({ service, ...entry }));
      }),
    );
    const places = { ...from };
    const items: AuditLogEntry[] = [];
    while (items.length < limit) {
      const next = pages.filter(({ length }) => length > 0).sort(([a], [b]) => (a!.at < b!.at ? 1 : -1))[0];
      if (!next) break;
      const entry = next.shift()!;
      places[entry.service] = entry.seq;
      items.push(entry);
    }
    return { items, places, more: pages.some(({ length }) => length > 0) };
  }
}

const arePlaces = (parts: unknown[]): parts is [number, number] =>
  parts.length === TRAILS.length &&
  parts.every((part) => Number.isSafeInteger(part) && (part as number) >= 0);
