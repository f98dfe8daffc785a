/** Draws one message. Knows Meta's message shapes; knows nothing of the server. */

/** h('p', {class: 'x', onclick: f}, 'text', node): text is always text, never markup. */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

const MARKS = { '*': 'b', _: 'i', '~': 's', '`': 'code' };

/** WhatsApp's *bold*, _italic_, ~struck~, `code`, and links. */
function formatted(text) {
  const parts = String(text ?? '').split(/(\*[^*\n]+\*|_[^_\n]+_|~[^~\n]+~|`[^`\n]+`|https?:\/\/\S+)/);
  return parts.filter(Boolean).map((part) => {
    if (/^https?:/.test(part)) return h('a', { href: part, target: '_blank', rel: 'noreferrer' }, part);
    const tag = part.length > 2 && part.at(0) === part.at(-1) ? MARKS[part[0]] : undefined;
    return tag ? h(tag, {}, part.slice(1, -1)) : part;
  });
}

const card = (glyph, title, detail) =>
  h(
    'div',
    { class: 'card' },
    h('span', { class: 'glyph', 'aria-hidden': 'true' }, glyph),
    h('span', {}, h('b', {}, title), detail ? h('small', {}, detail) : ''),
  );

const source = (media) => (media?.id ? `/control/phone/media/${encodeURIComponent(media.id)}` : undefined);

function mediaPart(type, media = {}) {
  const src = source(media);
  const caption = media.caption ? formatted(media.caption) : [];
  switch (type) {
    case 'image':
    case 'sticker':
      if (!src) return [card('▣', type === 'image' ? 'Image' : 'Sticker', media.link), ...caption];
      return [h('img', { src, alt: media.caption || type, loading: 'lazy' }), ...caption];
    case 'audio':
      if (!src) return [card('♪', 'Audio', media.link)];
      return [
        h('audio', {
          src,
          controls: true,
          preload: 'metadata',
          'aria-label': media.voice ? 'Voice note' : 'Audio',
        }),
      ];
    case 'video':
      return [card('▶', 'Video', media.link ?? media.mime_type), ...caption];
    default:
      return [card('▤', media.filename || 'Document', media.link ?? media.mime_type), ...caption];
  }
}

function headerPart(header) {
  if (!header) return [];
  const kind = String(header.format ?? header.type ?? 'text').toLowerCase();
  if (kind === 'text') return header.text ? [h('h3', {}, header.text)] : [];
  return mediaPart(kind, header.media ?? header[kind]);
}

function interactivePart(interactive) {
  const reply = interactive.button_reply ?? interactive.list_reply;
  if (reply) return [h('b', {}, reply.title), reply.description ? `\n${reply.description}` : ''];
  if (interactive.nfm_reply) return [card('✓', 'Form sent', interactive.nfm_reply.body)];
  return [
    ...headerPart(interactive.header),
    ...formatted(interactive.body?.text),
    interactive.footer?.text ? h('p', { class: 'foot' }, interactive.footer.text) : '',
  ];
}

function content({ type, message, template }) {
  switch (type) {
    case 'text':
      return formatted(message.text?.body);
    case 'image':
    case 'video':
    case 'audio':
    case 'document':
    case 'sticker':
      return mediaPart(type, message[type]);
    case 'location': {
      const { name, address, latitude, longitude } = message.location ?? {};
      return [
        h('div', { class: 'map', role: 'img', 'aria-label': 'Map' }),
        h('b', {}, name ?? 'Location'),
        `\n${address ?? `${latitude}, ${longitude}`}`,
      ];
    }
    case 'contacts':
      return (message.contacts ?? []).map((each) =>
        card('☺', each.name?.formatted_name ?? 'Contact', each.phones?.[0]?.phone),
      );
    case 'template':
      return [
        ...headerPart(template?.header),
        ...formatted(template?.body),
        template?.footer ? h('p', { class: 'foot' }, template.footer) : '',
      ];
    case 'interactive':
      return interactivePart(message.interactive ?? {});
    case 'button':
      return [h('b', {}, message.button?.text ?? '')];
    case 'order':
      return [card('▤', 'Order', `${message.order?.product_items?.length ?? 0} products`)];
    default:
      return [card('?', type, 'This phone shows only its kind')];
  }
}

/** One line that stands for a message, in quotes and lists. */
export function summaryOf({ type, message, template }) {
  const interactive = message.interactive;
  const text =
    message.text?.body ??
    message[type]?.caption ??
    template?.body ??
    interactive?.body?.text ??
    interactive?.button_reply?.title ??
    interactive?.list_reply?.title ??
    message.button?.text ??
    message.reaction?.emoji;
  return text || type[0].toUpperCase() + type.slice(1);
}

function ticks(state) {
  const paths = {
    pending: 'M6 1.5a4 4 0 1 0 .01 0M6 3.2v2.6l1.8 1',
    delivered: 'M2 6l3 3 6-7',
    read: 'M1 6l3 3 6-7M6.5 8l1 1 6-7',
  };
  const label = { pending: 'on its way', delivered: 'delivered', read: 'read' }[state] ?? state;
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 15 11');
  svg.setAttribute('class', `ticks ${state}`);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', paths[state] ?? paths.pending);
  svg.append(path);
  return svg;
}

function taps(item, actions) {
  const buttons = [];
  for (const button of item.template?.buttons ?? []) {
    const quick = button.type === 'QUICK_REPLY';
    const glyph = { URL: '↗ ', PHONE_NUMBER: '✆ ', COPY_CODE: '⧉ ' }[button.type] ?? '';
    buttons.push(
      quick
        ? h('button', { type: 'button', onclick: () => actions.quickReply(item, button) }, button.text)
        : h('span', { title: button.url }, glyph + button.text),
    );
  }
  const interactive = item.direction === 'out' ? item.message.interactive : undefined;
  const action = interactive?.action ?? {};
  for (const { reply } of action.buttons ?? []) {
    buttons.push(
      h('button', { type: 'button', onclick: () => actions.buttonReply(item, reply) }, reply.title),
    );
  }
  if (interactive?.type === 'list') {
    buttons.push(
      h('button', { type: 'button', onclick: () => actions.openList(item) }, `☰ ${action.button}`),
    );
  }
  if (interactive?.type === 'flow') {
    const label = action.parameters?.flow_cta ?? 'Open';
    buttons.push(h('button', { type: 'button', onclick: () => actions.flowReply(item) }, label));
  }
  if (interactive?.type === 'location_request_message') {
    buttons.push(h('button', { type: 'button', onclick: () => actions.sendLocation(item) }, 'Send location'));
  }
  if (interactive?.type === 'cta_url') buttons.push(h('span', {}, `↗ ${action.parameters?.display_text}`));
  return buttons.length > 0 ? h('div', { class: 'taps' }, ...buttons) : undefined;
}

const EMOJIS = ['👍', '❤️', '😂', '😮', '😢', '🙏'];

function tools(item, actions, row) {
  const react = h('button', { type: 'button', 'aria-label': 'React', title: 'React' }, '☺');
  react.addEventListener('click', () => {
    const open = row.querySelector('.emojis');
    if (open) return open.remove();
    const pick = (emoji) =>
      h(
        'button',
        { type: 'button', 'aria-label': `React ${emoji}`, onclick: () => actions.react(item, emoji) },
        emoji,
      );
    row.append(h('div', { class: 'emojis' }, ...EMOJIS.map(pick)));
    row.querySelector('.emojis button').focus();
  });
  const reply = h(
    'button',
    { type: 'button', 'aria-label': 'Reply', title: 'Reply', onclick: () => actions.reply(item) },
    '↩',
  );
  return h('div', { class: 'tools' }, reply, react);
}

export function bubble(item, { actions, cited, reaction }) {
  const time = new Date(item.at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  const mine = item.direction === 'in';
  const row = h('div', { class: `row ${item.direction}${reaction ? ' reacted' : ''}` });
  row.append(
    h(
      'div',
      { class: 'bubble' },
      cited ? h('div', { class: 'cited' }, summaryOf(cited).slice(0, 90)) : '',
      ...content(item),
      h('span', { class: 'meta' }, time, mine ? ticks(item.state) : ''),
      reaction ? h('span', { class: 'reaction', 'aria-label': `Reaction ${reaction}` }, reaction) : '',
    ),
  );
  const below = taps(item, actions);
  if (below) row.append(below);
  if (!mine) row.append(tools(item, actions, row));
  return row;
}
