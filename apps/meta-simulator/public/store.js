/** What the page knows, and how it asks the simulator. */
export const $ = (id) => document.getElementById(id);

export const state = {
  numbers: [],
  customers: [],
  chats: [],
  /** The chat on the screen. */
  number: '',
  customer: '',
  items: new Map(),
  quoting: undefined,
  typingUntil: 0,
};

export const saved = () => JSON.parse(localStorage.getItem('customers') ?? '[]');

export async function api(method, path, body) {
  const binary = body instanceof Blob;
  const response = await fetch(`/control/${path}`, {
    method,
    headers:
      body === undefined
        ? {}
        : { 'content-type': binary ? body.type || 'application/octet-stream' : 'application/json' },
    body: body === undefined ? undefined : binary ? body : JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.detail ?? `The simulator answered ${response.status}`);
  return answer;
}

export const say = (text) => ($('notice').textContent = text);
export const guard =
  (work) =>
  async (...args) => {
    say('');
    try {
      return await work(...args);
    } catch (error) {
      say(error.message);
      return undefined;
    }
  };

export const keyOf = (customer) => customer.waId ?? customer.userId;
export const current = () => state.customers.find((each) => keyOf(each) === state.customer);
export const number = () => state.numbers.find((each) => each.id === state.number);
