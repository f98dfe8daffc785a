import fc from 'fast-check';
import { previewOf } from './preview';

describe('the preview of a message', () => {
  it.each([
    ['text', { body: 'Hello' }, 'Hello'],
    ['image', { id: '1', caption: 'Look' }, 'Look'],
    ['image', { id: '1', caption: '' }, '[image]'],
    ['document', { id: '1', filename: 'a.pdf' }, 'a.pdf'],
    ['document', { id: '1', caption: '', filename: 'a.pdf' }, 'a.pdf'],
    ['button', { payload: 'p', text: 'Yes' }, 'Yes'],
    ['reaction', { message_id: 'm', emoji: '👍' }, '👍'],
    ['reaction', { message_id: 'm' }, '[reaction]'],
    ['interactive', { type: 'button_reply', button_reply: { id: '1', title: 'Yes' } }, 'Yes'],
    ['interactive', { type: 'list_reply', list_reply: { id: '1', title: 'Row' } }, 'Row'],
    ['interactive', { type: 'button', body: { text: 'Well?' }, action: {} }, 'Well?'],
    ['location', { latitude: 1, longitude: 2, name: 'Home' }, 'Home'],
    ['contacts', [{ name: { formatted_name: 'Ann' } }], '[contacts]'],
    ['template', { name: 'hello_world', language: {} }, 'hello_world'],
    ['system', { body: 'changed', type: 'user_changed_number' }, 'changed'],
    ['unsupported', null, '[unsupported]'],
    ['telegram', 'raw', '[telegram]'],
  ])('of %s %j is %s', (type, content, preview) => expect(previewOf(type, content)).toBe(preview));

  it('is short', () => expect(previewOf('text', { body: 'x'.repeat(5_000) })).toHaveLength(120));

  it('never ends in half an emoji: the database would refuse the message', () => {
    expect(previewOf('text', { body: `${'x'.repeat(119)}😀` })).toBe('x'.repeat(119));
    expect(previewOf('text', { body: `${'x'.repeat(118)}😀` })).toBe(`${'x'.repeat(118)}😀`);
  });

  it('is text for any content', () => {
    fc.assert(fc.property(fc.string(), fc.jsonValue(), (type, c) => typeof previewOf(type, c) === 'string'));
  });
});
