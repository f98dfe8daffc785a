/** The faults of the broker, the database, the network and Graph. */
import { CLUSTER_FAULTS } from '../cluster/index.mjs';
import { BROKER_FAULTS } from './broker.mjs';
import { CLOCK_FAULTS } from './clock.mjs';
import { DATABASE_FAULTS } from './database.mjs';
import { diskAlarm } from './disk-alarm.mjs';
import { GRAPH_FAULTS } from './graph.mjs';
import { POISON_FAULTS } from './poison.mjs';
import { REPEATED_FAULTS } from './repeated.mjs';
import { SOCKET_FAULTS } from './sockets.mjs';

/** @type {import('../world.mjs').Fault[]} */
export const INFRASTRUCTURE_FAULTS = [
  ...BROKER_FAULTS,
  diskAlarm,
  ...DATABASE_FAULTS,
  ...SOCKET_FAULTS,
  ...POISON_FAULTS,
  ...REPEATED_FAULTS,
  ...GRAPH_FAULTS,
  ...CLOCK_FAULTS,
  ...CLUSTER_FAULTS,
];
