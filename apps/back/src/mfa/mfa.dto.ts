import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import type { MfaView, TotpSeed } from '@scrm/contracts';
import { applyDecorators } from '@nestjs/common';
import { IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';
import { SessionTokensDto } from '../session/session.dto';

const Text = (max: number) => applyDecorators(IsString(), IsNotEmpty(), MaxLength(max));

@ApiSchema({ name: 'Mfa', description: 'A second factor.' })
export class MfaDto implements MfaView {
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Null: there is none.' })
  enabledAt!: string | null;

  @ApiProperty({ type: 'integer', example: 10 })
  recoveryCodesLeft!: number;

  @ApiProperty({ description: 'My role must have one.' })
  required!: boolean;
}

@ApiSchema({ name: 'CurrentPassword' })
export class CurrentPasswordDto {
  @ApiProperty({ maxLength: 1024, format: 'password' })
  @Text(1024)
  currentPassword!: string;
}

@ApiSchema({ name: 'TotpSeed', description: 'Shown only now.' })
export class TotpSeedDto implements TotpSeed {
  @ApiProperty({ description: 'To type into an authenticator.', example: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' })
  secret!: string;

  @ApiProperty({ description: 'To show as a QR code.', example: 'otpauth://totp/Kopi:agent1?secret=…' })
  uri!: string;
}

@ApiSchema({ name: 'Code' })
export class CodeDto {
  @ApiProperty({ description: 'Six digits of the authenticator.', maxLength: 50, example: '123456' })
  @Text(50)
  code!: string;
}

@ApiSchema({ name: 'Proof', description: 'One of the two.' })
export class ProofDto {
  @ApiPropertyOptional({ maxLength: 1024, format: 'password' })
  @IsOptional()
  @Text(1024)
  currentPassword?: string;

  @ApiPropertyOptional({ description: 'Of the authenticator, or a recovery code.', maxLength: 50 })
  @IsOptional()
  @Text(50)
  code?: string;
}

@ApiSchema({ name: 'RecoveryCodes' })
export class RecoveryCodesDto {
  @ApiProperty({
    description: 'Each is good once, in place of a code of the authenticator. Shown only now.',
    type: [String],
    example: ['abcd-efgh-ijkl-mnop'],
  })
  recoveryCodes!: string[];
}

@ApiSchema({ name: 'ChallengeToken' })
export class ChallengeTokenDto {
  @ApiProperty({ description: 'The `challenge.token` of the answer to signing in.', maxLength: 100 })
  @Text(100)
  challenge!: string;
}

@ApiSchema({ name: 'ChallengeCode' })
export class ChallengeCodeDto extends ChallengeTokenDto {
  @ApiProperty({ description: 'Of the authenticator, or a recovery code.', maxLength: 50, example: '123456' })
  @Text(50)
  code!: string;
}

@ApiSchema({ name: 'FirstSession' })
export class FirstSessionDto extends SessionTokensDto {
  @ApiProperty({
    description: 'Each is good once, in place of a code of the authenticator. Shown only now.',
    type: [String],
    example: ['abcd-efgh-ijkl-mnop'],
  })
  recoveryCodes!: string[];
}
