import { Injectable, Param, type PipeTransform } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { AppError } from '@scrm/platform';
import { z } from 'zod';

const uuid = z.uuid();

/** What is no id of ours names nothing: 404, as for an id that nobody has. */
@Injectable()
class IdPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (uuid.safeParse(value).success) return value;
    throw new AppError('not_found', 'There is nothing with this id.');
  }
}

/** The `:id` of the path, or another id in it. */
export const Id = (name = 'id') => Param(name, IdPipe);

/** The same for OpenAPI. */
export const ApiId = (of: string, name = 'id') =>
  ApiParam({ name, description: `Id of the ${of}.`, schema: { type: 'string', format: 'uuid' } });
