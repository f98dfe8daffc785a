import { actions, attachments, quote, sendFile, takeQuote, write } from './actions.js';
import { bubble, h } from './bubble.js';
import { drawPeople, mergeCustomers, presence } from './people.js';
import { $, api, current, guard, keyOf, saved, say, state } from './store.js';

const drawn = new Map();
let stream;
/** Follow the newest message, until the reader scrolls up. */
let follow = true;

/* ---- the chat ---- */

const replyTo = (item) => item.message.context?.id ?? item.message.context?.message_id;

function draw() {
  const chat = $('chat');
  const reactions = new Map();
  const shown = [];
  for (const item of state.items.values()) {
    if (item.type !== 'reaction') shown.push(item);
    else if (item.message.reaction?.emoji)
      reactions.set(item.message.reaction.message_id, item.message.reaction.emoji);
    else reactions.delete(item.message.reaction?.message_id);
  }
  shown.sort((a, b) => a.at - b.at);
  const nodes = [];
  let day = '';
  for (const item of shown) {
    const itsDay = new Date(item.at).toLocaleDateString([], { day: 'numeric', month: 'long' });
    if (itsDay !== day) nodes.push(h('div', { class: 'day' }, (day = itsDay)));
    const reaction = reactions.get(item.id);
    const print = JSON.stringify([item, reaction]);
    let known = drawn.get(item.id);
    // Only what changed is drawn again: focus, an open emoji row and playing audio stay as they are.
    if (known?.print !== print) {
      known = { print, node: bubble(item, { actions, cited: state.items.get(replyTo(item)), reaction }) };
      drawn.set(item.id, known);
    }
    nodes.push(known.node);
  }
  if (nodes.length === 0) {
    const text = state.number
      ? 'No messages yet. Write something.'
      : 'Configure an account first: PUT /control/config';
    nodes.push(h('div', { class: 'empty' }, text));
  }
  const same = nodes.length === chat.children.length && nodes.every((node, i) => node === chat.children[i]);
  if (!same) chat.replaceChildren(...nodes);
  toEnd();
}

function toEnd() {
  if (follow) $('chat').scrollTop = $('chat').scrollHeight;
}

async function open(numberId, customer) {
  state.number = numberId;
  state.customer = customer;
  localStorage.setItem('chat', JSON.stringify([numberId, customer]));
  follow = true;
  state.items.clear();
  drawn.clear();
  quote(undefined);
  state.typingUntil = 0;
  drawPeople(open);
  draw();
  listen();
  await refresh();
}

async function refresh() {
  if (!state.number || !state.customer) return;
  const query = new URLSearchParams({ phoneNumberId: state.number, customer: state.customer });
  const { data } = await api('GET', `phone/messages?${query}`);
  for (const item of data) state.items.set(item.id, item);
  draw();
}

let chatsTimer;
function refreshChats() {
  // Under load there are thousands of events; the list of people need not follow each.
  chatsTimer ??= setTimeout(async () => {
    chatsTimer = undefined;
    await loadChats().catch(() => undefined);
    drawPeople(open);
  }, 300);
}

async function loadChats() {
  state.chats = (await api('GET', 'phone/conversations?limit=200')).data;
  mergeCustomers();
}

function listen() {
  stream?.close();
  const query = new URLSearchParams(
    state.number ? { phoneNumberId: state.number, customer: state.customer } : {},
  );
  stream = new EventSource(`/control/phone/events?${query}`);
  stream.onopen = () => {
    $('live').classList.add('on');
    // What happened while the line was down is only in the list.
    refresh().catch(() => undefined);
  };
  stream.onerror = () => $('live').classList.remove('on');
  stream.onmessage = (event) => take(JSON.parse(event.data));
}

function isHere(event) {
  const customer = current();
  return event.phoneNumberId === state.number && [customer?.waId, customer?.userId].includes(event.customer);
}

