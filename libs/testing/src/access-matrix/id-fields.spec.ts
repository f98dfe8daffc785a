import { z } from 'zod';
import { idFieldsOf } from './id-fields';

it.each([
  ['an id', z.object({ teamId: z.uuid(), name: z.string() }), ['teamId']],
  ['one that may be left out, or be nobody', z.object({ a: z.uuid().nullable().optional() }), ['a']],
  ['an id or a word', z.object({ which: z.union([z.uuid(), z.enum(['all'])]) }), ['which']],
  ['one that is only called so', z.object({ targetId: z.string().max(9) }), ['targetId']],
  ['a list of them', z.object({ who: z.array(z.uuid()) }), ['who.*']],
  ['one deep inside', z.object({ filter: z.object({ by: z.uuid() }).optional() }), ['filter.by']],
  ['none', z.object({ name: z.string().trim(), at: z.iso.datetime(), cursor: z.string() }), []],
])('finds %s', (_, request, fields) => {
  expect(idFieldsOf(request)).toEqual(fields);
});
