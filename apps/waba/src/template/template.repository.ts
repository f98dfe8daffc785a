import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Template } from './template.entity';

@Injectable()
export class TemplateRepository {
  /** The template as the sender's account has it. */
  async ofSender(
    manager: EntityManager,
    senderId: string,
    name: string,
    language: string,
  ): Promise<Template | undefined> {
    const template = await manager
      .createQueryBuilder(Template, 't')
      .innerJoin('sender', 's', 's.waba_id = t.waba_id AND s.tenant_id = t.tenant_id')
      .where('s.id = :senderId AND t.name = :name AND t.language = :language', { senderId, name, language })
      .getOne();
    return template ?? undefined;
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
