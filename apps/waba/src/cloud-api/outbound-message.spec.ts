import { AppError } from '@scrm/platform';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readOutboundMessage } from './outbound-message';

const long = (n: number) => 'x'.repeat(n);
const row = (n: number) => ({ id: `${n}`, title: `row ${n}` });
const rows = (count: number) => Array.from({ length: count }, (_, n) => row(n));
const reply = (over: object = {}) => ({ type: 'reply', reply: { id: '1', title: 'Yes', ...over } });

const text = (body: string) => ({ type: 'text', text: { body } });
const media = (type: string, part: object) => ({ type, [type]: part });
const buttons = (over: object = {}) => ({
  type: 'interactive',
  interactive: { type: 'button', body: { text: 'Well?' }, action: { buttons: [reply()] }, ...over },
});
const list = (over: object = {}) => ({
  type: 'interactive',
  interactive: {
    type: 'list',
    body: { text: 'Choose' },
    action: { button: 'Open', sections: [{ rows: rows(2) }] },
    ...over,
  },
});
const location = (latitude: unknown, longitude: unknown) => ({
  type: 'location',
  location: { latitude, longitude },
});
const template = (over: object = {}) => ({
  type: 'template',
  template: { name: 'hello_world', language: { code: 'en_US' }, ...over },
});

