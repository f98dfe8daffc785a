import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { type InvitationToken, type InvitationView, type Role } from '@scrm/contracts';
import { IsEmail, IsNotEmpty, IsString, Matches, MaxLength } from 'class-validator';
import { NewPassword } from '../password/new-password.decorator';
import { ApiRole, NO_ROLE, ROLE } from '../role/role.decorator';

@ApiSchema({ name: 'AgentCreate' })
export class AgentCreateDto {
  @ApiProperty({ maxLength: 200, example: 'Citra Dewi' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  name!: string;

  @ApiProperty({ maxLength: 320, format: 'email', example: 'citra@kopi.example' })
  @IsEmail()
  @MaxLength(320)
  email!: string;

  @ApiRole()
  @Matches(ROLE, { message: NO_ROLE })
  role!: Role;
}

@ApiSchema({ name: 'InvitationToken' })
export class InvitationTokenDto implements InvitationToken {
  @ApiProperty({ description: 'Shown only now. Whoever has it chooses the password.' })
  token!: string;

  @ApiProperty({ format: 'date-time' })
  expiresAt!: string;

  @ApiProperty({
    description:
      'A mail with the link is on its way. Otherwise hand it over yourself: the system sends no mail, or they had ' +
      'three in the last hour.',
    required: false,
  })
  mailed?: boolean;
}

@ApiSchema({ name: 'CreatedAgent' })
export class CreatedAgentDto extends InvitationTokenDto {
  @ApiProperty({ format: 'uuid' })
  agentId!: string;
}

@ApiSchema({ name: 'InvitationLookUp' })
export class InvitationTokenBody {
  @ApiProperty({ maxLength: 100 })
  @IsString()
  @IsNotEmpty()
  @MaxLength(100)
  token!: string;
}

@ApiSchema({ name: 'InvitationAccept' })
export class InvitationAcceptDto extends InvitationTokenBody {
  @NewPassword()
  password!: string;
}

@ApiSchema({ name: 'Invitation' })
export class InvitationDto implements InvitationView {
  @ApiProperty({ example: 'Citra Dewi' })
  name!: string;

  @ApiProperty({ example: 'citra@kopi.example' })
  email!: string;

  @ApiProperty({ description: 'The business that invites.', example: 'Kopi Nusantara' })
  tenantName!: string;

  @ApiProperty({ format: 'date-time' })
  expiresAt!: string;
}

@ApiSchema({ name: 'InvitationAccepted' })
export class AcceptedDto {
  @ApiProperty({ example: 'citra@kopi.example' })
  email!: string;
}
