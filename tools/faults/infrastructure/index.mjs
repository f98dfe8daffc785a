/** The faults of the broker, the database, the network and Graph. @type {import('../world.mjs').Fault[]} */
export const INFRASTRUCTURE_FAULTS = [];
