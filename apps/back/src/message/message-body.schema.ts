import type { OpenAPIObject } from '@nestjs/swagger';

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
type Schema = Schemas[string];

const text = (maxLength: number, minLength = 1): Schema => ({ type: 'string', minLength, maxLength });
const object = (properties: Record<string, Schema>, required: string[] = []): Schema => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
});

const source: Record<string, Schema> = {
  id: { type: 'string', description: 'Id of an uploaded file. Give either this or `link`.' },
  link: { type: 'string', format: 'uri', maxLength: 2048, description: 'Where WhatsApp fetches the file.' },
};
const media = (more: Record<string, Schema> = {}) => object({ ...source, ...more });
const caption = { caption: text(1024, 0) };

const interactive = object(
  {
    type: {
      type: 'string',
      description: '`button`, `list`, `cta_url`, `flow` or any other that WhatsApp knows.',
      example: 'button',
    },
    header: object(
      { type: { type: 'string', enum: ['text', 'image', 'video', 'document'] }, text: text(60) },
      ['type'],
    ),
    body: object({ text: text(4096) }, ['text']),
    footer: object({ text: text(60) }, ['text']),
    action: { type: 'object', additionalProperties: true, description: 'In WhatsApp’s shape for the type.' },
  },
  ['type', 'action'],
);

const contact: Schema = {
  type: 'object',
  properties: { name: object({ formatted_name: text(1024) }, ['formatted_name']) },
  required: ['name'],
  additionalProperties: true,
};

const template = object(
  {
    name: { type: 'string', pattern: '^[a-z0-9_]{1,512}$', example: 'welcome' },
    language: object({ code: { type: 'string', example: 'en' } }, ['code']),
    components: {
      type: 'array',
      description: 'What fills its parameters, in WhatsApp’s own shape.',
      items: { type: 'object', additionalProperties: true },
      example: [{ type: 'body', parameters: [{ type: 'text', text: 'Sari' }] }],
    },
  },
  ['name', 'language'],
);

/** By type: what stands below the name of the type. */
const CONTENT: Record<string, Schema> = {
  text: object({ body: { ...text(4096), example: 'Hello' } as Schema, preview_url: { type: 'boolean' } }, [
    'body',
  ]),
  template,
  image: media(caption),
  video: media(caption),
  audio: media(),
  document: media({ ...caption, filename: text(240) }),
  sticker: media(),
  location: object(
    {
      latitude: { type: 'number', minimum: -90, maximum: 90 },
      longitude: { type: 'number', minimum: -180, maximum: 180 },
      name: text(1000, 0),
      address: text(1000, 0),
    },
    ['latitude', 'longitude'],
  ),
  contacts: { type: 'array', minItems: 1, maxItems: 257, items: contact },
  reaction: object(
    {
      message_id: { type: 'string', description: 'WhatsApp’s id of the message to react to.' },
      emoji: { type: 'string', maxLength: 20, description: 'Empty takes the reaction back.' },
    },
    ['message_id', 'emoji'],
  ),
  interactive,
};

const reply = object(
  { message_id: { type: 'string', description: 'WhatsApp’s id of the message to answer.' } },
  ['message_id'],
);

const nameOf = (type: string) => `${type[0]!.toUpperCase()}${type.slice(1)}MessageBody`;
const refTo = (type: string) => `#/components/schemas/${nameOf(type)}`;

/** The components of OpenAPI that describe what can be sent: WhatsApp's own shapes, without the addressing fields. */
export function messageBodySchemas(): Schemas {
  const types = Object.keys(CONTENT);
  const bodies = types.map((type): [string, Schema] => [
    nameOf(type),
    {
      type: 'object',
      properties: {
        type: { type: 'string', enum: [type] },
        [type]: CONTENT[type]!,
        ...(type !== 'reaction' && { context: reply }),
      },
      required: ['type', type],
      additionalProperties: false,
    },
  ]);
  const union: Schema = {
    oneOf: types.map((type) => ({ $ref: refTo(type) })),
    discriminator: { propertyName: 'type', mapping: Object.fromEntries(types.map((t) => [t, refTo(t)])) },
  };
  return { ...Object.fromEntries(bodies), MessageBody: union };
}

export const MESSAGE_BODY_REF = { $ref: '#/components/schemas/MessageBody' };

export const MESSAGE_BODY_EXAMPLES = {
  text: { summary: 'Text', value: { type: 'text', text: { body: 'Yes, we have Gayo. How many?' } } },
  reply: {
    summary: 'Text that answers a message',
    value: {
      type: 'text',
      text: { body: 'This one' },
      context: { message_id: 'wamid.HBgNNjI4MTIxMDAwMDAwMQ' },
    },
  },
  template: {
    summary: 'Template',
    value: {
      type: 'template',
      template: {
        name: 'welcome',
        language: { code: 'en' },
        components: [{ type: 'body', parameters: [{ type: 'text', text: 'Sari' }] }],
      },
    },
  },
  image: { summary: 'Image', value: { type: 'image', image: { link: 'https://example.com/gayo.jpg' } } },
};
