import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsString, Matches, MaxLength } from 'class-validator';

const NAME_MAX = 100;
const ONE_LINE = /^[^\p{Cc}\p{Cs}]*$/u;

/** What something is called: one line that says something. */
export const Name = (example: string): PropertyDecorator =>
  applyDecorators(
    ApiProperty({
      description: 'Unique in the business. Blanks around it are dropped.',
      minLength: 1,
      maxLength: NAME_MAX,
      example,
    }),
    IsString(),
    MaxLength(NAME_MAX),
    Matches(/\S/, { message: 'name must not be blank' }),
    Matches(ONE_LINE, { message: 'name must be one line' }),
  );
