/**
 * Posts over kept connections, one at a time on each. The load driver shares its cores with what it measures, and a
 * client made for everything would be half of what it costs; this one reads the little that our servers answer, and
 * ends the run where they answer otherwise.
 */
import { connect } from 'node:net';

const CONNECT_TIMEOUT_MS = 2_000;
const ANSWER_TIMEOUT_MS = 15_000;
const ANSWER = /^HTTP\/1\.1 (\d{3}) /;
const LENGTH = /\r\ncontent-length: *(\d+)/i;
const CHUNKED = /\r\ntransfer-encoding: *chunked/i;
const LAST_CHUNK = '\r\n0\r\n\r\n';
const CLOSES = /\r\nconnection: *close/i;

/** @typedef {{ text: string, resolve: (status: number) => void, reject: (error: Error) => void }} Post */

/** Read into by all connections in turn: each takes out what it needs before the next one reads. */
const READ = Buffer.allocUnsafe(64 * 1024);

export class Posts {
  #host;
  #port;
  #left;
  #closed = false;
  /** @type {Connection[]} the last one used is the next one used */
  #idle = [];
  /** @type {Set<Connection>} */
  #all = new Set();
  /** @type {Post[]} */
  #waiting = [];

  /** @param {string} url its path is not used @param {number} connections at most */
  constructor(url, connections) {
    const { hostname, port } = new URL(url);
    this.#host = hostname;
    this.#port = Number(port);
    this.#left = connections;
  }

  /**
   * @param {string} path
   * @param {Record<string, string>} headers
   * @param {string} body of characters up to U+00FF, which travel as one byte each
   * @returns {Promise<number>} the status of the answer; what the answer says is not kept
   * @throws where no answer came
   */
  post(path, headers, body) {
    let text = `POST ${path} HTTP/1.1\r\nhost: ${this.#host}\r\ncontent-length: ${body.length}\r\n`;
    for (const name in headers) text += `${name}: ${headers[name]}\r\n`;
    text += `\r\n${body}`;
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new Error('closed'));
      const post = { text, resolve, reject };
      const connection = this.#idle.pop() ?? this.#another();
      if (connection) connection.begin(post);
      else this.#waiting.push(post);
    });
  }

  close() {
    this.#closed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new Error('closed'));
    for (const connection of this.#all) connection.end(new Error('closed'));
  }

  #another() {
    if (this.#left === 0) return undefined;
    this.#left--;
    const connection = new Connection(this.#host, this.#port, {
      free: () => {
        const next = this.#waiting.shift();
        if (next) connection.begin(next);
        else this.#idle.push(connection);
      },
      gone: () => this.#forget(connection),
    });
    this.#all.add(connection);
    return connection;
  }

  /** @param {Connection} connection */
  #forget(connection) {
    this.#left++;
    this.#all.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    const next = this.#waiting.shift();
    if (next) this.#another()?.begin(next);
  }
}

class Connection {
  #socket;
  #told;
  #gone = false;
  /** @type {Post | undefined} */
  #post;
  /** What came of an answer so far. */
  #answer = '';

  /**
   * @param {string} host
   * @param {number} port
   * @param {{ free: () => void, gone: () => void }} told
   */
  constructor(host, port, told) {
    this.#told = told;
    const onread = {
      buffer: READ,
      callback: (/** @type {number} */ length) => {
        this.#read(READ.latin1Slice(0, length));
        return true;
      },
    };
    this.#socket = connect({ host, port, noDelay: true, onread });
    this.#socket.setTimeout(CONNECT_TIMEOUT_MS);
    this.#socket.once('connect', () => this.#socket.setTimeout(ANSWER_TIMEOUT_MS));
    this.#socket.on('timeout', () => this.end(new Error('no answer in time')));
    this.#socket.on('error', (error) => this.end(error));
    this.#socket.on('close', () => this.end(new Error('closed by the server')));
  }

  /** @param {Post} post */
  begin(post) {
    this.#post = post;
    this.#socket.write(post.text, 'latin1');
  }

  /** @param {Error} error what whoever waits for an answer is told */
  end(error) {
    if (this.#gone) return;
    this.#gone = true;
    this.#socket.destroy();
    this.#post?.reject(error);
    this.#told.gone();
  }

  /** @param {string} text */
  #read(text) {
    this.#answer += text;
    const end = this.#answer.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#answer.slice(0, end);
    const status = ANSWER.exec(head)?.[1];
    const length = LENGTH.exec(head)?.[1];
    if (!this.#post || !status || !(length || CHUNKED.test(head)))
      throw new Error(`an answer that the load driver cannot read: ${this.#answer}`);
    if (length ? this.#answer.length < end + 4 + Number(length) : !this.#answer.endsWith(LAST_CHUNK)) return;
    const { resolve } = this.#post;
    this.#post = undefined;
    this.#answer = '';
    resolve(Number(status));
    if (CLOSES.test(head)) this.end(new Error('closed by the server'));
    else this.#told.free();
  }
}
