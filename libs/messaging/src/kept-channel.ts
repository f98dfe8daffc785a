import type { Logger } from '@scrm/platform';
import type { AmqpConnectionManager } from 'amqp-connection-manager';
import type { ConfirmChannel } from 'amqplib';
import { courtesy } from './courtesy';

const REOPEN_MS = 500;

/**
 * A channel that opens itself again: after the connection came back, and after an error closed this channel alone.
 * Whoever acks must do so on the channel that delivered, so each opening hands out the raw channel and nothing hides
 * the change.
 */
export class KeptChannel {
  current: ConfirmChannel | null = null;
  private heardAt = 0;
  private opening = false;
  private closed = false;
  private readonly reopen = () => void this.open();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly connection: AmqpConnectionManager,
    private readonly label: { name: string; logger: Logger },
    private readonly setup: (channel: ConfirmChannel) => Promise<void>,
    private readonly onLost: () => void = () => undefined,
    private readonly onOpened: () => void = () => undefined,
  ) {
    connection.on('connect', this.reopen);
    void this.open();
  }

  async close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.connection.removeListener('connect', this.reopen);
    const channel = this.current;
    this.current = null;
    await courtesy(channel?.close());
  }

  /** Gives the channel up as broken, e.g. after the broker cancelled a consumer; a fresh one follows. */
  abandon(channel: ConfirmChannel) {
    void channel.close().catch(() => this.lost(channel));
  }

  /** Something came on the current channel. */
  heard() {
    this.heardAt = Date.now();
  }

  /**
   * Gives the channel up where nothing came on it since then, though something should have: what it owes is lost at
   * once. A channel that asks a broker node which hangs may be stuck for minutes; a new one goes to the new leaders of
   * the queues.
   */
  replaceIfSilent(sinceMs: number) {
    const channel = this.current;
    if (!channel || this.heardAt >= sinceMs) return;
    this.label.logger.warn({ channel: this.label.name }, 'nothing comes on this channel: it is replaced');
    // It may never answer.
    void courtesy(channel.close());
    this.lost(channel);
  }

  private async open() {
    const connection = this.connection.connection;
    if (!connection || !this.connection.isConnected() || this.opening || this.current || this.closed) return;
    this.opening = true;
    let channel: ConfirmChannel | undefined;
    let gone = false;
    try {
      const opened = await connection.createConfirmChannel();
      channel = opened;
      opened.on('error', (err: Error) =>
        this.label.logger.warn({ err, channel: this.label.name }, 'channel error'),
      );
      opened.on('close', () => {
        gone = true;
        this.lost(opened);
      });
      await this.setup(opened);
      // The broker may have closed it behind the last answer: a dead channel must not be kept as the current one.
      if (gone) throw new Error('closed while it was opened');
      if (this.closed) return void (await opened.close());
      this.current = opened;
      this.heard();
      this.onOpened();
    } catch (err) {
      if (!this.closed)
        this.label.logger.warn({ err, channel: this.label.name }, 'channel could not be opened');
      await channel?.close().catch(() => undefined);
      this.again();
    } finally {
      this.opening = false;
    }
  }

  private lost(channel: ConfirmChannel) {
    if (this.current === channel) {
      this.current = null;
      this.onLost();
    }
    this.again();
  }

  private again() {
    if (this.closed) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(this.reopen, REOPEN_MS);
  }
}
