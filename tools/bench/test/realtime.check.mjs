/** What the scenarios about sockets and fanout take from the product by hand still fits; needs RABBITMQ_URL and a namespace. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { point } from '../fanout.mjs';
import { openPublisher } from '../fanout-parts.mjs';
import { Client, draft, uuid, who } from '../sockets-clients.mjs';
import { HistoryStandIn } from '../sockets-history.mjs';
import { Pod } from '../sockets-pod.mjs';
import { TokenMint } from '../sockets-tokens.mjs';

const url = String(process.env.RABBITMQ_URL);
const namespace = String(process.env.BROKER_NAMESPACE);
const PATIENCE_MS = 20_000;

/** @param {() => boolean} is */
async function until(is) {
  for (const deadline = performance.now() + PATIENCE_MS; !is(); await sleep(10))
    assert.ok(performance.now() < deadline, `not within ${PATIENCE_MS} ms: ${is}`);
}

test('a pod of the benchmark shows what is published, and what was missed', async (t) => {
  const mint = await new TokenMint().open();
  t.after(() => mint.close());
  const history = await HistoryStandIn.open(url, namespace);
  t.after(() => history.close());
  const log = join(String(process.env.LOG_FOLDER), 'bench-pod.log');
  const pod = await Pod.start(
    { RABBITMQ_URL: url, BROKER_NAMESPACE: namespace, JWKS_URL: mint.jwksUrl },
    { log },
  );
  t.after(() => pod.stop());
  const publisher = await openPublisher(url, namespace);
  t.after(() => publisher.close());
  const tenant = uuid('0e', 1);
  const client = new Client(mint.token(who('admin', tenant, 1, [])));
  t.after(() => client.end());
  const say = () => publisher.publish([history.commit(tenant, [draft(history.of(tenant).head, 1, null)])]);

  await client.connect(pod.url);
  await say();
  await say();
  await until(() => client.events === 2);
  client.end();
  await say();
  await client.connect(pod.url);
  await until(() => client.events === 3);
  assert.equal(client.wrong, 0);
});

for (const routing of ['fanout', 'interest'])
  test(`a point of the curve is measured: ${routing}`, async () => {
    const what = /** @type {const} */ ({ load: 'batch', pods: 2, routing, seconds: 0.2, namespace });
    const { seen, failed, wrong, missing } = await point({ rabbitmqUrl: url, services: [] }, what);
    // Not within its window: a busy machine may show none of it in so short a time.
    assert.ok(seen > 0);
    assert.deepEqual({ failed, wrong, missing }, { failed: 0, wrong: 0, missing: 0 });
  });
