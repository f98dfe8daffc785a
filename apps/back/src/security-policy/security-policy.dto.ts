import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { ROLES, type Role, type SecurityPolicy } from '@scrm/contracts';
import { ArrayMaxSize, IsArray, IsIn } from 'class-validator';

@ApiSchema({ name: 'SecurityPolicy' })
export class SecurityPolicyDto implements SecurityPolicy {
  @ApiProperty({
    description: 'Whoever has one of these roles signs in with a second factor.',
    enum: ROLES,
    enumName: 'Role',
    isArray: true,
    maxItems: ROLES.length,
    example: ['admin'],
  })
  @IsArray()
  @ArrayMaxSize(ROLES.length)
  @IsIn(ROLES, { each: true })
  mfaRequiredRoles!: Role[];
}
