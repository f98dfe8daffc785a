import type { BrokerNames } from '@scrm/contracts';

export const MESSAGING_OPTIONS = Symbol('messaging-options');

export interface MessagingOptions {
  url: string;
  /** The service: names its RPC queue. */
  service: string;
  names: BrokerNames;
}

/**
 * How all connections of a process keep in touch: a dead broker is noticed in 20 s, a returned one in 1 s, and one that
 * takes a connection and says nothing is given up after 5 s. Nothing is kept back for a fuller packet: against the
 * broker's delayed acknowledgements that costs 40 ms a message.
 */
export const CONNECTION_MANAGER_OPTIONS = {
  heartbeatIntervalInSeconds: 10,
  reconnectTimeInSeconds: 1,
  connectionOptions: { noDelay: true, timeout: 5_000 },
};
