import { baseConfig } from '@scrm/platform';
import { z } from 'zod';

/** Where to listen is all the environment says; the rest is told by the control API. */
export const configSchema = baseConfig.extend({
  PORT: z.coerce.number().int().min(0).max(65_535).default(8090),
});
