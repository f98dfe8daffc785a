import { Body, Controller, Delete, Get, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  PERMISSION_CATALOGUE,
  PERMISSIONS,
  roleCreate,
  roleDelete,
  roleList,
  roleUpdate,
} from '@scrm/contracts';
import type { RpcRequest } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { AccessToken } from '../http/access-token.decorator';
import { BODY_PROBLEMS, Endpoint } from '../http/endpoint.decorator';
import { ApiId, Id } from '../http/id.decorator';
import {
  PermissionListDto,
  RoleCreateDto,
  RoleDto,
  RoleListDto,
  RoleListQuery,
  RoleUpdateDto,
} from './role.dto';

@ApiTags('Roles')
@Controller()
export class RoleController {
  constructor(private readonly rpc: RpcClient) {}

  @Get('permissions')
  @Endpoint({
    summary: 'List the permissions that there are',
    answer: PermissionListDto,
    answerDescription: 'Everything that a role can allow, and how far it can reach',
  })
  listPermissions(): PermissionListDto {
    return { items: PERMISSIONS.map((id) => ({ id, ...PERMISSION_CATALOGUE[id] })) };
  }

  @Get('roles')
  @Endpoint({
    summary: 'List the roles',
    answer: RoleListDto,
    answerDescription: 'The roles that every business has, then its own (a hundred at most) by their names',
    problems: ['forbidden'],
  })
  listRoles(@AccessToken() token: string, @Query() query: RoleListQuery) {
    return this.rpc.call(roleList, query, { token });
  }

  @Post('roles')
  @Endpoint({
    summary: 'Make a role',
    description: 'Nobody gives what they may not do themselves.',
    status: 201,
    answer: RoleDto,
    answerDescription: 'The role, which nobody has yet',
    problems: [...BODY_PROBLEMS, 'forbidden', 'conflict'],
  })
  createRole(@AccessToken() token: string, @Body() body: RoleCreateDto) {
    return this.rpc.call(roleCreate, body as RpcRequest<typeof roleCreate>, { token });
  }

  @Patch('roles/:id')
  @ApiId('role')
  @Endpoint({
    summary: 'Change a role',
    description:
      'What it allows takes effect at once: the access tokens of all who have it end (401 `unauthenticated`, sockets are ' +
      'closed with 4401), and the next ones say what they may do now. Nobody changes the role that they have.',
    answer: RoleDto,
    answerDescription: 'The role as it is now',
    problems: [...BODY_PROBLEMS, 'forbidden', 'not_found', 'conflict'],
  })
  updateRole(@AccessToken() token: string, @Id() roleId: string, @Body() body: RoleUpdateDto) {
    return this.rpc.call(roleUpdate, { roleId, ...body }, { token });
  }

  @Delete('roles/:id')
  @ApiId('role')
  @Endpoint({
    summary: 'Delete a role that nobody has',
    answer: RoleDto,
    answerDescription: 'The role as it was',
    problems: ['forbidden', 'not_found', 'conflict'],
  })
  deleteRole(@AccessToken() token: string, @Id() roleId: string) {
    return this.rpc.call(roleDelete, { roleId }, { token });
  }
}
