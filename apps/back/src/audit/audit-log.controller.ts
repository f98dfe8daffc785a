import { Readable } from 'node:stream';
import { Controller, Get, Query, StreamableFile } from '@nestjs/common';
import { ApiProduces, ApiTags } from '@nestjs/swagger';
import { AccessToken } from '../http/access-token.decorator';
import { Endpoint } from '../http/endpoint.decorator';
import { AuditEntryPageDto, AuditExportQuery, AuditLogQuery } from './audit-log.dto';
import { AuditLogService } from './audit-log.service';

@ApiTags('Audit log')
@Controller('audit-log')
export class AuditLogController {
  constructor(private readonly log: AuditLogService) {}

  @Get()
  @Endpoint({
    summary: 'Who did what',
    description:
      'Entries are never changed: each holds the hash of the one before it in its trail. What auditors read of ' +
      'customers is here, too.',
    answer: AuditEntryPageDto,
    answerDescription: 'A page of entries, the newest first',
    problems: ['invalid_cursor', 'forbidden'],
  })
  listAuditLog(@AccessToken() token: string, @Query() query: AuditLogQuery) {
    return this.log.page(token, query);
  }

  @Get('export')
  @ApiProduces('application/x-ndjson')
  @Endpoint({
    summary: 'Export the audit log',
    description:
      'The newest first, a line of JSON each. The last line says `"complete": true`, how many there were, and the ' +
      'newest entry of each trail: keep it, and `audit.cli verify` tells later whether the end was cut off. An export ' +
      'without that line is not whole. That you export is in the log before.',
    answer: String,
    answerDescription: 'Entries as in the list, as JSON lines',
    problems: ['forbidden'],
  })
  async exportAuditLog(@AccessToken() token: string, @Query() query: AuditExportQuery) {
    const lines = await this.log.export(token, query);
    return new StreamableFile(Readable.from(lines), {
      type: 'application/x-ndjson; charset=utf-8',
      disposition: 'attachment; filename="audit-log.ndjson"',
    });
  }
}
