import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';

@ApiSchema({ name: 'PasswordChange' })
export class PasswordChangeDto {
  @ApiProperty({ maxLength: 1024, format: 'password' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(1024)
  currentPassword!: string;

  @ApiProperty({
    description: 'At least 10 characters, and neither easy to guess nor known from leaks.',
    minLength: 10,
    maxLength: 256,
    format: 'password',
  })
  @IsString()
  @IsNotEmpty()
  @MaxLength(1024)
  newPassword!: string;
}
