const LONGEST = 120;

/** A line for the inbox list. */
export function previewOf(type: string, content: unknown): string {
  const c = (typeof content === 'object' && content !== null ? content : {}) as Record<string, unknown>;
  const nested = (key: string) => (c[key] ?? {}) as Record<string, unknown>;
  const candidates = [
    c.body,
    c.text,
    c.caption,
    c.emoji,
    nested('button_reply').title,
    nested('list_reply').title,
    nested('body').text,
    c.filename,
    c.name,
  ];
  const text = candidates.find((t): t is string => typeof t === 'string' && t !== '');
  // Half an emoji at the end is no text: Postgres would refuse the whole message for it.
  return text ? text.slice(0, LONGEST).replace(/[\uD800-\uDBFF]$/, '') : `[${type}]`;
}
