import type { agentUpdate } from '@scrm/contracts';
import { In, type EntityManager } from 'typeorm';
import type { z } from 'zod';
import { AgentSkill } from './agent-skill.entity';
import { Agent } from './agent.entity';

type Change = z.output<typeof agentUpdate.request>;
export type Profile = Pick<Change, 'skills' | 'languages' | 'capacity' | 'workingHours' | 'timeZone'>;

/** Changes what is given, of an agent whom the caller has locked. */
export async function changeProfile(
  manager: EntityManager,
  { id, tenantId }: Pick<Agent, 'id' | 'tenantId'>,
  { skills, languages, capacity, workingHours, timeZone }: Profile,
): Promise<void> {
  const given = Object.entries({ languages, capacity, workingHours, timeZone }).filter(
    ([, v]) => v !== undefined,
  );
  if (given.length > 0) await manager.update(Agent, { id }, Object.fromEntries(given));
  if (!skills) return;
  await manager.delete(AgentSkill, { agentId: id });
  await manager.insert(
    AgentSkill,
    skills.map(({ name, level }) => ({ agentId: id, tenantId, skill: name, level })),
  );
}

/** In the order of their names. */
export function skillsOf(manager: EntityManager, agentIds: string[]): Promise<AgentSkill[]> {
  return manager.find(AgentSkill, {
    where: { agentId: In(agentIds) },
    order: { agentId: 'ASC', skill: 'ASC' },
  });
}
