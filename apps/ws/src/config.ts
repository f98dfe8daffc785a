import { REALTIME_ROUTINGS, type SOCKET_LIMITS } from '@scrm/contracts';
import { baseConfig, brokerConfig, commaList, tokenConfig } from '@scrm/platform';
import { z } from 'zod';

export type SocketLimits = { -readonly [K in keyof typeof SOCKET_LIMITS]: number };

export const wsConfig = baseConfig
  .extend(brokerConfig.shape)
  .extend(tokenConfig.shape)
  .extend({
    /** How often the pod compares its feeds with the database. */
    REALTIME_CHECK_MS: z.coerce.number().int().min(50).max(60_000).default(2_000),
    /**
     * `interest`: takes from the broker what its sockets can see. It understands both ways at any time, so pods are
     * switched to it before the workers, and back after them.
     */
    REALTIME_ROUTING: z.enum(REALTIME_ROUTINGS).default('fanout'),
    /**
     * The web origins that may open a socket, e.g. `https://inbox.example.com`. Unset: in production only pages of
     * the very host that the socket is on; in development and tests any. What is no browser sends no Origin and is
     * let in: nothing here rests on cookies, so another page can't borrow anybody's rights.
     */
    WS_ALLOWED_ORIGINS: commaList.optional(),
    /** How often a pod says whose sockets it has. `user` lets go of one that says nothing for PRESENCE_LEASE_S. */
    PRESENCE_REPORT_MS: z.coerce.number().int().min(100).max(10_000).default(10_000),
    /** Over how long a pod that stops sends its clients elsewhere. */
    DRAIN_SPREAD_MS: z.coerce.number().int().min(0).max(15_000).default(5_000),
  });

export type WsConfig = z.infer<typeof wsConfig> & {
  /** Set by tests only. */
  limits?: Partial<SocketLimits>;
};

export const WS_CONFIG = Symbol('ws-config');
