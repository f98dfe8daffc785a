import type { GraphError } from '../graph/graph.error';
import { checkTemplateParameters, variablesOf } from './template.check';
import { renderTemplate } from './template.render';
import type { Template } from './template.types';

const template = (patch: Partial<Template> = {}): Template => ({
  id: '1',
  wabaId: '1',
  name: 'ready',
  language: 'en',
  category: 'UTILITY',
  status: 'APPROVED',
  parameter_format: 'POSITIONAL',
  components: [
    { type: 'HEADER', format: 'TEXT', text: 'Order {{1}}' },
    { type: 'BODY', text: 'Dear {{1}}, {{2}} and {{2}} are ready.' },
    {
      type: 'BUTTONS',
      buttons: [
        { type: 'QUICK_REPLY', text: 'Fine' },
        { type: 'URL', text: 'See', url: 'https://x/{{1}}' },
      ],
    },
  ],
  quality_score: { score: 'UNKNOWN', date: 0 },
  rejected_reason: 'NONE',
  ...patch,
});

const text = (value: string, name?: string): Record<string, unknown> => ({
  type: 'text',
  text: value,
  ...(name ? { parameter_name: name } : {}),
});
const header = { type: 'header', parameters: [text('#1')] };
const body = { type: 'body', parameters: [text('Ann'), text('cake')] };
const url = { type: 'button', sub_type: 'url', index: '1', parameters: [text('a/b')] };

function codeOf(subject: Template, components: unknown): number | undefined {
  try {
    checkTemplateParameters(subject, components);
    return undefined;
  } catch (error) {
    return (error as GraphError).code;
  }
}

describe('template parameters', () => {
  it('must fit header, body and buttons', () => {
    expect(codeOf(template(), [header, body, url])).toBeUndefined();
    expect(codeOf(template(), [body, url])).toBe(132000);
    expect(codeOf(template(), [header, { ...body, parameters: [text('Ann')] }, url])).toBe(132000);
    expect(codeOf(template(), [header, body])).toBe(131008);
    expect(codeOf(template(), [header, body, { ...url, sub_type: 'quick_reply' }])).toBe(132012);
    expect(codeOf(template(), [header, body, url, { ...url, index: 4 }])).toBe(132000);
  });

  it('must name named ones', () => {
    const named = template({
      parameter_format: 'NAMED',
      components: [{ type: 'BODY', text: 'Hi {{first_name}}.' }],
    });
    const sent = (parameter: unknown): unknown => [{ type: 'body', parameters: [parameter] }];
    expect(codeOf(named, sent(text('Ann', 'first_name')))).toBeUndefined();
    expect(codeOf(named, sent(text('Ann')))).toBe(100);
    expect(codeOf(named, sent(text('Ann', 'other')))).toBe(132000);
  });

  it('need the medium of a media header', () => {
    const media = template({ components: [{ type: 'HEADER', format: 'IMAGE' }] });
    const sent = (type: string): unknown => [{ type: 'header', parameters: [{ type, [type]: { id: '1' } }] }];
    expect(codeOf(media, sent('image'))).toBeUndefined();
    expect(codeOf(media, sent('video'))).toBe(132012);
    expect(codeOf(media, undefined)).toBe(132012);
  });

  it('are counted once each', () => {
    expect(variablesOf('{{1}} {{2}} {{ 1 }}', 'POSITIONAL')).toEqual(['1', '2']);
    expect(variablesOf('{{a}} {{1}}', 'NAMED')).toEqual(['a']);
  });
});

describe('renderTemplate', () => {
  it('fills in what was sent', () => {
    const quick = {
      type: 'button',
      sub_type: 'quick_reply',
      index: 0,
      parameters: [{ type: 'payload', payload: 'P' }],
    };
    expect(renderTemplate(template(), { components: [header, body, url, quick] })).toEqual({
      header: { format: 'TEXT', text: 'Order #1' },
      body: 'Dear Ann, cake and cake are ready.',
      buttons: [
        { type: 'QUICK_REPLY', text: 'Fine', payload: 'P' },
        { type: 'URL', text: 'See', url: 'https://x/a/b' },
      ],
    });
  });
});
