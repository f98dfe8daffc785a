import type { Type as Class } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

export class PageQuery {
  @ApiPropertyOptional({ description: '`nextCursor` of the page before.', maxLength: 500 })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  cursor?: string;

  @ApiPropertyOptional({
    description: 'How many at most.',
    type: 'integer',
    minimum: 1,
    maximum: 100,
    default: 30,
  })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;
}

/** A page of `item`, as OpenAPI describes it. */
export function pageOf(item: Class, name: string): Class {
  @ApiSchema({ name: `${name}Page` })
  class Page {
    @ApiProperty({ type: [item] })
    items!: unknown[];

    @ApiProperty({
      description: 'Give it as `cursor` for the next page; null on the last one.',
      type: String,
      nullable: true,
    })
    nextCursor!: string | null;
  }
  return Page;
}
