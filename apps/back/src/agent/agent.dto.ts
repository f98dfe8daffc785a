import { ApiProperty, ApiPropertyOptional, ApiSchema, PickType } from '@nestjs/swagger';
import {
  AGENT_STATUSES,
  agentSort,
  capacity,
  language,
  languageList,
  skillLevel,
  skillList,
  skillName,
  timeZone,
  workingHours,
  PRESENCES,
  type AgentStatus,
  type AgentView,
  type ColleagueView,
  type HandOverTarget,
  type Presence,
  type Role,
  type WorkingHours,
} from '@scrm/contracts';
import { Type } from 'class-transformer';
import {
  IsIn,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import type { z } from 'zod';
import { Fits } from '../http/fits.decorator';
import { PageQuery, pageOf, Search, Sort } from '../http/page.dto';
import { ApiRole, NO_ROLE, ROLE } from '../role/role.decorator';
import { WorkingHoursDto } from '../tenant/working-hours.dto';
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

@ApiSchema({ name: 'Skill' })
export class SkillDto {
  @ApiProperty({ description: 'Kept in lower case.', maxLength: 60, example: 'refunds' })
  name!: string;

  @ApiProperty({ description: 'From 1, a beginner, to 5.', type: 'integer', minimum: 1, maximum: 5 })
  level!: number;
}

const LANGUAGES = {
  description: 'By BCP 47 (`pt-BR`); WhatsApp’s way to write them (`pt_BR`) is taken, too.',
  type: [String] as [StringConstructor],
  maxItems: 20,
  example: ['id', 'en'],
};
const CAPACITY = {
  description: 'How many open conversations at a time.',
  type: 'integer',
  minimum: 0,
  maximum: 500,
} as const;
const HOURS = { description: 'Null: as the business.', type: WorkingHoursDto, nullable: true };
const TIME_ZONE = {
  description: 'IANA name. Null: that of the business.',
  type: String,
  maxLength: 64,
  nullable: true,
  example: 'Asia/Jayapura',
};

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

  @ApiPropertyOptional({ type: [SkillDto] })
  skills?: SkillDto[];

  @ApiPropertyOptional(LANGUAGES)
  languages?: string[];

  @ApiPropertyOptional(CAPACITY)
  capacity?: number;

  @ApiPropertyOptional(HOURS)
  workingHours?: WorkingHours | null;

  @ApiPropertyOptional(TIME_ZONE)
  timeZone?: string | null;
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

/** What people are found by, wherever they are listed. */
export class PersonListQuery extends PageQuery {
  @Search('Only who has this in their name or email')
  q?: string;

  @Sort(agentSort.options, 'createdAt')
  sort?: z.infer<typeof agentSort>;

  @ApiPropertyOptional({ enum: AGENT_STATUSES, enumName: 'AgentStatus' })
  @IsOptional()
  @IsIn(AGENT_STATUSES)
  status?: AgentStatus;

  @ApiRole({ required: false })
  @IsOptional()
  @Matches(ROLE, { message: NO_ROLE })
  role?: Role;
}

export class AgentListQuery extends PersonListQuery {
  @ApiPropertyOptional({ description: 'Only who is in this team.', format: 'uuid' })
  @IsOptional()
  @IsUUID()
  teamId?: string;

  @ApiPropertyOptional({ description: 'Only who has this skill.', maxLength: 60, example: 'refunds' })
  @IsOptional()
  @Fits(skillName)
  skill?: string;

  @ApiPropertyOptional({
    description: 'Of the skill: this or above.',
    type: 'integer',
    minimum: 1,
    maximum: 5,
    default: 1,
  })
  @IsOptional()
  @Type(() => Number)
  @Fits(skillLevel)
  minLevel?: number;

  @ApiPropertyOptional({ description: 'Only who speaks this language.', maxLength: 35, example: 'id' })
  @IsOptional()
  @Fits(language)
  language?: string;
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

  @ApiPropertyOptional({ description: 'In place of those from before.', type: [SkillDto], maxItems: 50 })
  @IsOptional()
  @Fits(skillList)
  skills?: SkillDto[];

  @ApiPropertyOptional(LANGUAGES)
  @IsOptional()
  @Fits(languageList)
  languages?: string[];

  @ApiPropertyOptional(CAPACITY)
  @IsOptional()
  @Fits(capacity)
  capacity?: number;

  @ApiPropertyOptional(HOURS)
  @IsOptional()
  @Fits(workingHours)
  workingHours?: WorkingHours | null;

  @ApiPropertyOptional(TIME_ZONE)
  @IsOptional()
  @Fits(timeZone)
  timeZone?: string | null;
}

@ApiSchema({ name: 'ProfileUpdate', description: 'What is not given stays as it is.' })
export class ProfileUpdateDto extends PickType(AgentUpdateDto, ['name', 'languages', 'timeZone']) {}
