import { createLogger } from '@scrm/platform';
import type { AmqpConnectionManager } from 'amqp-connection-manager';
import type { ConfirmChannel } from 'amqplib';
import { EventEmitter } from 'node:events';
import { courtesy } from './courtesy';
import { KeptChannel } from './kept-channel';
import { uuidKey } from './publication-id';

const label = { name: 'test', logger: createLogger('test', 'silent') };
const asChannel = (channel: FakeChannel) => channel as unknown as ConfirmChannel;
const turn = () => jest.advanceTimersByTimeAsync(0);

class FakeChannel extends EventEmitter {
  closed = false;
  close(): Promise<void> {
    if (this.closed) return Promise.reject(new Error('closed already'));
    this.closed = true;
    this.emit('close');
    return Promise.resolve();
  }
}

class FakeConnection extends EventEmitter {
  readonly channels: FakeChannel[] = [];
  connected = true;
  isConnected = () => this.connected;
  connection = {
    createConfirmChannel: () => {
      const channel = new FakeChannel();
      this.channels.push(channel);
      return Promise.resolve(channel);
    },
  };
  get asManager() {
    return this as unknown as AmqpConnectionManager;
  }
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

describe('a channel that is kept open', () => {
  let connection: FakeConnection;
  let lost: jest.Mock;

  beforeEach(() => {
    connection = new FakeConnection();
    lost = jest.fn();
  });

  const keep = (setup: (channel: ConfirmChannel) => Promise<void> = () => Promise.resolve()) =>
    new KeptChannel(connection.asManager, label, setup, lost);

  it('waits for the connection, and is there with it', async () => {
    connection.connected = false;
    const kept = keep();
    await turn();
    expect(kept.current).toBeNull();
    connection.connected = true;
    connection.emit('connect');
    await turn();
    expect(kept.current).toBe(connection.channels[0]);
  });

  it('is opened again after it was lost alone, and says so', async () => {
    const kept = keep();
    await turn();
    await connection.channels[0]!.close();
    expect([kept.current, lost.mock.calls.length]).toEqual([null, 1]);
    await jest.advanceTimersByTimeAsync(500);
    expect(kept.current).toBe(connection.channels[1]);
  });

  it('is tried again where it could not be set up', async () => {
    let attempts = 0;
    const kept = keep(() => (++attempts < 3 ? Promise.reject(new Error('no')) : Promise.resolve()));
    await jest.advanceTimersByTimeAsync(1_000);
    expect(attempts).toBe(3);
    expect(connection.channels.map((channel) => channel.closed)).toEqual([true, true, false]);
    expect(kept.current).toBe(connection.channels[2]);
    expect(lost).not.toHaveBeenCalled();
  });

  it('is given up for a fresh one when it is abandoned, also while it is still set up', async () => {
    const broken: ConfirmChannel[] = [];
    const kept: KeptChannel = keep((channel) => {
      // The broker ends a consumer right after it began.
      if (broken.push(channel) === 1) kept.abandon(channel);
      return Promise.resolve();
    });
    await jest.advanceTimersByTimeAsync(500);
    expect(kept.current).toBe(connection.channels[1]);
    kept.abandon(asChannel(connection.channels[1]!));
    await jest.advanceTimersByTimeAsync(500);
    expect(kept.current).toBe(connection.channels[2]);
  });

  it('is given up where nothing comes on it, though it never answers its close', async () => {
    const kept = keep();
    await turn();
    const stuck = connection.channels[0]!;
    stuck.close = () => new Promise(() => undefined);
    jest.advanceTimersByTime(5_000);
    kept.heard();
    kept.replaceIfSilent(Date.now() - 1);
    expect(kept.current).toBe(stuck);
    jest.advanceTimersByTime(5_000);
    kept.replaceIfSilent(Date.now() - 1);
    expect([kept.current, lost.mock.calls.length]).toEqual([null, 1]);
    await jest.advanceTimersByTimeAsync(500);
    expect(kept.current).toBe(connection.channels[1]);
    // Its answer, after all.
    stuck.emit('close');
    await jest.advanceTimersByTimeAsync(500);
    expect([kept.current, lost.mock.calls.length]).toEqual([connection.channels[1], 1]);
    // It was just opened: that was an answer.
    kept.replaceIfSilent(Date.now() - 1_000);
    expect(kept.current).toBe(connection.channels[1]);
  });

  it('is not kept when it was closed behind the last answer of its set-up', async () => {
    const kept = keep(async (channel) => {
      if (connection.channels.length === 1) await channel.close();
    });
    await turn();
    expect(kept.current).toBeNull();
    await jest.advanceTimersByTimeAsync(500);
    expect(kept.current).toBe(connection.channels[1]);
  });

  it('stays closed when it is closed, also while it is still opened', async () => {
    const opening = keep();
    await opening.close();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(opening.current).toBeNull();
    expect(connection.channels.map((channel) => channel.closed)).toEqual([true]);
    connection.emit('connect');
    await jest.advanceTimersByTimeAsync(1_000);
    expect(connection.channels).toHaveLength(1);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('waiting out of courtesy', () => {
  it('is over with the answer, whichever it is, and leaves no timer', async () => {
    await courtesy(undefined);
    await courtesy(Promise.resolve());
    await courtesy(Promise.reject(new Error('closed already')));
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is over in two seconds where there is none', async () => {
    let over = false;
    void courtesy(new Promise(() => undefined)).then(() => (over = true));
    await jest.advanceTimersByTimeAsync(1_999);
    expect(over).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(over).toBe(true);
  });
});

it('no two publications have the same id', () => {
  expect(new Set(Array.from({ length: 10_000 }, uuidKey)).size).toBe(10_000);
});
