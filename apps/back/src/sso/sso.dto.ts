import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { SsoConnectionView } from '@scrm/contracts';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsBoolean,
  IsEmail,
  IsFQDN,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUUID,
  MaxLength,
  ValidateIf,
} from 'class-validator';

class SsoSettingsDto {
  @ApiProperty({ maxLength: 500, example: 'https://login.kopi.example' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(500)
  issuer!: string;

  @ApiProperty({ maxLength: 500, example: 'waba-scrm' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(500)
  clientId!: string;

  @ApiProperty({
    description: 'Of the emails that may come in by it.',
    type: [String],
    minItems: 1,
    maxItems: 50,
    example: ['kopi.example'],
  })
  @IsFQDN({}, { each: true })
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  domains!: string[];

  @ApiProperty()
  @IsBoolean()
  enabled!: boolean;

  @ApiProperty({ description: 'Whoever is no admin signs in this way only.' })
  @IsBoolean()
  enforced!: boolean;
}

@ApiSchema({ name: 'SsoConnectionPut' })
export class SsoConnectionPutDto extends SsoSettingsDto {
  @ApiProperty({
    description: 'May be left out where issuer and client stay the same: then it stays, too.',
    required: false,
    maxLength: 1000,
    format: 'password',
  })
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(1000)
  clientSecret?: string;
}

@ApiSchema({ name: 'SsoConnection' })
export class SsoConnectionDto extends SsoSettingsDto implements SsoConnectionView {
  @ApiProperty({
    description: 'What the provider has to know of us.',
    example: 'https://app.example.com/sso/callback',
  })
  redirectUri!: string;
}

@ApiSchema({ name: 'SsoStart' })
export class SsoStartDto {
  @ApiProperty({ required: false, maxLength: 320, format: 'email', example: 'citra@kopi.example' })
  @ValidateIf(({ email, tenantId }: SsoStartDto) => email !== undefined || tenantId === undefined)
  @IsEmail()
  @MaxLength(320)
  email?: string;

  @ApiProperty({ required: false, format: 'uuid' })
  @IsOptional()
  @IsUUID()
  tenantId?: string;
}

@ApiSchema({ name: 'SsoStarted' })
export class SsoStartedDto {
  @ApiProperty({ description: 'Of the identity provider.' })
  url!: string;

  @ApiProperty({
    description: 'Stays in this browser: without it the answer of the provider is worth nothing.',
  })
  secret!: string;

  @ApiProperty({ format: 'date-time' })
  expiresAt!: string;
}

@ApiSchema({ name: 'SsoCallback' })
export class SsoCallbackDto {
  @ApiProperty({ maxLength: 100 })
  @IsString()
  @IsNotEmpty()
  @MaxLength(100)
  state!: string;

  @ApiProperty({ maxLength: 4000 })
  @IsString()
  @IsNotEmpty()
  @MaxLength(4000)
  code!: string;

  @ApiProperty({ maxLength: 100 })
  @IsString()
  @IsNotEmpty()
  @MaxLength(100)
  secret!: string;

  @ApiProperty({ description: 'Where the provider sent one.', required: false, maxLength: 500 })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  iss?: string;
}
