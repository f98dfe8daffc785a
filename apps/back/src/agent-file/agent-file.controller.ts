import { Readable } from 'node:stream';
import { Controller, Get, Post, Query, Req, StreamableFile } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiConsumes, ApiTags } from '@nestjs/swagger';
import { agentImport, agentList, type RpcRequest } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { AppError } from '@scrm/platform';
import type { FastifyRequest } from 'fastify';
import { AccessToken } from '../http/access-token.decorator';
import { BODY_PROBLEMS, Endpoint } from '../http/endpoint.decorator';
import { READS_CSV } from '../http/text-csv';
import { AgentExportQuery, AgentImportQuery, ImportReportDto } from './agent-file.dto';
import { EXPORT_COLUMNS, IMPORT_LIMITS, toAgentLines, toCells } from './agent-lines';
import { readCsv, tooLarge } from './csv.reader';
import { csvLine } from './csv.writer';
import { importReport } from './import-report';

/** Of a process: each may hold a whole file. */
const MOST_IMPORTS = 4;
const LONGEST_MS = 300_000;
/** Excel takes a file without it for one in its own alphabet. */
const BYTE_ORDER_MARK = '\uFEFF';

@ApiTags('Agent')
@Controller('agents')
export class AgentFileController {
  private importing = 0;

  constructor(private readonly rpc: RpcClient) {}

  @Post('import')
  @RouteConfig(READS_CSV)
  @ApiConsumes('text/csv')
  @ApiBody({
    schema: {
      type: 'string',
      example:
        'name,email,role,teams,skills\r\nCitra Dewi,citra@kopi.example,agent,Sales|Support,refunds:3|vip:1\r\n',
    },
  })
  @Endpoint({
    summary: 'Invite many by a CSV file',
    description:
      'UTF-8, with commas, semicolons or tabs, at most 10 MB and 10,000 lines. The first line names the columns, in any ' +
      'order: `name`, `email` and `role`, and as you like `teams`, `skills`, `languages`, `capacity` and `timeZone`. ' +
      'Lists have `|` between their parts, a skill is `name` or `name:level`. `status` is ignored, so an export can be ' +
      'imported. Who may not change teams leaves `teams` empty.\n\nEach line stands for itself: a bad one is told with its number, column and reason, and keeps no ' +
      'other out. Who is there already stays as they are, so a file may be imported again. Where the file as a whole ' +
      'cannot be read (400, 413) nothing is imported. The answer comes as the work goes on; who hangs up stops it.',
    answer: ImportReportDto,
    answerDescription: 'What became of each line',
    problems: [...BODY_PROBLEMS, 'forbidden', 'too_many_requests'],
  })
  async importAgents(
    @AccessToken() token: string,
    @Query() { dryRun = false }: AgentImportQuery,
    @Req() { body, headers }: FastifyRequest,
  ) {
    if (!(body instanceof Readable))
      throw new AppError('unsupported_media_type', 'Send the file as it is, with content-type text/csv.');
    if (Number(headers['content-length']) > IMPORT_LIMITS.bytes) throw tooLarge('10 MB');
    const ask = async (lines: RpcRequest<typeof agentImport>['lines']) =>
      (await this.rpc.call(agentImport, { dryRun, lines }, { token })).lines;
    // Who may not import hears it before they have sent a file.
    await ask([]);
    const done = this.begin();
    try {
      const lines = toAgentLines(await readCsv(body, IMPORT_LIMITS));
      // Who reads too slowly gives their place to others.
      const signal = AbortSignal.timeout(LONGEST_MS);
      const report = Readable.from(importReport(lines, dryRun, ask), { signal }).once('close', done);
      return new StreamableFile(report, { type: 'application/json; charset=utf-8' });
    } catch (error) {
      done();
      throw error;
    }
  }

  @Get('export')
  @Endpoint({
    summary: 'The agents of the business as a CSV file',
    description:
      'In the columns of an import, and `status`; filtered and sorted as the list of agents. A cell that a spreadsheet ' +
      'would take for a formula begins with an apostrophe.',
    answer: 'text/csv',
    answerDescription: 'All agents that fit, in UTF-8',
    problems: ['forbidden'],
  })
  async exportAgents(@AccessToken() token: string, @Query() query: AgentExportQuery) {
    const ask = (cursor?: string) =>
      this.rpc.call(agentList, { ...query, limit: 100, ...(cursor && { cursor }) }, { token });
    // Before anything is answered: it may be refused.
    const first = await ask();
    const file = async function* () {
      yield BYTE_ORDER_MARK + csvLine([...EXPORT_COLUMNS]);
      for (let page = first; ; page = await ask(page.nextCursor)) {
        yield page.items.map((agent) => csvLine(toCells(agent))).join('');
        if (!page.nextCursor) return;
      }
    };
    return new StreamableFile(Readable.from(file()), {
      type: 'text/csv; charset=utf-8',
      disposition: 'attachment; filename="agents.csv"',
    });
  }

  private begin(): () => void {
    if (this.importing >= MOST_IMPORTS)
      throw new AppError('too_many_requests', 'Others import files at the moment: try again.', undefined, 10);
    this.importing++;
    return () => void this.importing--;
  }
}
