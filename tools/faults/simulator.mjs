/** Meta's stand-in: its levers, and its ledger of what it was asked to send. */

const PAGE = 1_000;

/**
 * @typedef {object} Send
 * @property {number} seq
 * @property {number} at
 * @property {string} to
 * @property {string} [callbackId] our own id of the message
 * @property {string} [wamid]
 * @property {any} body
 * @property {string} outcome
 * @property {number} [code]
 */

export class Simulator {
  #url;
  #since = 0;

  /** @param {string} url */
  constructor(url) {
    this.#url = url;
  }

  /**
   * @param {'GET' | 'PUT' | 'POST' | 'DELETE'} method
   * @param {string} path below /control
   * @param {unknown} [body]
   * @returns {Promise<any>}
   */
  async control(method, path, body) {
    const response = await fetch(`${this.#url}/control${path}`, {
      method,
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`the simulator answered ${response.status} to ${path}: ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  /** @param {object} settings */
  configure(settings) {
    return this.control('PUT', '/config', settings);
  }

  /** @param {object} fault as its README describes them */
  addFault(fault) {
    return this.control('POST', '/faults', fault);
  }

  /** No more faults; calls that hang go on. */
  clearFaults() {
    return this.control('DELETE', '/faults');
  }

  /** What it was asked to send since the last question. @returns {Promise<Send[]>} */
  async newSends() {
    const sends = [];
    for (;;) {
      const { data } = await this.control('GET', `/ledger/sends?since=${this.#since}&limit=${PAGE}`);
      if (data.length === 0) return sends;
      sends.push(...data);
      this.#since = data.at(-1).seq;
    }
  }
}
