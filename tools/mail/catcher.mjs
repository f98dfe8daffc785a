/**
 * A mail server for development: takes every mail, sends none on, and shows them on a page. On loopback only, in memory
 * only; the last two hundred.
 */
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { listPage, mailPage } from './page.mjs';

const HOST = '127.0.0.1';
const KEPT = 200;
const LARGEST = 5 * 1024 * 1024;

/**
 * @typedef {object} CaughtMail
 * @property {number} id
 * @property {string} at
 * @property {string} from
 * @property {string[]} to who it was for, by the envelope
 * @property {string} subject
 * @property {string} text
 * @property {string | null} html
 */

/** @param {{ smtpPort: number, httpPort: number }} ports 0 for any that is free */
export async function startCatcher({ smtpPort, httpPort }) {
  /** @type {CaughtMail[]} newest first */
  const mails = [];
  let last = 0;

  const smtp = new SMTPServer({
    authOptional: true,
    hideSTARTTLS: true,
    disableReverseLookup: true,
    size: LARGEST,
    logger: false,
    onAuth: ({ username }, _session, done) => done(null, { user: username }),
    onData: (stream, { envelope }, done) => {
      const take = async () => {
        const { from, subject = '', text = '', html = null } = await PostalMime.parse(await buffer(stream));
        if (stream.sizeExceeded) throw Object.assign(new Error('too large'), { responseCode: 552 });
        const to = envelope.rcptTo.map(({ address }) => address);
        const sender = [from?.name, `<${from?.address}>`].filter(Boolean).join(' ');
        mails.unshift({ id: ++last, at: new Date().toISOString(), from: sender, to, subject, text, html });
        mails.splice(KEPT);
      };
      take().then(() => done(), done);
    },
  });
  // A client that hangs up is nothing to end for.
  smtp.on('error', (error) => console.error(`mail: ${error.message}`));

  const http = createServer((request, response) => {
    const { status, type, body } = answer(request, mails);
    response.writeHead(status, {
      'content-type': `${type}; charset=utf-8`,
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    response.end(body);
  });
  await Promise.all([
    listening(smtp.server, () => smtp.listen(smtpPort, HOST)),
    listening(http, () => http.listen(httpPort, HOST)),
  ]);

  return {
    smtpPort: portOf(smtp.server),
    url: `http://${HOST}:${portOf(http)}`,
    async close() {
      http.closeAllConnections();
      await Promise.all([
        new Promise((done) => smtp.close(() => done(undefined))),
        new Promise((done) => http.close(done)),
      ]);
    },
  };
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {CaughtMail[]} mails
 */
function answer({ url = '/', headers }, mails) {
  const base = `http://${headers.host || 'unknown'}`;
  if (!URL.canParse(url, base)) return plain(400, 'no address');
  const { hostname, pathname } = new URL(url, base);
  // A page of the internet whose name was made to lead here must not read what only its owner should.
  if (hostname !== HOST && hostname !== 'localhost') return plain(403, `open it as http://${HOST}`);
  if (pathname === '/health/ready') return plain(200, 'ready');
  if (pathname === '/mails.json')
    return { status: 200, type: 'application/json', body: JSON.stringify(mails) };
  if (pathname === '/') return page(listPage(mails));
  const mail = mails.find(({ id }) => pathname === `/mails/${id}`);
  return mail ? page(mailPage(mail)) : plain(404, 'no such mail');
}

/** @param {number} status @param {string} body */
const plain = (status, body) => ({ status, type: 'text/plain', body });
/** @param {string} body */
const page = (body) => ({ status: 200, type: 'text/html', body });

/** @param {import('node:net').Server} server @param {() => unknown} listen */
function listening(server, listen) {
  return new Promise((resolve, reject) => {
    server.once('listening', resolve).once('error', reject);
    listen();
  });
}

/** @param {import('node:net').Server} server */
const portOf = (server) => /** @type {import('node:net').AddressInfo} */ (server.address()).port;
