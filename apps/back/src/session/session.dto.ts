import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { SessionTokens } from '@scrm/contracts';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';

@ApiSchema({ name: 'SignIn' })
export class SignInDto {
  @ApiProperty({ maxLength: 320, example: 'agent1@demo.test' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(320)
  email!: string;

  @ApiProperty({ maxLength: 1024, format: 'password', example: 'demo-agent-2026' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(1024)
  password!: string;
}

@ApiSchema({ name: 'Refresh' })
export class RefreshDto {
  @ApiProperty({
    description: 'From the last answer that had one: each is good for one use.',
    maxLength: 500,
  })
  @IsString()
  @IsNotEmpty()
  @MaxLength(500)
  refreshToken!: string;
}

@ApiSchema({ name: 'SessionTokens' })
export class SessionTokensDto implements SessionTokens {
  @ApiProperty({ description: 'Send it as `Authorization: Bearer <accessToken>`.' })
  accessToken!: string;

  @ApiProperty({ description: 'Keep it secret, and trade it for new tokens before the access token ends.' })
  refreshToken!: string;

  @ApiProperty({ description: 'Seconds until the access token ends.', type: 'integer', example: 600 })
  expiresIn!: number;
}
