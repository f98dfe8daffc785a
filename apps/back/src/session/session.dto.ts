import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { sessionSort, type SessionTokens, type SessionView } from '@scrm/contracts';
import { IsNotEmpty, IsString, Matches, MaxLength } from 'class-validator';
import type { z } from 'zod';
import { PageQuery, pageOf, Search, Sort } from '../http/page.dto';

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

@ApiSchema({ name: 'Session', description: 'A sign-in, on one device.' })
export class SessionDto implements SessionView {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ description: 'The one whose token asks.' })
  current!: boolean;

  @ApiProperty({ type: String, nullable: true, example: 'Mozilla/5.0 (X11; Linux x86_64)' })
  userAgent!: string | null;

  @ApiProperty({ type: String, nullable: true, example: '203.0.113.7' })
  ip!: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ description: 'When tokens were last handed out.', format: 'date-time' })
  lastUsedAt!: string;

  @ApiProperty({ description: 'Then it is time to sign in again.', format: 'date-time' })
  expiresAt!: string;
}

export const SessionPageDto = pageOf(SessionDto, 'Session');

export class SessionListQuery extends PageQuery {
  @Search('Only sessions with this in their device or address')
  q?: string;

  @Sort(sessionSort.options, '-lastUsedAt')
  sort?: z.infer<typeof sessionSort>;
}

const CHOICE = /^(current|others|all|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export class SessionChoice {
  @ApiProperty({ description: '`current`, `others`, `all`, or the id of a session.', example: 'current' })
  @Matches(CHOICE, { message: 'which must be current, others, all or the id of a session' })
  which!: string;
}

@ApiSchema({ name: 'EndedSessions' })
export class EndedSessionsDto {
  @ApiProperty({ type: 'integer', example: 1 })
  revoked!: number;
}
