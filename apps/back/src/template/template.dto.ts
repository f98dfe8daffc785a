import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import type { TemplateView } from '@scrm/contracts';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { PageQuery, pageOf } from '../http/page.dto';

@ApiSchema({ name: 'Template', description: 'A message that WhatsApp approved: it may be sent at any time.' })
export class TemplateDto implements TemplateView {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'welcome' })
  name!: string;

  @ApiProperty({ example: 'en' })
  language!: string;

  @ApiProperty({ description: 'As WhatsApp names it.', example: 'UTILITY' })
  category!: string;

  @ApiProperty({
    description: 'As WhatsApp names it; only `APPROVED` ones can be sent.',
    example: 'APPROVED',
  })
  status!: string;

  @ApiProperty({
    description: 'In WhatsApp’s own shape.',
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    example: [{ type: 'BODY', text: 'Hello {{1}}, how can we help?' }],
  })
  components!: Record<string, unknown>[];
}

export const TemplatePageDto = pageOf(TemplateDto, 'Template');

export class TemplateQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'As WhatsApp names it.', maxLength: 40, example: 'APPROVED' })
  @IsOptional()
  @IsString()
  @MaxLength(40)
  status?: string;
}
