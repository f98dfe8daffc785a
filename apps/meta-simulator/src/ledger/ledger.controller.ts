import { Controller, Delete, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { parse } from '../control/parse';
import { type DeliveryEntry, LedgerStore, type SendEntry } from './ledger.store';

const pageSchema = z.strictObject({
  since: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(50_000).default(1000),
  to: z.string().optional(),
});

/** `since` is the last `seq` that was seen; `last` is the newest there is. */
@Controller('control/ledger')
export class LedgerController {
  constructor(private readonly ledger: LedgerStore) {}

  @Get('deliveries')
  deliveries(@Query() query: unknown): { last: number; data: DeliveryEntry[] } {
    const { since, limit } = parse(pageSchema, query);
    return this.ledger.listDeliveries(since, limit);
  }

  @Get('sends')
  sends(@Query() query: unknown): { last: number; data: SendEntry[] } {
    const { since, limit, to } = parse(pageSchema, query);
    return this.ledger.listSends(since, limit, to);
  }

  @Get('summary')
  summary(): Record<string, unknown> {
    return this.ledger.summary();
  }

  @Delete()
  clear(): { cleared: true } {
    this.ledger.clear();
    return { cleared: true };
  }
}
