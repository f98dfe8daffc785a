import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import {
  AGENT_STATUSES,
  teamSort,
  type AgentStatus,
  type Role,
  type TeamMemberView,
  type TeamView,
} from '@scrm/contracts';
import { IsBoolean } from 'class-validator';
import type { z } from 'zod';
import { PersonListQuery } from '../agent/agent.dto';
import { BooleanParam } from '../http/boolean-param.decorator';
import { Name } from '../http/name.decorator';
import { PageQuery, pageOf, Search, Sort } from '../http/page.dto';
import { ApiRole } from '../role/role.decorator';

@ApiSchema({ name: 'Team', description: 'Agents who share an inbox.' })
export class TeamDto implements TeamView {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'Sales' })
  name!: string;

  @ApiProperty({ type: 'integer', description: 'How many agents are in it, also deactivated ones.' })
  members!: number;
}

export const TeamPageDto = pageOf(TeamDto, 'Team');

export class TeamListQuery extends PageQuery {
  @Search('Only teams whose name begins with this')
  q?: string;

  @Sort(teamSort.options, 'createdAt')
  sort?: z.infer<typeof teamSort>;
}

@ApiSchema({ name: 'TeamName' })
export class TeamNameDto {
  @Name('Sales')
  name!: string;
}

@ApiSchema({ name: 'TeamMember', description: 'An agent in a team.' })
export class TeamMemberDto implements TeamMemberView {
  @ApiProperty({ format: 'uuid', description: 'Id of the agent.' })
  id!: string;

  @ApiProperty({ example: 'Citra Dewi' })
  name!: string;

  @ApiProperty({ example: 'agent1@demo.test' })
  email!: string;

  @ApiRole()
  role!: Role;

  @ApiProperty({ enum: AGENT_STATUSES, enumName: 'AgentStatus' })
  status!: AgentStatus;

  @ApiProperty({ description: 'Leads this team.' })
  leader!: boolean;
}

export const TeamMemberPageDto = pageOf(TeamMemberDto, 'TeamMember');

export class TeamMemberListQuery extends PersonListQuery {
  @BooleanParam('Only who leads the team, or only the others.')
  leader?: boolean;
}

@ApiSchema({ name: 'TeamMemberPut' })
export class TeamMemberPutDto {
  @ApiProperty({
    description: 'Leads this team. It is a mark for people: what somebody may do follows from their role.',
  })
  @IsBoolean()
  leader!: boolean;
}