function take(event) {
  if (event.type === 'reset' || event.type === 'config') return start();
  if (event.type === 'message' || event.type === 'state') refreshChats();
  if (!isHere(event)) return undefined;
  if (event.type === 'typing') {
    state.typingUntil = Date.now() + event.data.forMs;
    setTimeout(presence, event.data.forMs + 50);
  } else if (event.type === 'message' || state.items.has(event.data.id)) {
    if (event.type === 'message' && event.data.direction === 'out') state.typingUntil = 0;
    state.items.set(event.data.id, event.data);
    draw();
  }
  return presence();
}

function menu(open) {
  $('menu').hidden = !open;
  $('attach').setAttribute('aria-expanded', String(open));
  if (open) $('menu').querySelector('button').focus();
}

function wire() {
  const chat = $('chat');
  chat.addEventListener('scroll', () => {
    follow = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 80;
  });
  // Pictures get their height late, and `load` does not bubble.
  chat.addEventListener('load', toEnd, true);
  const text = $('text');
  const submit = () => {
    const body = text.value.trim();
    if (!body || !state.number) return;
    text.value = '';
    text.style.height = '';
    void write({ type: 'text', text: { body } }, takeQuote());
  };
  $('composer').addEventListener('submit', (event) => (event.preventDefault(), submit()));
  text.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  text.addEventListener('input', () => {
    text.style.height = '';
    text.style.height = `${Math.min(text.scrollHeight, 110)}px`;
  });
  $('attach').addEventListener('click', () => menu($('menu').hidden));
  $('menu').addEventListener('click', (event) => {
    const kind = event.target.closest('button')?.dataset.send;
    if (!kind) return;
    menu(false);
    void guard(attachments[kind])();
  });
  $('menu').addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const items = [...$('menu').querySelectorAll('button')];
    items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    if (!$('menu').hidden) {
      menu(false);
      $('attach').focus();
    } else quote(undefined);
  });
  document.addEventListener('click', (event) => {
    if (!event.target.closest('#menu, #attach')) menu(false);
  });
  $('file').addEventListener(
    'change',
    guard(async () => {
      const [file] = $('file').files;
      $('file').value = '';
      if (file) await sendFile(file, file.name);
    }),
  );
  $('quote-drop').addEventListener('click', () => quote(undefined));
  $('sheet-close').addEventListener('click', () => $('sheet').close());
  $('number').addEventListener('change', () => open($('number').value, state.customer));
  $('marketing').addEventListener(
    'change',
    guard(async () => {
      const { waId, userId, name } = current();
      const value = $('marketing').checked ? 'stop' : 'resume';
      await api('POST', 'customers/preferences', {
        phoneNumberId: state.number,
        from: { waId, userId, name },
        value,
      });
      refreshChats();
    }),
  );
  $('add').addEventListener('submit', (event) => {
    event.preventDefault();
    const form = new FormData($('add'));
    const digits = String(form.get('phone')).replace(/\D/g, '');
    const hidden = form.get('hidden') !== null;
    if (!hidden && digits.length < 5) return say('A phone number needs at least five digits.');
    const name = String(form.get('name')).trim();
    const userId = `ES.${Date.now()}${Math.floor(Math.random() * 1e6)}`;
    const username = name.toLowerCase().replace(/\W+/g, '.');
    const customer = hidden ? { userId, name, username } : { waId: digits, userId, name };
    localStorage.setItem('customers', JSON.stringify([...saved(), customer]));
    $('add').reset();
    $('add-box').open = false;
    mergeCustomers();
    return open(state.number, keyOf(customer));
  });
}

async function start() {
  state.numbers = (await api('GET', 'phone/numbers')).data;
  await loadChats();
  const [lastNumber, lastCustomer] = JSON.parse(localStorage.getItem('chat') ?? '[]');
  const asked = new URLSearchParams(location.search);
  const has = (list, id, key) => list.some((each) => key(each) === id);
  const wantedNumber = asked.get('number') ?? lastNumber;
  const wantedCustomer = asked.get('customer') ?? lastCustomer;
  const first = has(state.numbers, wantedNumber, (each) => each.id)
    ? wantedNumber
    : (state.numbers[0]?.id ?? '');
  const who = has(state.customers, wantedCustomer, keyOf) ? wantedCustomer : keyOf(state.customers[0]);
  await open(first, who);
}

wire();
guard(start)();
