const LONGEST = 120;

/** A line for the inbox list. */
export function previewOf(type: string, content: unknown): string {
  const c = (typeof content === 'object' && content !== null ? content : {}) as Record<string, unknown>;
  const nested = (key: string) => (c[key] ?? {}) as Record<string, unknown>;
  const text =
    c.body ??
    c.text ??
    c.caption ??
    c.emoji ??
    nested('button_reply').title ??
    nested('list_reply').title ??
    nested('body').text ??
    c.filename ??
    c.name;
  return typeof text === 'string' && text !== '' ? text.slice(0, LONGEST) : `[${type}]`;
}
