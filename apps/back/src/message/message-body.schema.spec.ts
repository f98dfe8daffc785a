import { MESSAGE_BODY_EXAMPLES, messageBodySchemas } from './message-body.schema';

const TYPES = [
  'text',
  'template',
  'image',
  'video',
  'audio',
  'document',
  'sticker',
  'location',
  'contacts',
  'reaction',
  'interactive',
];
const schemas = messageBodySchemas() as Record<string, Record<string, unknown>>;

it('offers one shape for each type that can be sent', () => {
  const { discriminator, oneOf } = schemas.MessageBody as {
    discriminator: { mapping: Record<string, string> };
    oneOf: { $ref: string }[];
  };
  expect(Object.keys(discriminator.mapping)).toEqual(TYPES);
  expect(oneOf.map((o) => o.$ref)).toEqual(Object.values(discriminator.mapping));
  for (const [type, ref] of Object.entries(discriminator.mapping)) {
    expect(schemas[ref.split('/').at(-1)!]).toMatchObject({
      required: ['type', type],
      additionalProperties: false,
      properties: { type: { enum: [type] } },
    });
  }
});

it('lets every message answer another one, but for a reaction', () => {
  for (const [name, schema] of Object.entries(schemas)) {
    if (name === 'MessageBody') continue;
    expect('context' in (schema.properties as object)).toBe(name !== 'ReactionMessageBody');
  }
});

it('shows examples that have the shape that they show', () => {
  for (const { value } of Object.values(MESSAGE_BODY_EXAMPLES)) expect(value).toHaveProperty(value.type);
});
