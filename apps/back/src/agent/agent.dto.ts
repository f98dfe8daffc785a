import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { ROLES, type AgentView, type Role } from '@scrm/contracts';

@ApiSchema({ name: 'Tenant' })
export class TenantDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'Kopi Nusantara' })
  name!: string;
}

@ApiSchema({ name: 'Membership' })
export class MembershipDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'Sales' })
  name!: string;

  @ApiProperty({ description: 'Leads this team.' })
  leader!: boolean;
}

@ApiSchema({ name: 'Agent' })
export class AgentDto implements AgentView {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'Citra Dewi' })
  name!: string;

  @ApiProperty({ example: 'agent1@demo.test' })
  email!: string;

  @ApiProperty({ enum: ROLES, enumName: 'Role' })
  role!: Role;

  @ApiProperty({ type: TenantDto })
  tenant!: TenantDto;

  @ApiProperty({ type: [MembershipDto] })
  teams!: MembershipDto[];
}
