import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { templateList } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { AccessToken } from '../http/access-token.decorator';
import { Endpoint } from '../http/endpoint.decorator';
import { TemplatePageDto, TemplateQuery } from './template.dto';

@ApiTags('Templates')
@Controller('templates')
export class TemplateController {
  constructor(private readonly rpc: RpcClient) {}

  @Get()
  @Endpoint({
    summary: 'List message templates',
    answer: TemplatePageDto,
    answerDescription: 'A page of templates',
    problems: ['invalid_cursor', 'forbidden'],
  })
  listTemplates(@AccessToken() token: string, @Query() query: TemplateQuery) {
    return this.rpc.call(templateList, query, { token });
  }
}
