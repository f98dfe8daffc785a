import { summaryOf, h } from './bubble.js';
import { $, api, current, guard, number, state } from './store.js';

/** What the customer does. */

export const write = guard(async (message, about) => {
  const { waId, userId, parentUserId, name, username } = current();
  const context = about ? { from: number().displayPhoneNumber.replace(/\D/g, ''), id: about.id } : undefined;
  const from = { waId, userId, parentUserId, name, username };
  await api('POST', 'customers/messages', { phoneNumberId: state.number, from, ...message, context });
});

export function quote(item) {
  state.quoting = item;
  $('quote').hidden = !item;
  if (item) $('quote-text').textContent = summaryOf(item);
}

export const takeQuote = () => {
  const item = state.quoting;
  quote(undefined);
  return item;
};

const interactive = (item, type, reply) =>
  write({ type: 'interactive', interactive: { type, [type]: reply } }, item);
const HERE = { latitude: 40.416775, longitude: -3.70379, name: 'Puerta del Sol', address: 'Madrid' };

export const actions = {
  reply(item) {
    quote(item);
    $('text').focus();
  },
  react: (item, emoji) => {
    document.querySelectorAll('.emojis').forEach((node) => node.remove());
    return write({ type: 'reaction', reaction: { message_id: item.id, emoji } });
  },
  quickReply: (item, { payload, text }) =>
    write({ type: 'button', button: { payload: payload ?? text, text } }, item),
  buttonReply: (item, { id, title }) => interactive(item, 'button_reply', { id, title }),
  flowReply: (item) => {
    const token = item.message.interactive.action.parameters?.flow_token;
    const response = JSON.stringify({ flow_token: token, answer: 'filled in on the phone' });
    return interactive(item, 'nfm_reply', { name: 'flow', body: 'Sent', response_json: response });
  },
  sendLocation: (item) => write({ type: 'location', location: HERE }, item),
  openList(item) {
    const { action, body } = item.message.interactive;
    $('sheet-title').textContent = action.button ?? body?.text ?? 'Choose';
    const choose = (row) => {
      $('sheet').close();
      const { id, title, description } = row;
      return interactive(item, 'list_reply', { id, title, ...(description ? { description } : {}) });
    };
    $('sheet-rows').replaceChildren(
      ...(action.sections ?? []).flatMap((section) => [
        section.title ? h('h3', {}, section.title) : '',
        ...section.rows.map((row) =>
          h(
            'button',
            { type: 'button', onclick: () => choose(row) },
            row.title,
            row.description ? h('small', {}, row.description) : '',
          ),
        ),
      ]),
    );
    $('sheet').showModal();
  },
};

/** A picture made on the spot, so that nobody has to look for one. */
function samplePicture() {
  const canvas = h('canvas', { width: '640', height: '420' });
  const pen = canvas.getContext('2d');
  const tone = Math.floor(Math.random() * 360);
  const sky = pen.createLinearGradient(0, 0, 0, 420);
  sky.addColorStop(0, `hsl(${tone} 60% 72%)`);
  sky.addColorStop(1, `hsl(${(tone + 50) % 360} 70% 88%)`);
  pen.fillStyle = sky;
  pen.fillRect(0, 0, 640, 420);
  pen.fillStyle = '#fffbe0';
  pen.beginPath();
  pen.arc(480, 110, 46, 0, 7);
  pen.fill();
  for (const [base, light] of [
    [250, 46],
    [310, 34],
  ]) {
    pen.fillStyle = `hsl(${(tone + 140) % 360} 28% ${light}%)`;
    pen.beginPath();
    pen.moveTo(0, 420);
    for (let x = 0; x <= 640; x += 8)
      pen.lineTo(x, base + 44 * Math.sin(x / 84 + base) + 16 * Math.sin(x / 27));
    pen.lineTo(640, 420);
    pen.fill();
  }
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.85));
}

export async function sendFile(blob, filename) {
  const query = new URLSearchParams({ phoneNumberId: state.number, ...(filename ? { filename } : {}) });
  const kind = /^image\/(jpeg|png)$/.test(blob.type)
    ? 'image'
    : (/^(audio|video)\//.exec(blob.type)?.[1] ?? 'document');
  const typed = kind === 'document' ? new Blob([blob], { type: 'application/octet-stream' }) : blob;
  const { id } = await api('POST', `customers/media?${query}`, typed);
  const part = kind === 'document' ? { id, filename } : { id };
  await write({ type: kind, [kind]: part }, takeQuote());
}

export const attachments = {
  image: async () => sendFile(await samplePicture()),
  file: async () => $('file').click(),
  location: () => write({ type: 'location', location: HERE }, takeQuote()),
  voice: () => write({ type: 'audio', audio: {} }, takeQuote()),
  contact: () => {
    const contact = {
      name: { formatted_name: 'Luis Vega', first_name: 'Luis' },
      phones: [{ phone: '+34 600 654 321', wa_id: '34600654321', type: 'CELL' }],
    };
    return write({ type: 'contacts', contacts: [contact] }, takeQuote());
  },
};
