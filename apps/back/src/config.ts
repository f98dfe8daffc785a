import { baseConfig, brokerConfig, commaList, tokenConfig } from '@scrm/platform';
import { z } from 'zod';

export const backConfig = baseConfig.extend({
  ...brokerConfig.shape,
  ...tokenConfig.shape,
  /** Origins of other sites whose pages may call the API. Without it: none, and in development any local one. */
  CORS_ORIGINS: commaList.pipe(z.array(z.url())).optional(),
});
export type BackConfig = z.infer<typeof backConfig>;
