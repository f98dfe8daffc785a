import { ApiProperty, ApiSchema, OmitType } from '@nestjs/swagger';
import { AgentListQuery } from '../agent/agent.dto';
import { BooleanParam } from '../http/boolean-param.decorator';
import { InvitationTokenDto } from '../invitation/invitation.dto';
import { OUTCOMES, type ReportedLine } from './import-report';

export class AgentImportQuery {
  @BooleanParam('Only say what would become of each line.')
  dryRun?: boolean;
}

export class AgentExportQuery extends OmitType(AgentListQuery, ['cursor', 'limit']) {}

@ApiSchema({ name: 'ImportedLine', description: 'What became of a line of the file.' })
export class ImportedLineDto implements ReportedLine {
  @ApiProperty({
    description: 'In the file; the first one has the names of the columns.',
    type: 'integer',
    example: 2,
  })
  line!: number;

  @ApiProperty({
    description:
      '`exists`: your business has an agent of this email, and nothing about them changed. `unknown`: the service did ' +
      'not answer in time, and may have done it: import the file again.',
    enum: OUTCOMES,
  })
  outcome!: ReportedLine['outcome'];

  @ApiProperty({ example: 'citra@kopi.example' })
  email!: string;

  @ApiProperty({
    description: 'Null in a dry run, for who is new.',
    type: String,
    format: 'uuid',
    nullable: true,
  })
  agentId!: string | null;

  @ApiProperty({ description: 'Of who is new: shown only now.', type: InvitationTokenDto, nullable: true })
  invitation!: InvitationTokenDto | null;

  @ApiProperty({ description: 'The column that is wrong.', type: String, nullable: true, example: 'role' })
  column!: string | null;

  @ApiProperty({ description: 'What is wrong.', type: String, nullable: true })
  reason!: string | null;
}

@ApiSchema({ name: 'ImportReport' })
export class ImportReportDto {
  @ApiProperty()
  dryRun!: boolean;

  @ApiProperty({ type: [ImportedLineDto] })
  lines!: ImportedLineDto[];

  @ApiProperty({ type: 'integer', example: 120 })
  created!: number;

  @ApiProperty({ type: 'integer', example: 3 })
  exists!: number;

  @ApiProperty({ type: 'integer', example: 1 })
  failed!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  unknown!: number;
}
