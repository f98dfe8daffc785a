import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { agentCreate, agentInvite, invitationAccept, invitationGet } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { AccessToken } from '../http/access-token.decorator';
import { BODY_PROBLEMS, Endpoint } from '../http/endpoint.decorator';
import { ApiId, Id } from '../http/id.decorator';
import {
  AcceptedDto,
  AgentCreateDto,
  CreatedAgentDto,
  InvitationAcceptDto,
  InvitationDto,
  InvitationTokenDto,
  InvitationTokenBody,
} from './invitation.dto';

@ApiTags('Agent')
@Controller()
export class InvitationController {
  constructor(private readonly rpc: RpcClient) {}

  @Post('agents')
  @Endpoint({
    summary: 'Invite somebody to become an agent',
    description:
      'They get a mail with a link, where the system sends mail (`mailed`). The answer has its token, which is shown only ' +
      'now, for a link that you hand over yourself. With it they choose their password; until then they are `invited`.',
    answer: CreatedAgentDto,
    answerDescription: 'The new agent and the token of their invitation',
    status: 201,
    problems: [...BODY_PROBLEMS, 'forbidden', 'conflict'],
  })
  createAgent(@AccessToken() token: string, @Body() body: AgentCreateDto) {
    return this.rpc.call(agentCreate, body, { token });
  }

  @Post('agents/:id/invitation')
  @ApiId('agent')
  @Endpoint({
    summary: 'Invite again',
    description: 'A new mail, and a new token; the one before is worth nothing any more.',
    answer: InvitationTokenDto,
    answerDescription: 'The token of the new invitation',
    status: 201,
    problems: ['forbidden', 'not_found', 'conflict'],
  })
  inviteAgain(@AccessToken() token: string, @Id() agentId: string) {
    return this.rpc.call(agentInvite, { agentId }, { token });
  }

  @Post('auth/invitations/look-up')
  @Endpoint({
    summary: 'Whom an invitation is for',
    description: 'By POST, so that the token is in no log of addresses.',
    answer: InvitationDto,
    answerDescription: 'What to show on the page of the link',
    problems: [...BODY_PROBLEMS, 'invitation_over'],
    public: true,
  })
  lookUpInvitation(@Body() { token }: InvitationTokenBody) {
    return this.rpc.call(invitationGet, { token });
  }

  @Post('auth/invitations/accept')
  @Endpoint({
    summary: 'Accept an invitation',
    description: 'Sets the password. Then sign in with it.',
    answer: AcceptedDto,
    answerDescription: 'What to sign in with',
    problems: [...BODY_PROBLEMS, 'invitation_over', 'weak_password', 'too_many_requests'],
    public: true,
  })
  acceptInvitation(@Body() body: InvitationAcceptDto) {
    return this.rpc.call(invitationAccept, body);
  }
}
