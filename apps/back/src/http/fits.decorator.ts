import { ValidateBy } from 'class-validator';
import type { z } from 'zod';

/** What the contract says of the field, so that the rule is written once. The first thing that is wrong is named. */
export const Fits = (schema: z.ZodType): PropertyDecorator => {
  const problemWith = (value: unknown) => {
    const issue = schema.safeParse(value).error?.issues[0];
    return issue && `${['$property', ...issue.path].join('.')} is not valid: ${issue.message}`;
  };
  return ValidateBy({
    name: 'fits',
    validator: {
      validate: (value) => !problemWith(value),
      defaultMessage: (given) => problemWith(given?.value) ?? '$property is not valid',
    },
  });
};
