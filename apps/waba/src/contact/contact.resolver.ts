import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { CustomerRef } from '../cloud-api/webhook-parser';

/** A customer who is talked with from a number. */
export interface Pair {
  tenantId: string;
  senderId: string;
  /** Where a conversation goes that does not exist yet. */
  defaultTeamId: string | null;
  customer: CustomerRef;
}

interface Found {
  contact_id: string | null;
  conversation_id: string | null;
  profile_name: string | null;
  username: string | null;
  wa_id: string | null;
  user_id: string | null;
  parent_user_id: string | null;
}

/**
 * Who it is: the group, else the user id, else the phone number. A phone number whose contact is known to be somebody
 * else (another user id) does not count: numbers move on to other people.
 */
const FIND = `
  SELECT k.contact_id, k.profile_name, k.username, k.wa_id, k.user_id, k.parent_user_id, v.id AS conversation_id
    FROM jsonb_to_recordset($1) AS i(n int, tenant_id uuid, sender_id uuid, group_id text, user_id text, wa_id text)
    LEFT JOIN LATERAL (
      (SELECT 1 AS rank, c.id AS contact_id, c.profile_name, c.username, c.wa_id, c.user_id, c.parent_user_id
         FROM contact c WHERE c.tenant_id = i.tenant_id AND c.group_id = i.group_id)
      UNION ALL
      (SELECT 2, c.id, c.profile_name, c.username, c.wa_id, c.user_id, c.parent_user_id
         FROM contact c WHERE c.tenant_id = i.tenant_id AND c.user_id = i.user_id)
      UNION ALL
      (SELECT 3, c.id, c.profile_name, c.username, c.wa_id, c.user_id, c.parent_user_id
         FROM contact c WHERE c.tenant_id = i.tenant_id AND c.wa_id = i.wa_id
          AND (c.user_id IS NULL OR i.user_id IS NULL OR c.user_id = i.user_id))
      ORDER BY rank LIMIT 1
    ) k ON true
    LEFT JOIN conversation v ON v.sender_id = i.sender_id AND v.contact_id = k.contact_id
   ORDER BY i.n`;

/** The contact and the conversation of each customer, made where they are missing. */
@Injectable()
export class ContactResolver {
  /** @returns the conversation of each pair, in their order */
  async conversationsOf(manager: EntityManager, pairs: Pair[]): Promise<string[]> {
    if (pairs.length === 0) return [];
    const input = JSON.stringify(pairs.map((pair, n) => ({ n, ...toRow(pair) })));
    let found = await manager.query<Found[]>(FIND, [input]);
    if (found.some((f) => !f.contact_id)) {
      await this.createContacts(
        manager,
        pairs.filter((_, i) => !found[i]!.contact_id),
      );
      found = await manager.query<Found[]>(FIND, [input]);
    }
    if (found.some((f) => !f.conversation_id)) {
      await this.createConversations(manager, pairs, found);
      found = await manager.query<Found[]>(FIND, [input]);
    }
    await this.learn(manager, pairs, found);
    return found.map((f) => {
      if (!f.conversation_id) throw new Error('a conversation could not be made');
      return f.conversation_id;
    });
  }

  private async createContacts(manager: EntityManager, pairs: Pair[]) {
    await this.freeNumbers(manager, pairs.map(toRow));
    await manager.query(
      `INSERT INTO contact (id, tenant_id, profile_name, username, wa_id, user_id, parent_user_id, group_id)
       SELECT id, tenant_id, profile_name, username, wa_id, user_id, parent_user_id, group_id
         FROM jsonb_populate_recordset(null::contact, $1)
        ORDER BY tenant_id, group_id, user_id, wa_id
       ON CONFLICT DO NOTHING`,
      [JSON.stringify(pairs.map((p) => ({ id: uuidv7(), ...toRow(p) })))],
    );
  }

  /** A number that moved to another person leaves the one who had it. */
  private async freeNumbers(manager: EntityManager, rows: object[]) {
    await manager.query(
      `UPDATE contact c SET wa_id = NULL, updated_at = now()
         FROM jsonb_to_recordset($1) AS i(tenant_id uuid, wa_id text, user_id text)
        WHERE c.tenant_id = i.tenant_id AND c.wa_id = i.wa_id AND i.user_id IS NOT NULL AND c.user_id <> i.user_id`,
      [JSON.stringify(rows)],
    );
  }

  private async createConversations(manager: EntityManager, pairs: Pair[], found: Found[]) {
    const rows = pairs.flatMap(({ tenantId, senderId, defaultTeamId }, i) =>
      found[i]!.conversation_id
        ? []
        : [
            {
              id: uuidv7(),
              tenant_id: tenantId,
              sender_id: senderId,
              contact_id: found[i]!.contact_id,
              team_id: defaultTeamId,
            },
          ],
    );
    await manager.query(
      `INSERT INTO conversation (id, tenant_id, sender_id, contact_id, team_id)
       SELECT id, tenant_id, sender_id, contact_id, team_id FROM jsonb_populate_recordset(null::conversation, $1)
        ORDER BY sender_id, contact_id
       ON CONFLICT DO NOTHING`,
      [JSON.stringify(rows)],
    );
  }

  /** What this delivery says of a contact and we did not know: a new name, a first user id, a phone number. */
  private async learn(manager: EntityManager, pairs: Pair[], found: Found[]) {
    const news = new Map<string, object>();
    pairs.forEach(({ customer: c }, i) => {
      const f = found[i]!;
      const learned =
        (c.profileName && c.profileName !== f.profile_name) ||
        (c.username && c.username !== f.username) ||
        (c.userId && !f.user_id) ||
        (c.waId && c.waId !== f.wa_id && (!f.wa_id || (c.userId !== null && c.userId === f.user_id))) ||
        (c.parentUserId && c.parentUserId !== f.parent_user_id);
      if (learned && f.contact_id) {
        const known = Object.entries(toRow(pairs[i]!)).filter(([, value]) => value !== null);
        news.set(f.contact_id, { ...news.get(f.contact_id), id: f.contact_id, ...Object.fromEntries(known) });
      }
    });
    if (news.size === 0) return;
    const rows = [...news.values()].sort((a, b) =>
      (a as { id: string }).id < (b as { id: string }).id ? -1 : 1,
    );
    await this.freeNumbers(manager, rows);
    await manager.query(
      `UPDATE contact c SET
         profile_name = coalesce(i.profile_name, c.profile_name), username = coalesce(i.username, c.username),
         user_id = coalesce(c.user_id, i.user_id), parent_user_id = coalesce(i.parent_user_id, c.parent_user_id),
         wa_id = CASE WHEN i.wa_id IS NULL OR EXISTS (
             SELECT FROM contact o WHERE o.tenant_id = c.tenant_id AND o.wa_id = i.wa_id AND o.id <> c.id)
           THEN c.wa_id ELSE i.wa_id END,
         updated_at = now()
       FROM jsonb_populate_recordset(null::contact, $1) i WHERE c.id = i.id`,
      [JSON.stringify(rows)],
    );
  }
}

function toRow({ tenantId, senderId, customer: c }: Pair) {
  return {
    tenant_id: tenantId,
    sender_id: senderId,
    group_id: c.groupId,
    user_id: c.userId,
    wa_id: c.waId,
    parent_user_id: c.parentUserId,
    profile_name: c.profileName,
    username: c.username,
  };
}