function refusal(message: Record<string, unknown>): AppError {
  try {
    readOutboundMessage(message);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}
const paths = (message: Record<string, unknown>) => [...new Set(refusal(message).errors?.map((e) => e.path))];

describe('an outgoing message', () => {
  it.each<[string, Record<string, unknown>]>([
    ['text at its limit', text(long(4096))],
    ['an image by id', media('image', { id: '1', caption: long(1024) })],
    ['a video by link', media('video', { link: 'https://example.com/a.mp4' })],
    ['audio', media('audio', { id: '1', voice: true })],
    ['a document', media('document', { id: '1', filename: 'a.pdf', caption: 'c' })],
    ['a sticker', media('sticker', { link: 'http://example.com/a.webp' })],
    ['a location in numbers', location(-90, 180)],
    ['a location in strings', location('37.75', '-122.4')],
    ['contacts', { type: 'contacts', contacts: [{ name: { formatted_name: 'Ann' } }] }],
    ['a reaction', { type: 'reaction', reaction: { message_id: 'wamid.1', emoji: '👍' } }],
    ['the end of a reaction', { type: 'reaction', reaction: { message_id: 'wamid.1', emoji: '' } }],
    ['three buttons', buttons({ action: { buttons: [reply(), reply(), reply()] } })],
    ['a list of ten rows', list({ action: { button: 'Open', sections: [{ rows: rows(10) }] } })],
    [
      'an interactive type of Meta that came later',
      { type: 'interactive', interactive: { type: 'request_contact_info', action: { name: 'x' } } },
    ],
    ['a template', template({ components: [{ type: 'body', parameters: [{ type: 'text', text: 'a' }] }] })],
    ['keys that Meta may add', { type: 'text', text: { body: 'a', something_new: 1 } }],
  ])('may be %s', (_, message) => {
    expect(readOutboundMessage(message)).toEqual({
      type: message.type,
      content: message[message.type as string],
      replyTo: null,
    });
  });

  it('may answer another one', () => {
    expect(readOutboundMessage({ ...text('a'), context: { message_id: 'wamid.1' } }).replyTo).toBe('wamid.1');
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['text that is empty', text(''), 'text.body'],
    ['text that is too long', text(long(4097)), 'text.body'],
    ['text without its part', { type: 'text' }, 'text'],
    ['an image without a source', media('image', {}), 'image'],
    ['an image with two sources', media('image', { id: '1', link: 'https://example.com/a.png' }), 'image'],
    ['a link that is none', media('video', { link: 'file:///etc/passwd' }), 'video.link'],
    ['a long caption', media('image', { id: '1', caption: long(1025) }), 'image.caption'],
    ['a long file name', media('document', { id: '1', filename: long(241) }), 'document.filename'],
    ['a place off the globe', location(90.1, 0), 'location.latitude'],
    ['a place that is no number', location(0, 'east'), 'location.longitude'],
    ['no contacts', { type: 'contacts', contacts: [] }, 'contacts'],
    [
      'a contact without a name',
      { type: 'contacts', contacts: [{ name: {} }] },
      'contacts.0.name.formatted_name',
    ],
    ['a reaction to nothing', { type: 'reaction', reaction: { emoji: '👍' } }, 'reaction.message_id'],
    ['four buttons', buttons({ action: { buttons: Array(4).fill(reply()) } }), 'interactive.action.buttons'],
    [
      'a long button',
      buttons({ action: { buttons: [reply({ title: long(21) })] } }),
      'interactive.action.buttons.0.reply.title',
    ],
    [
      'a long button id',
      buttons({ action: { buttons: [reply({ id: long(257) })] } }),
      'interactive.action.buttons.0.reply.id',
    ],
    ['a long body', buttons({ body: { text: long(1025) } }), 'interactive.body.text'],
    ['a long footer', buttons({ footer: { text: long(61) } }), 'interactive.footer.text'],
    ['a long header', buttons({ header: { type: 'text', text: long(61) } }), 'interactive.header.text'],
    ['a header of no known type', buttons({ header: { type: 'sound' } }), 'interactive.header.type'],
    [
      'eleven rows',
      list({ action: { button: 'Open', sections: [{ rows: rows(6) }, { rows: rows(5) }] } }),
      'interactive.action.sections',
    ],
    [
      'a long row',
      list({ action: { button: 'Open', sections: [{ rows: [{ id: '1', title: long(25) }] }] } }),
      'interactive.action.sections.0.rows.0.title',
    ],
    [
      'a long description',
      list({ action: { button: 'Open', sections: [{ rows: [{ ...row(1), description: long(73) }] }] } }),
      'interactive.action.sections.0.rows.0.description',
    ],
    [
      'a long list button',
      list({ action: { button: long(21), sections: [{ rows: rows(1) }] } }),
      'interactive.action.button',
    ],
    ['interactive without a type', { type: 'interactive', interactive: { action: {} } }, 'interactive.type'],
    ['a template name in capitals', template({ name: 'Hello' }), 'template.name'],
    ['a template without a language', template({ language: {} }), 'template.language.code'],
    ['an answer to nothing', { ...text('a'), context: {} }, 'context.message_id'],
    ['a type that nobody knows', { type: 'telegram', telegram: {} }, 'type'],
    ['no type', { text: { body: 'a' } }, 'type'],
  ])('is refused as %s, and the path says where', (_, message, path) => {
    expect(refusal(message).code).toBe('invalid_message');
    expect(paths(message)).toEqual([path]);
  });

  it('is refused with addressing fields: whom it goes to is not in the body', () => {
    expect(refusal({ ...text('a'), to: '1' }).message).toContain('"to"');
  });

  it('is refused where the database could not store it as text', () => {
    expect(refusal(text('a\0b')).code).toBe('invalid_message');
    expect(refusal(text('half \ud83d')).code).toBe('invalid_message');
    expect(readOutboundMessage(text('whole 😀 and \\u0000 spelled out')).type).toBe('text');
  });

  it('is refused where it would flood every screen that shows it', () => {
    expect(refusal({ type: 'text', text: { body: 'a', more: long(70_000) } }).message).toContain('64 KiB');
  });
});

const EXAMPLES = process.env.META_EXAMPLES_DIR ?? resolve(__dirname, '../../../../../shared/meta/examples');

/** Official examples that are refused, and why that is right. */
const EXCEPTIONS: Record<string, string> = {
  audio_message_by_url: 'has a placeholder for a link',
  document_message_by_url: 'has a placeholder for a link',
  image_message_by_url: 'has a placeholder for a link',
  sticker_message_by_url: 'has a placeholder for a link',
  video_message_by_url: 'has a placeholder for a link',
  reply_to_audio_message_by_url: 'has a placeholder for a link',
  reply_to_document_message_by_url: 'has a placeholder for a link',
  reply_to_image_message_by_url: 'has a placeholder for a link',
  reply_to_sticker_message_by_url: 'has a placeholder for a link',
  reply_to_video_message_by_url: 'has a placeholder for a link',
  flow_template_message: 'has a placeholder for a name',
  message_template_interactive: 'has placeholders for name and language',
  message_template_media: 'has placeholders for name and language',
  message_template_text: 'has placeholders for name and language',
  sample_shipping_confirmation_template: 'has placeholders for name and language',
  sample_text_message: 'has placeholders for name and language',
  multi_product_message: 'has a placeholder for the type of its header',
  text_message_with_preview_url: 'has no type: we ask for it',
  reply_to_list_message: 'has no type: we ask for it',
  typing_indicator_and_read_receipt: 'is a read receipt, not a message',
};

describe('an official example of Meta', () => {
  if (!existsSync(EXAMPLES)) {
    it('is not tried where the folder of examples is absent', () => {
      process.stderr.write(`Meta's examples are not tried: no folder ${EXAMPLES}; set META_EXAMPLES_DIR\n`);
      expect(existsSync(EXAMPLES)).toBe(false);
    });
    return;
  }
  const files = readdirSync(EXAMPLES).filter((f) => f.startsWith('send_') && f.endsWith('.json'));
  const nameOf = (file: string) => file.replace(/^send_(send_)?|\.json$/g, '');
  const read = (file: string) => {
    const example = JSON.parse(readFileSync(join(EXAMPLES, file), 'utf8')) as Record<string, unknown>;
    for (const key of ['messaging_product', 'recipient_type', 'to']) delete example[key];
    return example;
  };

  it.each(files.filter((f) => !EXCEPTIONS[nameOf(f)]))('is accepted: %s', (file) => {
    expect(readOutboundMessage(read(file)).type).toBe(read(file).type);
  });

  it.each(files.filter((f) => EXCEPTIONS[nameOf(f)]).map((f) => [f, EXCEPTIONS[nameOf(f)]]))(
    'is refused: %s, because it %s',
    (file) => expect(refusal(read(file!)).code).toBe('invalid_message'),
  );
});
