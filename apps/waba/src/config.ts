import { REALTIME_ROUTINGS } from '@scrm/contracts';
import {
  baseConfig,
  brokerConfig,
  commaList,
  secretsConfig,
  tokenConfig,
  withMasterKeys,
} from '@scrm/platform';
import { z } from 'zod';

export const WABA_ROLES = ['ingress', 'worker', 'scheduler'] as const;
export type WabaRole = (typeof WABA_ROLES)[number];

export const wabaConfig = withMasterKeys(
  baseConfig.extend({
    ...brokerConfig.shape,
    ...secretsConfig.shape,
    ...tokenConfig.shape,
    DATABASE_URL: z.string().startsWith('postgres'),
    DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(100).default(10),
    /** What this pod does: `ingress` takes webhooks, `worker` works and sends, `scheduler` tidies. */
    WABA_ROLES: commaList.pipe(z.array(z.enum(WABA_ROLES))).default([...WABA_ROLES]),
    /** The app secrets that sign webhooks; two while one is replaced by the other. */
    META_APP_SECRETS: commaList,
    META_VERIFY_TOKEN: z.string().min(1),
    GRAPH_BASE_URL: z.url().default('https://graph.facebook.com'),
    GRAPH_VERSION: z
      .string()
      .regex(/^v\d{2}\.\d$/)
      .default('v25.0'),
    GRAPH_TIMEOUT_MS: z.coerce.number().int().min(500).default(10_000),
    /** How long raw deliveries of Meta are kept. */
    WEBHOOK_RETENTION_DAYS: z.coerce.number().min(1).default(30),
    /** How far back a client's cursor may reach. */
    STREAM_RETENTION_HOURS: z.coerce.number().min(1).default(72),
    /** How changes reach the ws pods, which are switched to `interest` before this is, and back after it. */
    REALTIME_ROUTING: z.enum(REALTIME_ROUTINGS).default('fanout'),
    /** Messages of one partition in hand (deliveries, or bundles of them), and deliveries in one transaction. */
    INBOUND_PREFETCH: z.coerce.number().int().min(1).default(50),
    INBOUND_BATCH: z.coerce.number().int().min(1).default(100),
    /** Deliveries that travel as one message of the broker where many come at once. */
    INBOUND_BUNDLE: z.coerce.number().int().min(1).max(100).default(16),
    /** Events of one tenant, and deliveries, that are stored as one piece where many come at once. */
    STORED_BUNDLE: z.coerce.number().int().min(1).max(1_000).default(100),
  }),
);
export type WabaConfig = z.infer<typeof wabaConfig>;
export const WABA_CONFIG = Symbol('waba-config');
