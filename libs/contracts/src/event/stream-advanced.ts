import { z } from 'zod';
import { defineEvent } from '../contract';
import { uuid } from '../uuid';

/**
 * Where the stream of a tenant went on, without what happened: a pod on which nobody can see it moves on too. Each
 * place is its position, and by their number in `audiences` who may see it and, where the change took it away from
 * them, who could before.
 */
export const streamAdvanced = defineEvent(
  'waba.stream.advanced.v1',
  z.object({
    tenantId: uuid,
    epoch: z.string(),
    /** Team and assignee. */
    audiences: z.array(z.tuple([uuid.nullable(), uuid.nullable()])),
    places: z.array(
      z.union([
        z.tuple([z.number().int().positive(), z.number().int().nonnegative()]),
        z.tuple([
          z.number().int().positive(),
          z.number().int().nonnegative(),
          z.number().int().nonnegative(),
        ]),
      ]),
    ),
  }),
);
