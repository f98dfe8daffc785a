import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';

/** A password that somebody chooses. Whether it is good enough is the user service's to say. */
export const NewPassword = (): PropertyDecorator =>
  applyDecorators(
    ApiProperty({
      description: 'At least 10 characters, and neither easy to guess nor known from leaks.',
      minLength: 10,
      maxLength: 256,
      format: 'password',
    }),
    IsString(),
    IsNotEmpty(),
    MaxLength(1024),
  );
