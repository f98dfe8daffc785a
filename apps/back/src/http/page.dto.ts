import { applyDecorators, type Type as Class } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { CURSOR_MAX } from '@scrm/contracts';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';

export class PageQuery {
  @ApiPropertyOptional({ description: '`nextCursor` of the page before.', maxLength: CURSOR_MAX })
  @IsOptional()
  @IsString()
  @MaxLength(CURSOR_MAX)
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

/** `sort` of a list: one of its orders, as the contract has them. */
export const Sort = (orders: readonly string[], byDefault: string): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({
      description: 'By what; with `-` the other way round. A cursor is good for its own order only.',
      enum: orders,
      default: byDefault,
    }),
    IsOptional(),
    IsIn(orders),
  );

const Q_MAX = 100;

/** `q` of a list: what people type to find something. */
export const Search = (description: string): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ description: `${description}, upper or lower case.`, maxLength: Q_MAX }),
    IsOptional(),
    IsString(),
    MaxLength(Q_MAX),
    Matches(/^[^\p{Cc}\p{Cs}]*$/u, { message: 'q must be one line' }),
  );

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
