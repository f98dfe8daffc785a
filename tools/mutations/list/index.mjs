import { ACCESS } from './access.mjs';
import { DELIVERY } from './delivery.mjs';
import { HAND_OVER } from './hand-over.mjs';
import { ISOLATION } from './isolation.mjs';
import { PRESENCE } from './presence.mjs';
import { ROAD_IN } from './road-in.mjs';
import { ROAD_OUT } from './road-out.mjs';
import { SCREENS } from './screens.mjs';

/** @type {import('../mutation.mjs').Mutation[]} */
export const MUTATIONS = [
  ...ROAD_IN,
  ...ROAD_OUT,
  ...DELIVERY,
  ...SCREENS,
  ...ISOLATION,
  ...ACCESS,
  ...HAND_OVER,
  ...PRESENCE,
];
