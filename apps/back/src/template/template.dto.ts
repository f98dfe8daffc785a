import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { templateSort, type TemplateView } from '@scrm/contracts';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import type { z } from 'zod';
import { PageQuery, pageOf, Search, Sort } from '../http/page.dto';

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

const Word = (example: string): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ description: 'As WhatsApp names it.', maxLength: 40, example }),
    IsOptional(),
    IsString(),
    MaxLength(40),
  );

export class TemplateQuery extends PageQuery {
  @Word('APPROVED')
  status?: string;

  @Word('en')
  language?: string;

  @Word('UTILITY')
  category?: string;

  @Search('Only templates with this in their name')
  q?: string;

  @Sort(templateSort.options, 'createdAt')
  sort?: z.infer<typeof templateSort>;
}
