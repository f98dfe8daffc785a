import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { senderList } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { AccessToken } from '../http/access-token.decorator';
import { Endpoint } from '../http/endpoint.decorator';
import { SenderListQuery, SenderPageDto } from './sender.dto';

@ApiTags('Senders')
@Controller('senders')
export class SenderController {
  constructor(private readonly rpc: RpcClient) {}

  @Get()
  @Endpoint({
    summary: 'List the phone numbers of the business',
    answer: SenderPageDto,
    answerDescription: 'A page of senders',
    problems: ['invalid_cursor', 'forbidden'],
  })
  listSenders(@AccessToken() token: string, @Query() query: SenderListQuery) {
    return this.rpc.call(senderList, query, { token });
  }
}
