import { ACCESS } from './access.mjs';
import { DELIVERY } from './delivery.mjs';
import { DIRECTORY } from './directory.mjs';
import { ISOLATION } from './isolation.mjs';
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
  ...DIRECTORY,
];
