import { conversationList, messageList } from '@scrm/contracts';
import { eventually } from '@scrm/testing';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WabaHarness } from './harness';

const examples = process.env.META_EXAMPLES_DIR ?? join(__dirname, '../../../../shared/meta/examples');
const files = existsSync(examples) ? readdirSync(examples).filter((f) => f.startsWith('webhook_')) : [];
// The official bodies are not ours to copy: they are read where they are, by META_EXAMPLES_DIR.
if (files.length === 0) process.stderr.write(`Meta's own examples are not here (${examples}): skipped\n`);
(files.length > 0 ? describe : describe.skip)("Meta's own examples", () => {
  let waba: WabaHarness;
  beforeAll(async () => (waba = await WabaHarness.start()));
  afterAll(() => waba.stop());

  it('are stored and shown, each in the right conversation', async () => {
    const tenantId = randomUUID();
    const sender = await waba.addSender(tenantId);
    const expected: { type: string; group: boolean }[] = [];
    for (const file of files) {
      const body = JSON.parse(readFileSync(join(examples, file), 'utf8')) as {
        entry: {
          changes: { value: Record<string, unknown> & { messages?: { id: string; type: string }[] } }[];
        }[];
      };
      const { value } = body.entry[0]!.changes[0]!;
      value.metadata = { phone_number_id: sender.phoneNumberId };
      // Four of the files carry the same message id: in the world an id is one message.
      for (const message of value.messages ?? []) message.id = waba.wamid();
      const [message] = value.messages ?? [];
      const [group] = (value.groups ?? []) as { type: string }[];
      expected.push({ type: message?.type ?? group!.type, group: !message });
      expect((await waba.deliver(JSON.stringify(body))).status).toBe(200);
    }
    const { items: conversations } = await eventually(async () => {
      const page = await waba.rpc.call(conversationList, {}, { token: waba.identity.token({ tenantId }) });
      expect(page.items.reduce((n, c) => n + c.lastSeq, 0)).toBe(files.length);
      return page;
    });
    expect(conversations.map((c) => c.contact.waId ?? c.contact.groupId).sort()).toEqual(
      ['16505551234', 'Y2FwaV9ncm91cDoxODA1NTU1MDE3MjoxMjAzNjMyMjI3NzE5NjMwNjcZD'].sort(),
    );
    for (const conversation of conversations) {
      const { items } = await waba.rpc.call(
        messageList,
        { conversationId: conversation.id },
        { token: waba.identity.token({ tenantId }) },
      );
      const wanted = expected.filter((e) => e.group === (conversation.contact.groupId !== null));
      expect(items.map((m) => m.type).sort()).toEqual(wanted.map((e) => e.type).sort());
      expect(items.every((m) => m.content !== null)).toBe(true);
    }
  });
});
