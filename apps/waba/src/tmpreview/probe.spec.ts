import { Drain, createLogger } from '@scrm/platform';
import { Dispatcher } from '../message/dispatcher';

it('probe', async () => {
  jest.useFakeTimers({ now: 1_000_000 });
  const queue: { id: number; due: number; inFlight: boolean; tries: number }[] = [];
  const sends: string[] = [];
  let seed = 7;
  const rnd = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const repository = {
    claim: async (ids: string[]) => {
      await new Promise((r) => setTimeout(r, 8));
      const head = queue[0];
      const rows = new Map<string, unknown>();
      for (const id of ids) if (id !== 'c') rows.set(id, { id: 0, sender_id: 's', type: 'text', content: {} });
      if (ids.includes('c') && head && !head.inFlight && head.due <= Date.now()) {
        head.inFlight = true; head.tries++;
        rows.set('c', { id: head.id, sender_id: 's', type: 'text', content: {} });
      }
      return ids.map((id) => rows.get(id) ?? null);
    },
    settle: async (all: { claim: { id: number } }[]) => {
      const after = all.map(({ claim }) => {
        const head = queue[0];
        if (claim.id === 0 || head?.id !== claim.id) return { goOn: true, slowDownMs: 0 };
        head!.inFlight = false;
        if (head!.tries < 3) { head!.due = Date.now() + 8_000 + rnd() * 12_000; return { goOn: false, slowDownMs: 0 }; }
        queue.shift();
        return { goOn: true, slowDownMs: 0 };
      });
      return { changes: [], after };
    },
  };
  const client = { send: async (r: { callbackData: number }) => {
    if (r.callbackData > 0) sends.push(`${r.callbackData}/${queue[0]?.tries}`);
    await new Promise((x) => setTimeout(x, 40));
    return { kind: 'accepted' };
  } };
  const d = new Dispatcher(
    repository as never, client as never, { tokenOf: () => 't' } as never,
    { announce: async () => undefined } as never, createLogger('x', 'silent'), new Drain(),
  );
  let n = 1;
  const others = Array.from({ length: 400 }, (_, i) => `o${i}`);
  for (let i = 0; i < 50; i++) queue.push({ id: n++, due: 0, inFlight: false, tries: 2 });
  for (let t = 0; t < 3_000; t++) {
    if (t % 400 === 399) for (let k = 0; k < 50; k++) queue.push({ id: n++, due: 0, inFlight: false, tries: k < 47 ? 2 : 0 });
    d.wake('s', others.slice((t * 37) % 300, ((t * 37) % 300) + 60), 80);
    const head = queue[0];
    if (head && !head.inFlight && head.due <= Date.now()) d.wake('s', ['c'], 80);
    await jest.advanceTimersByTimeAsync(1_000);
  }
  const doubled = sends.filter((s, i) => sends.indexOf(s) !== i);
  console.log('sends', sends.length, 'doubled', doubled.length, doubled.slice(0, 10).join(' '));
}, 120_000);
