import { z } from 'zod';

const identity = z.strictObject({
  waId: z.string().optional(),
  userId: z.string().optional(),
  parentUserId: z.string().optional(),
  name: z.string().optional(),
  username: z.string().optional(),
});

export const fromSchema = identity.refine(
  (from) => from.waId !== undefined || from.userId !== undefined || from.parentUserId !== undefined,
  { message: 'needs waId, userId or parentUserId' },
);

/** Keys that are not named here go into the message as they are: Meta adds keys without warning too. */
export const inboundSchema = z.looseObject({
  phoneNumberId: z.string(),
  from: fromSchema,
  type: z.string().min(1),
  /** Default: a new wamid. Give one to deliver the same message again. */
  id: z.string().optional(),
  timestamp: z.union([z.string(), z.number()]).optional(),
  groupId: z.string().optional(),
});

export const bulkSchema = z.strictObject({
  messages: z.array(inboundSchema).min(1).max(10_000),
  /** Messages per delivery. */
  perDelivery: z.number().int().min(1).max(1000).default(1),
});

export const preferenceSchema = z.strictObject({
  phoneNumberId: z.string(),
  from: fromSchema,
  value: z.enum(['stop', 'resume']),
  detail: z.string().optional(),
});

export type InboundInput = z.infer<typeof inboundSchema>;
export type PreferenceInput = z.infer<typeof preferenceSchema>;
