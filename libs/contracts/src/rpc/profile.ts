import { z } from 'zod';
import { defineRpc } from '../contract';
import { languageList, timeZone } from '../profile';
import { agentName, agentView } from './agent';

/**
 * What agents change of their own. What they are good for (skills, capacity, hours) admins say, with
 * {@link agentUpdate}. Errors: unauthenticated.
 */
export const profileUpdate = defineRpc(
  'user.profile.update.v1',
  z.object({
    name: agentName.optional(),
    languages: languageList.optional(),
    timeZone: timeZone.nullable().optional(),
  }),
  agentView,
);
