import { ApiProperty, ApiSchema, PartialType } from '@nestjs/swagger';
import { PERMISSIONS, SCOPES, type Permission, type RoleView, type Scope } from '@scrm/contracts';
import { IsNotEmptyObject, IsObject } from 'class-validator';
import { Name } from '../http/name.decorator';
import { Search } from '../http/page.dto';
import { ApiRole } from './role.decorator';

const ApiGrants = () =>
  ApiProperty({
    description: 'Permissions by their ids, and how far each reaches. What is not named is not allowed.',
    type: 'object',
    additionalProperties: { type: 'string', enum: [...SCOPES] },
    example: { 'conversation.read': 'team', 'message.send': 'own' },
  });

@ApiSchema({ name: 'Role' })
export class RoleDto implements RoleView {
  @ApiRole()
  id!: string;

  @ApiProperty({ example: 'Night shift' })
  name!: string;

  @ApiProperty({ description: 'Every business has it, and nobody changes it.' })
  builtIn!: boolean;

  @ApiGrants()
  grants!: Record<string, Scope>;

  @ApiProperty({ type: 'integer', description: 'How many agents have it, also such as are deactivated.' })
  agents!: number;
}

@ApiSchema({ name: 'RoleList' })
export class RoleListDto {
  @ApiProperty({ type: [RoleDto] })
  items!: RoleDto[];
}

export class RoleListQuery {
  @Search('Only roles whose name begins with this')
  q?: string;
}

@ApiSchema({ name: 'RoleCreate' })
export class RoleCreateDto {
  @Name('Night shift')
  name!: string;

  @ApiGrants()
  @IsObject()
  @IsNotEmptyObject()
  grants!: Record<string, Scope>;
}

@ApiSchema({ name: 'RoleUpdate', description: 'What is not given stays as it is.' })
export class RoleUpdateDto extends PartialType(RoleCreateDto) {}

@ApiSchema({ name: 'Permission' })
export class PermissionDto {
  @ApiProperty({ enum: PERMISSIONS, enumName: 'PermissionId' })
  id!: Permission;

  @ApiProperty({ description: 'What it allows.', example: 'Read conversations and their messages' })
  title!: string;

  @ApiProperty({ description: 'How far it can reach, the narrowest first.', enum: SCOPES, isArray: true })
  scopes!: readonly Scope[];
}

@ApiSchema({ name: 'PermissionList' })
export class PermissionListDto {
  @ApiProperty({ type: [PermissionDto] })
  items!: PermissionDto[];
}
