import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import {
  AGENT_STATUSES,
  PRESENCES,
  type AgentStatus,
  type AgentView,
  type ColleagueView,
  type HandOverTarget,
  type Presence,
  type Role,
} from '@scrm/contracts';
import { Type } from 'class-transformer';
import { IsIn, IsNotEmpty, IsOptional, IsString, Matches, MaxLength, ValidateNested } from 'class-validator';
import { PageQuery, pageOf } from '../http/page.dto';
import { ApiRole, NO_ROLE, ROLE } from '../role/role.decorator';
import { HandOverDto } from './hand-over.dto';

@ApiSchema({ name: 'Tenant' })
export class TenantDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'Kopi Nusantara' })
  name!: string;
}

@ApiSchema({ name: 'Membership' })
export class MembershipDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'Sales' })
  name!: string;

  @ApiProperty({ description: 'Leads this team.' })
  leader!: boolean;
}

class PersonDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'Citra Dewi' })
  name!: string;

  @ApiProperty({ example: 'agent1@demo.test' })
  email!: string;

  @ApiRole()
  role!: Role;

  @ApiProperty({ type: [MembershipDto] })
  teams!: MembershipDto[];
}

@ApiSchema({ name: 'Agent' })
export class AgentDto extends PersonDto implements AgentView {
  @ApiProperty({ type: TenantDto })
  tenant!: TenantDto;
}

@ApiSchema({ name: 'Colleague', description: 'An agent of the business.' })
export class ColleagueDto extends PersonDto implements ColleagueView {
  @ApiProperty({
    description: '`invited`: has not chosen a password yet; `deactivated`: cannot sign in.',
    enum: AGENT_STATUSES,
    enumName: 'AgentStatus',
  })
  status!: AgentStatus;

  @ApiPropertyOptional({
    description: 'Sockets hear of changes in `presence` frames.',
    enum: PRESENCES,
    enumName: 'Presence',
  })
  presence?: Presence;
}

export const ColleaguePageDto = pageOf(ColleagueDto, 'Colleague');

export class AgentListQuery extends PageQuery {
  @ApiPropertyOptional({ enum: AGENT_STATUSES, enumName: 'AgentStatus' })
  @IsOptional()
  @IsIn(AGENT_STATUSES)
  status?: AgentStatus;

  @ApiRole({ required: false })
  @IsOptional()
  @Matches(ROLE, { message: NO_ROLE })
  role?: Role;
}

const CHANGES = ['active', 'deactivated'] as const;

@ApiSchema({ name: 'AgentUpdate', description: 'What is not given stays as it is.' })
export class AgentUpdateDto {
  @ApiPropertyOptional({ maxLength: 200, example: 'Citra Dewi' })
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  name?: string;

  @ApiRole({ required: false, also: 'Not one’s own.' })
  @IsOptional()
  @Matches(ROLE, { message: NO_ROLE })
  role?: Role;

  @ApiPropertyOptional({ enum: CHANGES, description: 'Not one’s own.' })
  @IsOptional()
  @IsIn(CHANGES)
  status?: (typeof CHANGES)[number];

  @ApiPropertyOptional({
    type: HandOverDto,
    description: 'With `deactivated`: who takes over. Needed where the agent has open conversations.',
  })
  @IsOptional()
  @ValidateNested()
  @Type(() => HandOverDto)
  handOver?: HandOverDto & HandOverTarget;
}
