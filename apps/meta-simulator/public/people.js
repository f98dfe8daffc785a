import { h, summaryOf } from './bubble.js';
import { $, current, keyOf, number, saved, state } from './store.js';

/** The left side: who writes to which number. */
const initials = (name) =>
  (name || '?')
    .split(/\s+/)
    .map((word) => word[0])
    .slice(0, 2)
    .join('')
    .toUpperCase();

function hue(text) {
  let sum = 7;
  for (const char of text) sum = (sum * 31 + char.codePointAt(0)) % 360;
  return sum;
}

function avatar(name) {
  const node = h('span', { class: 'avatar', 'aria-hidden': 'true' }, initials(name));
  node.style.background = `hsl(${hue(name)} 32% 48%)`;
  return node;
}

export function mergeCustomers() {
  const known = new Map();
  for (const each of [...saved(), ...state.chats.map((chat) => chat.customer)]) {
    const key = keyOf(each);
    if (key) known.set(key, { ...known.get(key), ...each });
  }
  if (known.size === 0) {
    const ana = { waId: '34600123456', userId: 'ES.600123456ANA', name: 'Ana Torres' };
    known.set(keyOf(ana), ana);
  }
  state.customers = [...known.values()].slice(0, 200);
}

export function drawPeople(open) {
  const select = $('number');
  select.replaceChildren(
    ...state.numbers.map((each) =>
      h(
        'option',
        { value: each.id, selected: each.id === state.number },
        `${each.verifiedName || 'Unnamed'} · ${each.displayPhoneNumber}`,
      ),
    ),
  );
  const chatOf = (customer) =>
    state.chats.find(
      (chat) => chat.phoneNumberId === state.number && keyOf(chat.customer) === keyOf(customer),
    );
  const sorted = [...state.customers].sort((a, b) => (chatOf(b)?.lastAt ?? 0) - (chatOf(a)?.lastAt ?? 0));
  $('customers').replaceChildren(
    ...sorted.map((customer) => {
      const chat = chatOf(customer);
      const here = keyOf(customer) === state.customer;
      const name = customer.name || (customer.waId ? `+${customer.waId}` : customer.userId);
      const detail = chat?.last
        ? summaryOf(chat.last)
        : customer.waId
          ? `+${customer.waId}`
          : 'number hidden';
      return h(
        'li',
        {},
        h(
          'button',
          {
            type: 'button',
            'aria-current': String(here),
            onclick: () => open(state.number, keyOf(customer)),
          },
          avatar(name),
          h('span', { class: 'name' }, h('strong', {}, name), h('small', {}, detail)),
          !here && chat?.unread
            ? h('span', { class: 'badge', 'aria-label': `${chat.unread} unread` }, String(chat.unread))
            : '',
        ),
      );
    }),
  );
  const business = number();
  $('business').textContent = business?.verifiedName || business?.displayPhoneNumber || 'No number yet';
  $('avatar').textContent = initials(business?.verifiedName || 'B');
  presence();
  const chat = chatOf(current() ?? {});
  $('marketing').checked = chat?.stoppedMarketing ?? false;
  for (const id of ['attach', 'text', 'marketing']) $(id).disabled = !business;
}

export function presence() {
  const business = number();
  const typing = Date.now() < state.typingUntil;
  $('presence').textContent = !business
    ? 'waiting for a configuration'
    : typing
      ? 'typing…'
      : business.displayPhoneNumber;
}
