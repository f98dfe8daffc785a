import { Injectable } from '@nestjs/common';
import { columnsOf, type Transaction } from '@scrm/database';
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

/** What is known of a contact. */
export interface KnownContact {
  contact_id: string;
  profile_name: string | null;
  username: string | null;
  wa_id: string | null;
  user_id: string | null;
  parent_user_id: string | null;
}
type Found = Omit<KnownContact, 'contact_id'> & { contact_id: string | null; conversation_id: string | null };

/** A pair, and its number among those of one question. */
export interface NumberedPair {
  n: number;
  pair: Pair;
}

export const PAIRS = columnsOf<NumberedPair>({
  n: ['integer', ({ n }) => n],
  tenant_id: ['uuid', ({ pair }) => pair.tenantId],
  sender_id: ['uuid', ({ pair }) => pair.senderId],
  group_id: ['text', ({ pair }) => pair.customer.groupId],
  user_id: ['text', ({ pair }) => pair.customer.userId],
  wa_id: ['text', ({ pair }) => pair.customer.waId],
});

/**
 * The id of the contact of a pair `i`. Who it is: the group, else the user id, else the phone number. A phone number
 * whose contact is known to be somebody else (another user id) does not count: numbers move on to other people.
 */
export const CONTACT_OF = `
  coalesce(
    (SELECT c.id FROM contact c WHERE c.tenant_id = i.tenant_id AND c.group_id = i.group_id),
    (SELECT c.id FROM contact c WHERE c.tenant_id = i.tenant_id AND c.user_id = i.user_id),
    (SELECT c.id FROM contact c WHERE c.tenant_id = i.tenant_id AND c.wa_id = i.wa_id
        AND (c.user_id IS NULL OR i.user_id IS NULL OR c.user_id = i.user_id)))`;

const FIND = `
  WITH found AS MATERIALIZED (SELECT i.n, i.sender_id, ${CONTACT_OF} AS contact_id FROM ${PAIRS.from(1)} i)
  SELECT f.contact_id, k.profile_name, k.username, k.wa_id, k.user_id, k.parent_user_id, v.id AS conversation_id
    FROM found f
    LEFT JOIN contact k ON k.id = f.contact_id
    LEFT JOIN conversation v ON v.sender_id = f.sender_id AND v.contact_id = f.contact_id
   ORDER BY f.n`;

/** The contact and the conversation of each customer, made where they are missing. */
@Injectable()
export class ContactResolver {
  /** @returns the conversation of each pair, in their order */
  async conversationsOf(tx: Transaction, pairs: Pair[]): Promise<string[]> {
    if (pairs.length === 0) return [];
    const input = PAIRS.values(numbered(pairs));
    let found = await tx.query<Found>(FIND, input);
    if (found.some((f) => !f.contact_id)) {
      await this.createContacts(
        tx,
        pairs.filter((_, i) => !found[i]!.contact_id),
      );
      found = await tx.query<Found>(FIND, input);
    }
    if (found.some((f) => !f.conversation_id)) {
      await this.createConversations(tx, pairs, found);
      found = await tx.query<Found>(FIND, input);
    }
    const ids = found.map((f) => {
      if (!f.conversation_id) throw new Error('a conversation could not be made');
      return f.conversation_id;
    });
    await this.learn(tx, pairs, found as KnownContact[]);
    return ids;
  }

  private async createContacts(tx: Transaction, pairs: Pair[]) {
    await this.freeNumbers(tx, pairs.map(toRow));
    await tx.query(
      `INSERT INTO contact (id, tenant_id, profile_name, username, wa_id, user_id, parent_user_id, group_id)
       SELECT id, tenant_id, profile_name, username, wa_id, user_id, parent_user_id, group_id
         FROM jsonb_populate_recordset(null::contact, $1)
        ORDER BY tenant_id, group_id, user_id, wa_id
       ON CONFLICT DO NOTHING`,
      [JSON.stringify(pairs.map((p) => ({ id: uuidv7(), ...toRow(p) })))],
    );
  }

  /** A number that moved to another person leaves the one who had it. */
  private async freeNumbers(tx: Transaction, rows: object[]) {
    await tx.query(
      `UPDATE contact c SET wa_id = NULL, updated_at = now()
         FROM jsonb_to_recordset($1) AS i(tenant_id uuid, wa_id text, user_id text)
        WHERE c.tenant_id = i.tenant_id AND c.wa_id = i.wa_id AND i.user_id IS NOT NULL AND c.user_id <> i.user_id`,
      [JSON.stringify(rows)],
    );
  }

  private async createConversations(tx: Transaction, pairs: Pair[], found: Found[]) {
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
    await tx.query(
      `INSERT INTO conversation (id, tenant_id, sender_id, contact_id, team_id)
       SELECT id, tenant_id, sender_id, contact_id, team_id FROM jsonb_populate_recordset(null::conversation, $1)
        ORDER BY sender_id, contact_id
       ON CONFLICT DO NOTHING`,
      [JSON.stringify(rows)],
    );
  }

  /**
   * What a delivery says of a contact and we did not know: a new name, a first user id, a phone number.
   *
   * @param known the contact of each pair; is brought up to date
   */
  async learn(tx: Transaction, pairs: Pair[], known: KnownContact[]): Promise<void> {
    const news = new Map<string, object>();
    pairs.forEach(({ customer: c }, i) => {
      const f = known[i]!;
      const learned =
        (c.profileName && c.profileName !== f.profile_name) ||
        (c.username && c.username !== f.username) ||
        (c.userId && !f.user_id) ||
        (c.waId && c.waId !== f.wa_id && (!f.wa_id || (c.userId !== null && c.userId === f.user_id))) ||
        (c.parentUserId && c.parentUserId !== f.parent_user_id);
      if (learned) {
        const told = Object.entries(toRow(pairs[i]!)).filter(([, value]) => value !== null);
        news.set(f.contact_id, { ...news.get(f.contact_id), id: f.contact_id, ...Object.fromEntries(told) });
      }
    });
    if (news.size === 0) return;
    const rows = [...news.values()].sort((a, b) =>
      (a as { id: string }).id < (b as { id: string }).id ? -1 : 1,
    );
    await this.freeNumbers(tx, rows);
    const updated = await tx.query<KnownContact>(
      `UPDATE contact c SET
         profile_name = coalesce(i.profile_name, c.profile_name), username = coalesce(i.username, c.username),
         user_id = coalesce(c.user_id, i.user_id), parent_user_id = coalesce(i.parent_user_id, c.parent_user_id),
         wa_id = CASE WHEN i.wa_id IS NULL OR EXISTS (
             SELECT FROM contact o WHERE o.tenant_id = c.tenant_id AND o.wa_id = i.wa_id AND o.id <> c.id)
           THEN c.wa_id ELSE i.wa_id END,
         updated_at = now()
       FROM jsonb_populate_recordset(null::contact, $1) i WHERE c.id = i.id
       RETURNING c.id AS contact_id, c.profile_name, c.username, c.user_id, c.parent_user_id, c.wa_id`,
      [JSON.stringify(rows)],
    );
    const byId = new Map(updated.map((u) => [u.contact_id, u]));
    for (const contact of known) Object.assign(contact, byId.get(contact.contact_id));
  }
}

export const numbered = (pairs: Pair[]): NumberedPair[] => pairs.map((pair, n) => ({ n, pair }));

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
