import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { MOST_ROLES, type SecurityPolicy } from '@scrm/contracts';
import { ArrayMaxSize, IsArray, Matches } from 'class-validator';
import { NO_ROLE, ROLE } from '../role/role.decorator';

@ApiSchema({ name: 'SecurityPolicy' })
export class SecurityPolicyDto implements SecurityPolicy {
  @ApiProperty({
    description:
      'Whoever has one of these roles signs in with a second factor: roles of every business by name, your own by id.',
    type: [String],
    maxItems: MOST_ROLES,
    example: ['admin'],
  })
  @IsArray()
  @ArrayMaxSize(MOST_ROLES)
  @Matches(ROLE, { each: true, message: NO_ROLE })
  mfaRequiredRoles!: string[];
}
