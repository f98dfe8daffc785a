/** What a mail says, both ways that a reader may show it. */
export interface Letter {
  subject: string;
  text: string;
  html: string;
}

/** A paragraph, or a link on a line of its own. */
type Part = string | { label: string; url: string };

/** Names are other people's input: whatever they hold, the subject is one line and the HTML is text. */
export function letter(subject: string, parts: Part[]): Letter {
  return {
    subject: oneLine(subject),
    text: `${parts.map((p) => (typeof p === 'string' ? oneLine(p) : `${p.label}:\n${p.url}`)).join('\n\n')}\n`,
    html: parts.map((p) => `<p>${typeof p === 'string' ? escape(oneLine(p)) : anchor(p)}</p>`).join('\n'),
  };
}

/** Without line breaks and other control characters, which could begin a header or a paragraph of their own. */
export const oneLine = (text: string) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();

const anchor = ({ label, url }: { label: string; url: string }) =>
  `<a href="${escape(url)}">${escape(label)}</a><br>${escape(url)}`;

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
