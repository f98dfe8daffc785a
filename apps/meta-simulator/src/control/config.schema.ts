import { z } from 'zod';
import { limitsPatch, statusesPatch, webhookPatch } from '../settings/settings.schema';
import { TEMPLATE_STATUSES } from '../template/template.types';

const url = z.string().regex(/^https?:\/\//, 'must be an http(s) URL');

const component = z.looseObject({ type: z.string() });

export const templateSchema = z.strictObject({
  id: z.string().regex(/^\d+$/).optional(),
  name: z.string().min(1),
  language: z.string().min(1),
  category: z.string().min(1),
  status: z.enum(TEMPLATE_STATUSES).optional(),
  components: z.array(component),
  parameter_format: z.enum(['POSITIONAL', 'NAMED']).optional(),
});

export const phoneSchema = z.strictObject({
  id: z.string().min(1),
  displayPhoneNumber: z.string().optional(),
  verifiedName: z.string().optional(),
  status: z.string().optional(),
  qualityRating: z.string().optional(),
  /** Overrules `limits.messagesPerSecond`; null = back to it. */
  messagesPerSecond: z.number().min(0.1).nullable().optional(),
  registered: z.boolean().optional(),
  locked: z.boolean().optional(),
  paymentIssue: z.boolean().optional(),
  webhookUrl: url.nullable().optional(),
  /** Overrules the global `statuses`; null = back to them. */
  statuses: statusesPatch.nullable().optional(),
});

export const wabaSchema = z.strictObject({
  id: z.string().min(1),
  name: z.string().optional(),
  accessToken: z.string().optional(),
  locked: z.boolean().optional(),
  paymentIssue: z.boolean().optional(),
  subscribed: z.boolean().optional(),
  webhookUrl: url.nullable().optional(),
  phoneNumbers: z.array(phoneSchema).optional(),
  templates: z.array(templateSchema).optional(),
});

export const configSchema = z.strictObject({
  webhookUrl: url.optional(),
  appSecret: z.string().optional(),
  verifyToken: z.string().optional(),
  wabas: z.array(wabaSchema).optional(),
  statuses: statusesPatch.optional(),
  webhook: webhookPatch.optional(),
  limits: limitsPatch.optional(),
});

export type ConfigInput = z.infer<typeof configSchema>;
export type WabaInput = z.infer<typeof wabaSchema>;
export type PhoneInput = z.infer<typeof phoneSchema>;
