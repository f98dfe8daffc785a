import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBenchOptions } from '../options.mjs';
import { rosterOf, SHAPES } from '../shape.mjs';
import { FloorAgent } from '../tokens.mjs';

const KNOWN = ['idle', 'steady'];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('without flags every scenario runs, as each of them thinks best', () => {
  const { scenarios, shape, sockets, rate, rounds, profile } = parseBenchOptions([], KNOWN);
  assert.deepEqual(scenarios, KNOWN);
  assert.deepEqual({ shape, sockets, rate }, { shape: undefined, sockets: undefined, rate: undefined });
  assert.deepEqual({ rounds, profile }, { rounds: 3, profile: false });
});

test('flags are taken with a space or an equals sign', () => {
  const options = parseBenchOptions(['--shape=agent', '--rounds', '5', '--rate=500', '--profile'], KNOWN);
  assert.equal(options.shape, 'agent');
  assert.equal(options.rounds, 5);
  assert.equal(options.rate, 500);
  assert.equal(options.profile, true);
});

test('what it does not know is refused, and the refusal says what there is', () => {
  for (const [args, says] of [
    [['--shape', 'round'], /team and agent/],
    [['--scenario', 'idle,fast'], /idle, steady/],
    [['--rounds', '0'], /from 1 to/],
    [['--rate', '1e3'], /whole number/],
    [['--rate'], /--rate.*missing/],
    [['--fast'], /Unknown option '--fast'.*--help/],
  ])
    assert.throws(() => parseBenchOptions(/** @type {string[]} */ (args), KNOWN), /** @type {any} */ (says));
});

test('in the shape of agents each number is seen by one of them', () => {
  const { agents, senders, teams } = rosterOf(200);
  const screens = agents.map((login) => new FloorAgent(login, senders));
  for (const { team } of senders) assert.equal(screens.filter((screen) => screen.sees(team)).length, 1);
  const ids = [...agents, ...senders, ...teams].map(({ id }) => id);
  assert.equal(new Set(ids).size, 600);
  for (const id of ids) assert.match(id, UUID);
});

test("the demo's shape stays what its figures were measured in", () => {
  const { agents, senders } = SHAPES.team.roster(SHAPES.team.sockets);
  const screens = Array.from({ length: SHAPES.team.sockets }, (_, i) => agents[i % agents.length]);
  const of = (/** @type {string} */ team) =>
    screens.filter((login) => new FloorAgent(login, senders).sees(team)).length;
  assert.deepEqual(senders.map(({ team }) => of(team)).sort(), [10, 14]);
});
