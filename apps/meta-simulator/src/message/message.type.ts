/** The outbound types of `POST /messages`. */
export const MESSAGE_TYPES = [
  'text',
  'image',
  'video',
  'audio',
  'document',
  'sticker',
  'location',
  'contacts',
  'reaction',
  'interactive',
  'template',
] as const;

export type MessageType = (typeof MESSAGE_TYPES)[number];

/** Meta lets `type` away: then the part that is there tells. */
export function messageTypeOf(body: Record<string, unknown>): string {
  if (typeof body.type === 'string') return body.type.toLowerCase();
  if (body.status !== undefined) return 'status';
  return MESSAGE_TYPES.find((type) => body[type] !== undefined) ?? 'text';
}
