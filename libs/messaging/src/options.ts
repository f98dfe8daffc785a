import type { BrokerNames } from '@scrm/contracts';

export const MESSAGING_OPTIONS = Symbol('messaging-options');

export interface MessagingOptions {
  url: string;
  /** The service: names its RPC queue. */
  service: string;
  names: BrokerNames;
  /** How often a worker looks whether it holds more partitions than its share; 2 s where nothing is said. */
  shareEveryMs?: number;
}

/**
 * How all connections of a process keep in touch: a dead broker is noticed in 10 to 15 s, a returned one in 1 s, and one that
 * takes a connection and says nothing is given up after 5 s. Nothing is kept back for a fuller packet: against the
 * broker's delayed acknowledgements that costs 40 ms a message.
 */
export const CONNECTION_MANAGER_OPTIONS = {
  heartbeatIntervalInSeconds: 5,
  reconnectTimeInSeconds: 1,
  connectionOptions: { noDelay: true, timeout: 5_000 },
};

/**
 * amqplib puts a frame that is not complete together anew with each 64 KiB that come: frames above that cost several
 * times their size in memory, and the garbage collector comes ever so often.
 */
const FRAME_BYTES = 16 * 1024;

/** The broker's address, for a connection whose frames are small, whatever the size of its messages. */
export function inSmallFrames(address: string): string {
  const url = new URL(address);
  url.searchParams.set('frameMax', String(FRAME_BYTES));
  return url.href;
}
