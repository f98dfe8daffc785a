import { ERRORS, type Challenge, type ErrorCode, type Problem } from '@scrm/contracts';
import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';

@ApiSchema({ name: 'FieldError', description: 'What is wrong with one field.' })
export class FieldErrorDto {
  @ApiProperty({ description: 'Where in the request, with dots.', example: 'text.body' })
  path!: string;

  @ApiProperty({ example: 'must be shorter than or equal to 4096 characters' })
  message!: string;
}

@ApiSchema({ name: 'Challenge', description: 'The password was right; it takes another step to sign in.' })
export class ChallengeDto implements Challenge {
  @ApiProperty({ description: 'Good for this sign-in only.' })
  token!: string;

  @ApiProperty({ description: 'Seconds until it ends.', type: 'integer', example: 300 })
  expiresIn!: number;
}

@ApiSchema({ name: 'Problem', description: 'Every error, as RFC 9457 problem details. Switch on `code`.' })
export class ProblemDto implements Problem {
  @ApiProperty({ format: 'uri', example: 'urn:scrm:problem:not_found' })
  type!: string;

  @ApiProperty({ description: 'For people; the same for each code.', example: 'Not found' })
  title!: string;

  @ApiProperty({ type: 'integer', example: 404 })
  status!: number;

  @ApiProperty({
    description: 'Stable: a client may act on it.',
    enum: Object.keys(ERRORS),
    enumName: 'ErrorCode',
    example: 'not_found',
  })
  code!: ErrorCode;

  @ApiPropertyOptional({ description: 'What happened and what to do, in a sentence.' })
  detail?: string;

  @ApiPropertyOptional({ description: 'Where the request did not validate.', type: [FieldErrorDto] })
  errors?: FieldErrorDto[];

  @ApiPropertyOptional({
    description: 'Of `mfa_required` and `mfa_enrolment_required`: what signing in goes on with.',
    type: ChallengeDto,
  })
  challenge?: ChallengeDto;

  @ApiPropertyOptional({
    description: 'Name it when you report a problem: it finds the request in our logs.',
    example: '4bf92f3577b34da6a3ce929d0e0e4736',
  })
  traceId?: string;
}
