import { Injectable } from '@nestjs/common';
import type { templateList, TemplateView } from '@scrm/contracts';
import { filtered, SortedList, type PlaceIn, type Transaction } from '@scrm/database';
import type { EntityManager } from 'typeorm';
import type { z } from 'zod';
import type { KnownTemplate } from './template.rules';

export const TEMPLATES = new SortedList<'createdAt' | 'name', TemplateView>({
  id: 't.id',
  idOf: ({ id }) => id,
  // As in the index: see the migration.
  orders: { createdAt: null, name: { column: 't.name COLLATE "und-x-icu"', value: ({ name }) => name } },
  byDefault: 'createdAt',
});

@Injectable()
export class TemplateRepository {
  /** The template as the account of the conversation's number has it. */
  async ofConversation(
    tx: Transaction,
    conversationId: string,
    name: string,
    language: string,
  ): Promise<KnownTemplate | undefined> {
    const [template] = await tx.query<KnownTemplate>(
      `SELECT t.name, t.language, t.status, t.components
         FROM conversation v JOIN sender s ON s.id = v.sender_id
         JOIN template t ON t.waba_id = s.waba_id AND t.tenant_id = s.tenant_id
        WHERE v.id = $1 AND t.name = $2 AND t.language = $3`,
      [conversationId, name, language],
    );
    return template;
  }

  /** One more than `limit`. */
  page(
    manager: EntityManager,
    place: PlaceIn<'createdAt' | 'name'>,
    { status, language, category, q, limit }: Omit<z.output<typeof templateList.request>, 'cursor' | 'sort'>,
  ): Promise<TemplateView[]> {
    const values: unknown[] = [];
    const { where, orderBy } = TEMPLATES.sql(place, values);
    const filters = filtered(values, [
      [status, (p) => `t.status = ${p}`],
      [language, (p) => `t.language = ${p}`],
      [category, (p) => `t.category = ${p}`],
      [q, (p) => `strpos(lower(t.name), lower(${p})) > 0`],
    ]);
    return manager.query<TemplateView[]>(
      `SELECT t.id, t.name, t.language, t.category, t.status, t.components
         FROM template t WHERE ${where}${filters} ORDER BY ${orderBy} LIMIT ${limit + 1}`,
      values,
    );
  }
}
