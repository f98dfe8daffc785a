/**
 * The names of everything on the broker. Exchanges are fixed; queues follow from what they carry, so nobody types
 * one by hand. The namespace is `scrm` everywhere but in tests.
 */
export const INBOUND_PARTITIONS = 8;
export const OUTBOUND_PARTITIONS = 8;

export function brokerNames(namespace = 'scrm') {
  return {
    exchange: {
      webhook: `${namespace}.webhook`,
      outbound: `${namespace}.outbound`,
      events: `${namespace}.events`,
      realtime: `${namespace}.realtime`,
      interest: `${namespace}.interest`,
      dead: `${namespace}.dead`,
    },
    /** Items of Meta's deliveries, by the hash of (sender, customer). */
    inboundQueue: (partition: number) => `${namespace}.waba.inbound.${partition}`,
    /** Whole deliveries that are kept but not worked on: split ones, and what is not JSON. */
    archiveQueue: `${namespace}.waba.archive`,
    /** "This conversation has something to send", by the hash of the sender. */
    outboundQueue: (partition: number) => `${namespace}.waba.outbound.${partition}`,
    /** Carries nothing: whoever consumes partitions consumes it too, so that its consumers are their number. */
    workersQueue: (service: string) => `${namespace}.${service}.workers`,
    /** Questions to a service. */
    rpcQueue: (service: string) => `${namespace}.rpc.${service}`,
    realtimeQueue: (pod: string) => `${namespace}.ws.realtime.${pod}`,
    /** What a ws pod hears of who came and went. */
    presenceQueue: (pod: string) => `${namespace}.ws.presence.${pod}`,
    /** What a process hears of ended access. */
    revocationQueue: (service: string, process: string) => `${namespace}.${service}.revocation.${process}`,
  };
}
export type BrokerNames = ReturnType<typeof brokerNames>;

/** FNV-1a over the key: the same key always goes to the same partition, in every process and version. */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) {
    hash ^= key.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return (hash >>> 0) % partitions;
}
