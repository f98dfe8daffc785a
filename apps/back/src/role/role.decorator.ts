import { ApiProperty } from '@nestjs/swagger';
import { ROLES } from '@scrm/contracts';

/** One of the roles that every business has, or the id of one of its own. */
export const ROLE = new RegExp(
  `^(?:${ROLES.join('|')}|[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})$`,
);
export const NO_ROLE = `role must be ${ROLES.join(', ')}, or the id of one of your own roles`;

/** @param options.also said after what a role is */
export function ApiRole({
  required = true,
  also,
}: { required?: boolean; also?: string } = {}): PropertyDecorator {
  const named = ROLES.map((role) => `\`${role}\``).join(', ');
  return ApiProperty({
    type: String,
    required,
    description: `${named}, or the id of a role of your own.${also ? ` ${also}` : ''}`,
    pattern: ROLE.source,
    example: 'agent',
  });
}
