/**
 * Who sees what: figures compare only within one shape. The demo's few agents share much; in a busy business each
 * message concerns one of many.
 */
import { join } from 'node:path';
import { writeJson } from '../lib/files.mjs';
import { readDemo } from '../lib/seed.mjs';

const NUMBERS = 200;
const PASSWORD = 'bench-agent-2026';

/**
 * @typedef {object} Roster what of tools/demo.json the benchmark needs to know
 * @property {{ id: string, name: string }} tenant
 * @property {string} wabaId
 * @property {{ id: string, phoneNumberId: string, displayPhoneNumber: string, name: string, team: string }[]} senders
 * @property {{ email: string, password: string, role: string, teams: string[] }[]} agents
 *
 * @typedef {object} Shape
 * @property {string} says
 * @property {number} sockets
 * @property {(sockets: number) => Roster} roster
 */

/** @type {Record<'team' | 'agent', Shape>} */
export const SHAPES = {
  team: {
    says: 'the demo: 2 numbers, 6 agents, each message on about 12 of 20 screens',
    sockets: 20,
    roster: () => /** @type {any} */ (readDemo()),
  },
  agent: {
    says: 'a number, a team and an agent for each socket: each message on one of 200 screens',
    sockets: NUMBERS,
    roster: rosterOf,
  },
};

/** A business with as many numbers as agents, each number in a team of one. @param {number} count */
export function rosterOf(count) {
  const each = Array.from({ length: count }, (_, i) => i);
  const id = (/** @type {string} */ kind, /** @type {number} */ i) =>
    `01980000-0000-7000-8000-${kind}${String(i).padStart(10, '0')}`;
  const teams = each.map((i) => ({ id: id('a0', i), name: `Team ${i}` }));
  const senders = each.map((i) => ({
    id: id('c0', i),
    phoneNumberId: `2065403${String(i).padStart(8, '0')}`,
    displayPhoneNumber: `+62 812 2${String(i).padStart(6, '0')}`,
    name: `Number ${i}`,
    team: teams[i].name,
  }));
  return {
    tenant: { id: id('00', 9), name: 'Benchmark' },
    teams,
    agents: each.map((i) => ({
      id: id('b0', i),
      name: `Agent ${i}`,
      email: `agent${i}@bench.test`,
      password: PASSWORD,
      role: 'agent',
      teams: [teams[i].name],
    })),
    wabaId: '202290129340398',
    accessToken: 'bench-access-token',
    senders,
    contacts: [],
    templates: [],
    firstMessage: {
      phoneNumberId: senders[0].phoneNumberId,
      from: { waId: '6281210000001', name: 'Sari Wulandari' },
      text: 'Halo!',
    },
  };
}

/** Where the seeds find it. @param {string} folder @param {Roster} roster */
export function writeRoster(folder, roster) {
  const file = join(folder, 'roster.json');
  writeJson(file, roster);
  return file;
}
