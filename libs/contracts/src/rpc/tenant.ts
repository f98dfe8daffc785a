import { z } from 'zod';
import { defineRpc } from '../contract';
import {
  languageList,
  specialDays,
  specialDaysView,
  timeZone,
  workingHours,
  workingHoursView,
} from '../profile';
import { nameOf } from '../views';
import { uuid } from '../uuid';

export const tenantView = z.object({
  id: uuid,
  name: z.string(),
  timeZone: z.string(),
  languages: z.array(z.string()),
  /** Null: at all hours. */
  workingHours: workingHoursView.nullable(),
  specialDays: specialDaysView,
  /** How long messages are kept; null: for ever. */
  messageRetentionDays: z.number().int().nullable(),
  /** How long their media are kept; null: as long as their messages. */
  mediaRetentionDays: z.number().int().nullable(),
  /** Of these settings: each change of them is a new one. */
  version: z.number().int(),
});
export type TenantView = z.infer<typeof tenantView>;

/** Ten years. Below, for a month of messages, support could not look back at what a customer is talking about. */
const retention = (least: number) => z.number().int().min(least).max(3650).nullable();
export const messageRetentionDays = retention(30);
export const mediaRetentionDays = retention(7);

/** The settings of the caller's tenant. */
export const tenantGet = defineRpc('user.tenant.get.v1', z.object({}), tenantView);

/**
 * Changes what is given. `version` is the one that the caller has seen: where somebody was faster nothing changes, so
 * that nobody overwrites what they never saw.
 *
 * Errors: conflict (there is a newer version); invalid_request (media would be kept longer than their messages).
 */
export const tenantUpdate = defineRpc(
  'user.tenant.update.v1',
  z.object({
    version: z.number().int(),
    name: nameOf(200).optional(),
    timeZone: timeZone.optional(),
    languages: languageList.optional(),
    workingHours: workingHours.nullable().optional(),
    specialDays: specialDays.optional(),
    messageRetentionDays: messageRetentionDays.optional(),
    mediaRetentionDays: mediaRetentionDays.optional(),
  }),
  tenantView,
);
