import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, it } from 'node:test';
import { createTransport } from 'nodemailer';
import { startCatcher } from '../catcher.mjs';

/** @type {Awaited<ReturnType<typeof startCatcher>>} */
let catcher;
/** @type {ReturnType<typeof createTransport>} */
let transport;
before(async () => {
  catcher = await startCatcher({ smtpPort: 0, httpPort: 0 });
  transport = createTransport({
    host: '127.0.0.1',
    port: catcher.smtpPort,
    pool: true,
    maxConnections: 1,
    maxMessages: 1_000,
  });
});
after(async () => {
  transport.close();
  await catcher.close();
});

const send = (mail) =>
  transport.sendMail({
    from: 'no-reply@demo.test',
    to: 'citra@demo.test',
    ...mail,
  });
const get = async (path) => (await fetch(`${catcher.url}${path}`)).text();
const mails = async () => JSON.parse(await get('/mails.json'));

it('shows a mail, its links clickable, the newest first', async () => {
  await send({ subject: 'First', text: 'Look: http://127.0.0.1:9/x#token=a-b_c\nBye' });
  await send({ subject: 'Zweite, schöne', text: 'Hi', html: '<p>Hi</p>' });
  const [second, first] = await mails();
  assert.deepEqual([second.subject, first.subject], ['Zweite, schöne', 'First']);
  assert.deepEqual(first.to, ['citra@demo.test']);
  const list = await get('/');
  assert.ok(list.indexOf('Zweite, schöne') < list.indexOf('First'));
  assert.match(await get(`/mails/${first.id}`), /<a href="http:\/\/127.0.0.1:9\/x#token=a-b_c" rel/);
  assert.match(await get(`/mails/${second.id}`), /srcdoc="&lt;base target=&quot;_blank&quot;&gt;&lt;p&gt;Hi/);
});

it('runs nothing that is in a mail', async () => {
  const evil = '<script>alert(1)</script>"\'';
  await send({ subject: evil, from: { name: evil, address: 'x@demo.test' }, text: evil, html: evil });
  const [{ id }] = await mails();
  for (const path of ['/', `/mails/${id}`]) {
    assert.doesNotMatch(await get(path), /<script/);
    const policy = (await fetch(`${catcher.url}${path}`)).headers.get('content-security-policy');
    assert.match(policy ?? '', /default-src 'none'/);
  }
});

it('keeps the last two hundred', async () => {
  for (let n = 0; n < 205; n++) await send({ subject: `Mail ${n}`, text: 'x' });
  const kept = await mails();
  assert.equal(kept.length, 200);
  assert.equal(kept[0].subject, 'Mail 204');
});

/** The status of a request that no browser would send. */
const statusOf = (path, host) =>
  new Promise((resolve, reject) => {
    const { port } = new URL(catcher.url);
    request({ host: '127.0.0.1', port, path, headers: { host: `${host}:${port}` } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on('error', reject)
      .end();
  });

it('answers nobody who comes by another name', async () => {
  assert.equal(await statusOf('/mails.json', 'evil.example'), 403);
});

it('goes on where somebody asks for what is no address', async () => {
  assert.equal(await statusOf('//', '127.0.0.1'), 400);
  assert.equal(await statusOf('/', 'no host'), 400);
  assert.equal(await get('/health/ready'), 'ready');
});
