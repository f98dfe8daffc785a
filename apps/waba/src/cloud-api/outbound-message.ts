import { AppError } from '@scrm/platform';
import { z } from 'zod';

/**
 * What WhatsApp takes, checked before it is stored, so that the caller hears at once what Meta would say later.
 * Strict in what is required and how long it may be; keys that Meta may add pass through.
 */
const link = z.url({ protocol: /^https?$/ }).max(2048);
const mediaBase = z.looseObject({ id: z.string().min(1).optional(), link: link.optional() });
const hasSource = (m: { id?: string | undefined; link?: string | undefined }) =>
  (m.id !== undefined) !== (m.link !== undefined);
const oneSource = { message: 'give either id or link' };
const caption = z.string().max(1024).optional();

const media = mediaBase.refine(hasSource, oneSource);
const captioned = mediaBase.extend({ caption }).refine(hasSource, oneSource);
const document = mediaBase
  .extend({ caption, filename: z.string().max(240).optional() })
  .refine(hasSource, oneSource);

const coordinate = (limit: number) =>
  z.union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/)]).refine((v) => Math.abs(Number(v)) <= limit, {
    message: `must be between -${limit} and ${limit}`,
  });

const header = z.looseObject({
  type: z.enum(['text', 'image', 'video', 'document']),
  text: z.string().max(60).optional(),
});
const interactiveBase = {
  header: header.optional(),
  body: z.looseObject({ text: z.string().min(1).max(4096) }).optional(),
  footer: z.looseObject({ text: z.string().min(1).max(60) }).optional(),
};
const button = z.looseObject({
  type: z.literal('reply'),
  reply: z.looseObject({ id: z.string().min(1).max(256), title: z.string().min(1).max(20) }),
});
const row = z.looseObject({
  id: z.string().min(1).max(200),
  title: z.string().min(1).max(24),
  description: z.string().max(72).optional(),
});
const section = z.looseObject({ title: z.string().max(24).optional(), rows: z.array(row).min(1).max(10) });
const buttons = z.looseObject({
  ...interactiveBase,
  body: z.looseObject({ text: z.string().min(1).max(1024) }),
  action: z.looseObject({ buttons: z.array(button).min(1).max(3) }),
});
const list = z.looseObject({
  ...interactiveBase,
  body: z.looseObject({ text: z.string().min(1).max(4096) }),
  action: z.looseObject({
    button: z.string().min(1).max(20),
    sections: z
      .array(section)
      .min(1)
      .max(10)
      .refine((all) => all.reduce((n, s) => n + s.rows.length, 0) <= 10, {
        message: 'at most 10 rows in all',
      }),
  }),
});
const otherInteractive = z.looseObject({ ...interactiveBase, action: z.looseObject({}) });
/** Not a union: its errors would not say which field is wrong. */
const interactive = z.looseObject({ type: z.string().min(1) }).superRefine((value, context) => {
  const kind = value.type === 'button' ? buttons : value.type === 'list' ? list : otherInteractive;
  for (const issue of kind.safeParse(value).error?.issues ?? []) context.addIssue({ ...issue });
});

const template = z.looseObject({
  name: z.string().regex(/^[a-z0-9_]{1,512}$/),
  language: z.looseObject({ code: z.string().min(2).max(15) }),
  components: z
    .array(z.looseObject({ type: z.string(), parameters: z.array(z.looseObject({})).optional() }))
    .optional(),
});

const contact = z.looseObject({ name: z.looseObject({ formatted_name: z.string().min(1) }) });

const context = z.looseObject({ message_id: z.string().min(1) }).optional();
const schema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('text'),
    context,
    text: z.looseObject({ body: z.string().min(1).max(4096), preview_url: z.boolean().optional() }),
  }),
  z.strictObject({ type: z.literal('image'), context, image: captioned }),
  z.strictObject({ type: z.literal('video'), context, video: captioned }),
  z.strictObject({ type: z.literal('audio'), context, audio: media }),
  z.strictObject({ type: z.literal('document'), context, document }),
  z.strictObject({ type: z.literal('sticker'), context, sticker: media }),
  z.strictObject({
    type: z.literal('location'),
    context,
    location: z.looseObject({
      latitude: coordinate(90),
      longitude: coordinate(180),
      name: z.string().max(1000).optional(),
      address: z.string().max(1000).optional(),
    }),
  }),
  z.strictObject({ type: z.literal('contacts'), context, contacts: z.array(contact).min(1).max(257) }),
  z.strictObject({
    type: z.literal('reaction'),
    reaction: z.looseObject({ message_id: z.string().min(1), emoji: z.string().max(20) }),
  }),
  z.strictObject({ type: z.literal('interactive'), context, interactive }),
  z.strictObject({ type: z.literal('template'), context, template }),
]);

export type TemplateContent = z.infer<typeof template>;

export interface OutboundMessage {
  type: string;
  content: unknown;
  replyTo: string | null;
}

/** Far more than any message takes; whatever is stored also goes to every screen that shows the conversation. */
const LONGEST_JSON = 64 * 1024;
/** NUL or half of a surrogate pair, as JSON.stringify escapes them: Postgres takes neither. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/** @throws AppError invalid_message, with each field that WhatsApp would not take */
export function readOutboundMessage(message: Record<string, unknown>): OutboundMessage {
  const json = JSON.stringify(message);
  if (Buffer.byteLength(json) > LONGEST_JSON)
    throw new AppError('invalid_message', 'It is over 64 KiB long.');
  if (UNSTORABLE.test(json)) throw new AppError('invalid_message', 'It holds a character that is no text.');
  const result = schema.safeParse(message);
  if (!result.success) {
    const errors = result.error.issues.map((i) => ({ path: i.path.join('.'), message: i.message }));
    const detail = errors.map((e) => `${e.path || 'message'}: ${e.message}`).join('; ');
    throw new AppError('invalid_message', detail.slice(0, 1000), errors);
  }
  const data = result.data as Record<string, unknown> & { type: string; context?: { message_id: string } };
  return { type: data.type, content: data[data.type], replyTo: data.context?.message_id ?? null };
}
