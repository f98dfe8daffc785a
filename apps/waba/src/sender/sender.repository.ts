import { Injectable } from '@nestjs/common';
import type { senderList, SenderView } from '@scrm/contracts';
import { filtered, SortedList, type PlaceIn } from '@scrm/database';
import type { EntityManager } from 'typeorm';
import type { z } from 'zod';

export const SENDERS = new SortedList<'createdAt' | 'name', SenderView>({
  id: 's.id',
  idOf: ({ id }) => id,
  // As in the index: see the migration.
  orders: { createdAt: null, name: { column: 's.name COLLATE "und-x-icu"', value: ({ name }) => name } },
  byDefault: 'createdAt',
});

@Injectable()
export class SenderRepository {
  /** One more than `limit`. */
  page(
    manager: EntityManager,
    place: PlaceIn<'createdAt' | 'name'>,
    { status, q, limit }: Omit<z.output<typeof senderList.request>, 'cursor' | 'sort'>,
  ): Promise<SenderView[]> {
    const values: unknown[] = [];
    const { where, orderBy } = SENDERS.sql(place, values);
    const filters = filtered(values, [
      [status, (p) => `s.status = ${p}`],
      [q, (p) => `(strpos(lower(s.name), lower(${p})) > 0 OR strpos(s.display_phone_number, ${p}) > 0)`],
    ]);
    return manager.query<SenderView[]>(
      `SELECT s.id, s.name, s.display_phone_number AS "displayPhoneNumber", s.phone_number_id AS "phoneNumberId",
              s.default_team_id AS "defaultTeamId", s.status, s.paused_reason AS "pausedReason"
         FROM sender s WHERE ${where}${filters} ORDER BY ${orderBy} LIMIT ${limit + 1}`,
      values,
    );
  }
}
