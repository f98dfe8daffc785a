/** The pages of the catcher. What is in a mail is somebody's input: all of it is escaped. */

/** @typedef {import('./catcher.mjs').CaughtMail} CaughtMail */

/** @param {CaughtMail[]} mails newest first */
export function listPage(mails) {
  const rows = mails.map(
    ({ id, at, to, subject }) =>
      `<tr><td>${escape(at.slice(11, 19))}</td><td>${escape(to.join(', '))}</td>` +
      `<td><a href="/mails/${id}">${escape(subject || '(no subject)')}</a></td></tr>`,
  );
  const body = rows.length
    ? `<table><tr><th>UTC</th><th>To</th><th>Subject</th></tr>${rows.join('\n')}</table>`
    : '<p>No mail yet.</p>';
  // It looks again by itself: a script would be one more thing that a mail could get hold of.
  return layout('Mail', `<h1>Mail</h1>${body}`, '<meta http-equiv="refresh" content="3">');
}

/** @param {CaughtMail} mail */
export function mailPage({ at, from, to, subject, text, html }) {
  const head = { From: from, To: to.join(', '), Date: at };
  const lines = Object.entries(head).map(([name, value]) => `<b>${name}</b> ${escape(value)}<br>`);
  // No scripts, no forms, no origin of its own; links open in a tab.
  const sandbox = 'allow-popups allow-popups-to-escape-sandbox';
  const shown = html
    ? `<h2>HTML</h2><iframe sandbox="${sandbox}" srcdoc="${escape(`<base target="_blank">${html}`)}"></iframe>`
    : '';
  return layout(
    subject,
    `<p><a href="/">All mail</a></p><h1>${escape(subject)}</h1><p>${lines.join('\n')}</p>` +
      `<h2>Text</h2><pre>${linked(text)}</pre>${shown}`,
  );
}

/** @param {string} title @param {string} body @param {string} [head] */
const layout = (title, body, head = '') => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title>${head}<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
td, th { text-align: left; padding: .25rem 1rem .25rem 0 }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f4f4f4; padding: 1rem }
iframe { width: 100%; height: 24rem; border: 1px solid #ccc }
</style></head><body>${body}</body></html>
`;

/** @param {string} text */
const linked = (text) =>
  text
    .split(/(https?:\/\/[^\s<>"']+)/)
    .map((part, index) =>
      index % 2 ? `<a href="${escape(part)}" rel="noreferrer">${escape(part)}</a>` : escape(part),
    )
    .join('');

/** @type {Record<string, string>} */
const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** @param {string} text */
const escape = (text) => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
