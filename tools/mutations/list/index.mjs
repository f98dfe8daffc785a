import { ACCESS } from './access.mjs';
import { AUDIT } from './audit.mjs';
import { DELIVERY } from './delivery.mjs';
import { HAND_OVER } from './hand-over.mjs';
import { DIRECTORY } from './directory.mjs';
import { ISOLATION } from './isolation.mjs';
import { KEYS } from './keys.mjs';
import { MFA } from './mfa.mjs';
import { MAIL } from './mail.mjs';
import { PRESENCE } from './presence.mjs';
import { ROAD_IN } from './road-in.mjs';
import { ROAD_OUT } from './road-out.mjs';
import { SCREENS } from './screens.mjs';
import { SSO } from './sso.mjs';

/** @type {import('../mutation.mjs').Mutation[]} */
export const MUTATIONS = [
  ...ROAD_IN,
  ...ROAD_OUT,
  ...DELIVERY,
  ...SCREENS,
  ...ISOLATION,
  ...ACCESS,
  ...AUDIT,
  ...KEYS,
  ...MFA,
  ...MAIL,
  ...SSO,
  ...HAND_OVER,
  ...PRESENCE,
  ...DIRECTORY,
];
