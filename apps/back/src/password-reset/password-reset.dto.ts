import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsEmail, IsNotEmpty, IsString, MaxLength } from 'class-validator';
import { NewPassword } from '../password/new-password.decorator';

@ApiSchema({ name: 'PasswordReset' })
export class PasswordResetDto {
  @ApiProperty({ maxLength: 320, format: 'email', example: 'agent1@demo.test' })
  @IsEmail()
  @MaxLength(320)
  email!: string;
}

@ApiSchema({ name: 'PasswordResetSent' })
export class PasswordResetSentDto {
  @ApiProperty({ description: 'How long the link is good.', type: 'integer', example: 60 })
  validForMinutes!: number;
}

@ApiSchema({ name: 'PasswordResetConfirm' })
export class PasswordResetConfirmDto {
  @ApiProperty({ maxLength: 100 })
  @IsString()
  @IsNotEmpty()
  @MaxLength(100)
  token!: string;

  @NewPassword()
  password!: string;
}

@ApiSchema({ name: 'PasswordResetDone' })
export class PasswordResetDoneDto {
  @ApiProperty({ example: 'agent1@demo.test' })
  email!: string;
}
