import { Injectable } from '@nestjs/common';
import type { Transaction } from '@scrm/database';
import type { EntityManager } from 'typeorm';
import { Template } from './template.entity';
import type { KnownTemplate } from './template.rules';

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

  page(
    manager: EntityManager,
    { after, status, limit }: { after: string | null; status: string | undefined; limit: number },
  ): Promise<Template[]> {
    const query = manager
      .createQueryBuilder(Template, 't')
      .orderBy('t.id')
      .limit(limit + 1);
    if (after) query.andWhere('t.id > :after', { after });
    if (status) query.andWhere('t.status = :status', { status });
    return query.getMany();
  }
}
