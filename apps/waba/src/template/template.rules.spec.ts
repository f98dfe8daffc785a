import { AppError } from '@scrm/platform';
import { checkTemplate, type KnownTemplate } from './template.rules';

const known = (components: unknown[], status = 'APPROVED'): KnownTemplate => ({
  name: 'order',
  language: 'id',
  status,
  components,
});
const body = (text: string) => ({ type: 'BODY', text });
const part = (type: string, count: number) => ({
  type,
  parameters: Array.from({ length: count }, () => ({ type: 'text', text: 'a' })),
});
const send = (components: ReturnType<typeof part>[] | undefined, template: KnownTemplate | undefined) => () =>
  checkTemplate({ name: 'order', language: { code: 'id' }, ...(components && { components }) }, template);

describe('a template', () => {
  it('must exist', () => expect(send([], undefined)).toThrow('There is no template order (id).'));

  it.each(['PENDING', 'REJECTED', 'PAUSED', 'DISABLED', 'ARCHIVED'])(
    'is not sent while it is %s',
    (status) => {
      expect(send([], known([body('Hi')], status))).toThrow(status.toLowerCase());
    },
  );

  it.each<[string, KnownTemplate, ReturnType<typeof part>[] | undefined]>([
    ['without variables and without components', known([body('Hi')]), undefined],
    ['without a body at all', known([]), []],
    ['with as many parameters as variables', known([body('Hi {{1}}, {{2}}')]), [part('body', 2)]],
    ['with named variables', known([body('Hi {{name}}, order {{ order_id }}')]), [part('body', 2)]],
    ['with a variable that appears twice', known([body('{{1}} and {{1}}')]), [part('body', 1)]],
    ['with upper-case component types', known([body('Hi {{1}}')]), [part('BODY', 1)]],
    [
      'with a header of text',
      known([{ type: 'HEADER', format: 'TEXT', text: '{{1}}' }]),
      [part('header', 1)],
    ],
    ['with a header of media', known([{ type: 'HEADER', format: 'IMAGE' }]), [part('header', 1)]],
    ['with buttons', known([body('Hi'), { type: 'BUTTONS', buttons: [] }]), [part('button', 1)]],
  ])('may be sent %s', (_, template, components) => expect(send(components, template)).not.toThrow());

  it.each<[string, KnownTemplate, ReturnType<typeof part>[] | undefined, string]>([
    ['too few parameters', known([body('{{1}} {{2}}')]), [part('body', 1)], 'body'],
    ['too many parameters', known([body('{{1}}')]), [part('body', 2)], 'body'],
    ['no parameters', known([body('{{1}}')]), undefined, 'body'],
    ['parameters where there are no variables', known([body('Hi')]), [part('body', 1)], 'body'],
    ['no picture', known([{ type: 'HEADER', format: 'IMAGE' }]), [], 'header'],
    ['a header that it has not', known([body('Hi')]), [part('header', 1)], 'header'],
  ])('is not sent with %s', (_, template, components, kind) => {
    expect(send(components, template)).toThrow(AppError);
    expect(send(components, template)).toThrow(`The ${kind} of the template order (id)`);
  });
});
