import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { apiKeySort, KEY_DAYS_MAX, KEY_PERMISSIONS, type ApiKeyView, type Permission } from '@scrm/contracts';
import { ArrayMaxSize, ArrayNotEmpty, IsArray, IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import type { z } from 'zod';
import { Name } from '../http/name.decorator';
import { PageQuery, pageOf, Search, Sort } from '../http/page.dto';

const STATUSES = ['active', 'expired', 'revoked'] as const;

@ApiSchema({ name: 'ApiKey', description: 'What a machine comes with, but for what is secret of it.' })
export class ApiKeyDto implements ApiKeyView {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'CRM sync' })
  name!: string;

  @ApiProperty({ description: 'Each for everything of the business.', type: [String] })
  permissions!: string[];

  @ApiProperty({ enum: STATUSES, enumName: 'ApiKeyStatus' })
  status!: ApiKeyView['status'];

  @ApiProperty({ format: 'uuid', description: 'The agent who made it.' })
  createdBy!: string;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ format: 'date-time' })
  expiresAt!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'To within ten minutes.' })
  lastUsedAt!: string | null;
}

@ApiSchema({ name: 'NewApiKey' })
export class NewApiKeyDto extends ApiKeyDto {
  @ApiProperty({
    description: 'Send it as `Authorization: Bearer <key>`. It is shown this once, and kept nowhere.',
  })
  key!: string;
}

export const ApiKeyPageDto = pageOf(ApiKeyDto, 'ApiKey');

export class ApiKeyListQuery extends PageQuery {
  @Search('Only keys whose name begins with this')
  q?: string;

  @Sort(apiKeySort.options, '-createdAt')
  sort?: z.output<typeof apiKeySort>;

  @ApiPropertyOptional({ enum: STATUSES, enumName: 'ApiKeyStatus' })
  @IsOptional()
  @IsIn(STATUSES)
  status?: ApiKeyView['status'];
}

@ApiSchema({ name: 'ApiKeyCreate' })
export class ApiKeyCreateDto {
  @Name('CRM sync')
  name!: string;

  @ApiProperty({ enum: KEY_PERMISSIONS, enumName: 'ApiKeyPermission', isArray: true, minItems: 1 })
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(KEY_PERMISSIONS.length)
  @IsIn(KEY_PERMISSIONS, { each: true, message: 'each of permissions must be one that a key can have' })
  permissions!: Permission[];

  @ApiProperty({ type: 'integer', minimum: 1, maximum: KEY_DAYS_MAX, example: 90 })
  @IsInt()
  @Min(1)
  @Max(KEY_DAYS_MAX)
  expiresInDays!: number;
}
