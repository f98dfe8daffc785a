/**
 * One agent's screen: a socket that comes back with its cursor as the real client does, on the next pod. Unlike the
 * real client it hides nothing that comes twice: whatever arrives is written down.
 */
import WebSocket from 'ws';

const PING_MS = 20_000;
const SILENCE_MS = 10_000;
const RENEW_BEFORE_MS = 120_000;
const NOT_ALLOWED = 4403;

/** Frames of new messages, nearly all there are, are read without parsing: twenty screens share one driver. */
const RECEIVED = '{"type":"message.received","conversationId":"';
const ID_LENGTH = 36;
const SEQ = '","seq":';

/**
 * @typedef {object} ScreenOptions
 * @property {Pick<import('./tokens.mjs').Agent, 'token' | 'email'>} agent
 * @property {string[]} urls of all pods
 * @property {number} first which pod it begins with
 * @property {ReturnType<import('./ledger.mjs').Ledger['account']>} account
 * @property {(wamid: string) => number | undefined} numberOf the number of a message of ours
 * @property {(frame: any) => void} [onOther] hears every other event of a conversation, parsed
 * @property {(n: number, conversationId: string) => void} [onMessage]
 */

export class Screen {
  live = false;
  reconnects = 0;
  frames = 0;
  #options;
  #next;
  /** @type {string | undefined} */
  #cursor;
  /** @type {WebSocket | undefined} */
  #socket;
  #closed = false;
  /** @type {Partial<Record<'ping' | 'silence' | 'renew' | 'again', NodeJS.Timeout>>} */
  #timers = {};
  /** @type {(() => void)[]} */
  #waiting = [];

  /** @param {ScreenOptions} options */
  constructor(options) {
    this.#options = options;
    this.#next = options.first;
    void this.#connect();
  }

  /** @returns {Promise<void>} when it is live */
  untilLive() {
    return this.live ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  close() {
    this.#closed = true;
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.#socket?.terminate();
  }

  /** Loses the connection, as on a train. */
  drop() {
    this.#socket?.terminate();
  }

  async #connect() {
    const { agent, urls } = this.#options;
    const token = await agent.token().catch(() => undefined);
    if (this.#closed || !token) return;
    const socket = new WebSocket(urls[this.#next++ % urls.length], {
      perMessageDeflate: false,
      skipUTF8Validation: true,
      handshakeTimeout: 5_000,
    });
    this.#socket = socket;
    const cursor = this.#cursor;
    socket.on('open', () => socket.send(JSON.stringify({ type: 'auth', token, ...(cursor && { cursor }) })));
    socket.on('message', (/** @type {Buffer} */ data) => this.#hear(data));
    socket.on('error', () => {});
    socket.on('close', (code) => this.#lost(code));
  }

  /** @param {Buffer} data */
  #hear(data) {
    this.frames++;
    const text = data.latin1Slice();
    if (!text.startsWith(RECEIVED)) {
      this.#read(JSON.parse(data.toString()));
      return;
    }
    const end = RECEIVED.length + ID_LENGTH;
    const conversationId = text.slice(RECEIVED.length, end);
    const from = text.indexOf('"wamid":"', end) + 9;
    const at = text.lastIndexOf('"cursor":"') + 10;
    if (!text.startsWith(SEQ, end) || from < 9 || at < 10) throw new Error(`an unexpected frame: ${text}`);
    this.#options.account.change(conversationId, Number.parseInt(text.slice(end + SEQ.length, end + 24), 10));
    const n = this.#options.numberOf(text.slice(from, text.indexOf('"', from)));
    if (n !== undefined) {
      this.#options.account.message(n);
      this.#options.onMessage?.(n, conversationId);
    }
    this.#cursor = text.slice(at, text.indexOf('"', at));
  }

  /** @param {any} frame */
  #read(frame) {
    const { account, onOther } = this.#options;
    if (frame.type === 'ready') return this.#ready(frame);
    if (frame.type === 'pong') clearTimeout(this.#timers.silence);
    else if (frame.type === 'reset') account.reset();
    else if (frame.type === 'error' || frame.type === 'presence') return;
    else {
      account.change(frame.conversationId, frame.seq);
      onOther?.(frame);
    }
    if (frame.cursor) this.#cursor = frame.cursor;
  }

  /** @param {{ cursor: string, expiresAt: string }} frame */
  #ready({ cursor, expiresAt }) {
    this.#cursor ??= cursor;
    this.live = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
    clearInterval(this.#timers.ping);
    this.#timers.ping = setInterval(() => this.#ping(), PING_MS);
    clearTimeout(this.#timers.renew);
    const left = Date.parse(expiresAt) - Date.now() - RENEW_BEFORE_MS;
    this.#timers.renew = setTimeout(() => void this.#renew(), Math.max(5_000, left));
  }

  #ping() {
    this.#socket?.send('{"type":"ping"}', () => {});
    clearTimeout(this.#timers.silence);
    this.#timers.silence = setTimeout(() => this.#socket?.terminate(), SILENCE_MS);
  }

  /** A fresh token on the same socket, before the old one ends. */
  async #renew() {
    const socket = this.#socket;
    const token = await this.#options.agent.token().catch(() => undefined);
    if (token && socket === this.#socket) socket?.send(JSON.stringify({ type: 'auth', token }), () => {});
  }

  /** @param {number} code */
  #lost(code) {
    this.live = false;
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    if (this.#closed) return;
    if (code === NOT_ALLOWED) throw new Error(`${this.#options.agent.email} may not use the inbox`);
    this.reconnects++;
    this.#timers.again = setTimeout(() => void this.#connect(), 200 + Math.random() * 800);
  }
}
