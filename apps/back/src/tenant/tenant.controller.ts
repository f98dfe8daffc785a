import { Body, Controller, Get, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { tenantGet, tenantUpdate } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { AccessToken } from '../http/access-token.decorator';
import { BODY_PROBLEMS, Endpoint } from '../http/endpoint.decorator';
import { TenantSettingsDto, TenantUpdateDto } from './tenant.dto';

@ApiTags('Tenant')
@Controller('tenant')
export class TenantController {
  constructor(private readonly rpc: RpcClient) {}

  @Get()
  @Endpoint({
    summary: 'The settings of my business',
    answer: TenantSettingsDto,
    answerDescription: 'The settings, and their version',
  })
  getTenant(@AccessToken() token: string) {
    return this.rpc.call(tenantGet, {}, { token });
  }

  @Patch()
  @Endpoint({
    summary: 'Change the settings of my business',
    description:
      'Say the `version` that you have seen. Where somebody else was faster, the answer is 409 `conflict` and nothing ' +
      'changes: read the settings again, so that nobody overwrites what they never saw.',
    answer: TenantSettingsDto,
    answerDescription: 'The settings as they are now',
    problems: [...BODY_PROBLEMS, 'forbidden', 'conflict'],
  })
  updateTenant(@AccessToken() token: string, @Body() body: TenantUpdateDto) {
    return this.rpc.call(tenantUpdate, body, { token });
  }
}
