import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import type { AgentHandOverView, HandOverTarget } from '@scrm/contracts';
import { IsIn, IsUUID, ValidateIf } from 'class-validator';

const TARGETS = ['agent', 'team', 'pool'] as const;
type Target = (typeof TARGETS)[number];

/** With the id that `to` asks for, and no other. */
const GoesWith = (to: Target, field: 'agentId' | 'teamId') =>
  ValidateIf((body: HandOverDto) => body.to === to || body[field] !== undefined);

@ApiSchema({
  name: 'HandOver',
  description:
    'Who takes over the conversations of an agent: another agent, a team, or (`pool`) whoever is in the team that each ' +
    'of them belongs to.',
})
export class HandOverDto {
  @ApiProperty({ enum: TARGETS })
  @IsIn(TARGETS)
  to!: Target;

  @ApiPropertyOptional({ format: 'uuid', description: 'With `agent`: somebody who is active.' })
  @GoesWith('agent', 'agentId')
  @IsUUID()
  agentId?: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'With `team`.' })
  @GoesWith('team', 'teamId')
  @IsUUID()
  teamId?: string;
}

@ApiSchema({ name: 'AgentHandOver' })
export class AgentHandOverDto implements AgentHandOverView {
  @ApiProperty({ type: HandOverDto })
  handOver!: HandOverDto & HandOverTarget;

  @ApiProperty({ format: 'date-time' })
  startedAt!: string;

  @ApiProperty({ type: 'integer', description: 'Conversations that are still assigned to the agent.' })
  remaining!: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  doneAt!: string | null;
}
