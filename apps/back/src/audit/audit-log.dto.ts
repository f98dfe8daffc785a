import { ApiProperty, ApiPropertyOptional, ApiSchema, OmitType } from '@nestjs/swagger';
import { IsISO8601, IsOptional, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { PageQuery, pageOf } from '../http/page.dto';
import { TRAILS, type AuditFilter, type AuditLogEntry } from './audit-log.service';

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;
const ACTION = /^[a-z-]+\.[a-z-]+$/;

@ApiSchema({ name: 'AuditActor' })
class AuditActorDto {
  @ApiProperty({
    enum: ['agent', 'api-key', 'operator', 'system'],
    description: '`operator`: whoever runs the system, by a command; `system`: it did so by itself.',
  })
  kind!: AuditLogEntry['actor']['kind'];

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  id!: string | null;
}

@ApiSchema({ name: 'AuditTarget' })
class AuditTargetDto {
  @ApiProperty({ example: 'agent' })
  kind!: string;

  @ApiProperty({ example: '01980000-0000-7000-8000-0000000000e1' })
  id!: string;
}

const ApiChange = (description: string) =>
  ApiProperty({ type: 'object', additionalProperties: true, nullable: true, description });

@ApiSchema({ name: 'AuditEntry', description: 'What somebody did.' })
export class AuditEntryDto implements AuditLogEntry {
  @ApiProperty({ enum: TRAILS, description: 'Whose trail it is in.' })
  service!: AuditLogEntry['service'];

  @ApiProperty({ type: 'integer', description: 'Without gaps in its trail.' })
  seq!: number;

  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty({ type: AuditActorDto })
  actor!: AuditActorDto;

  @ApiProperty({ type: String, nullable: true, example: '203.0.113.7' })
  ip!: string | null;

  @ApiProperty({ type: String, nullable: true })
  userAgent!: string | null;

  @ApiProperty({ example: 'agent.updated' })
  action!: string;

  @ApiProperty({ type: AuditTargetDto })
  target!: AuditTargetDto;

  @ApiChange('What changed, as it was.')
  before!: Record<string, unknown> | null;

  @ApiChange('What changed, as it is since; or what was asked for.')
  after!: Record<string, unknown> | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Follows the request through all services’ logs.',
  })
  traceId!: string | null;

  @ApiProperty({ description: 'SHA-256 in hex, of the entry before it in its trail; empty for the first.' })
  previousHash!: string;

  @ApiProperty({ description: 'SHA-256 in hex, over the hash before it and the entry.' })
  hash!: string;
}

export const AuditEntryPageDto = pageOf(AuditEntryDto, 'AuditEntry');

export class AuditLogQuery extends PageQuery implements AuditFilter {
  @ApiPropertyOptional({ format: 'uuid', description: 'Who did it.' })
  @IsOptional()
  @IsUUID()
  actorId?: string;

  @ApiPropertyOptional({ description: 'What was done.', example: 'agent.updated', maxLength: 100 })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Matches(ACTION, { message: 'action must be like agent.updated' })
  action?: string;

  @ApiPropertyOptional({ description: 'To what.', maxLength: 100 })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Matches(/^[^\p{Cc}\p{Cs}]*$/u, { message: 'targetId must be one line' })
  targetId?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Not before this time, in UTC.' })
  @IsOptional()
  @IsISO8601({ strict: true })
  @Matches(TIME, { message: 'from must be a time in UTC, e.g. 2026-01-31T08:00:00Z' })
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Before this time, in UTC.' })
  @IsOptional()
  @IsISO8601({ strict: true })
  @Matches(TIME, { message: 'to must be a time in UTC, e.g. 2026-01-31T08:00:00Z' })
  to?: string;
}

export class AuditExportQuery extends OmitType(AuditLogQuery, ['cursor', 'limit']) {}
