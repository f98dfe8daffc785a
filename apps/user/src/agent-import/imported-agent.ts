import {
  agentName,
  capacity,
  emailAddress,
  languageList,
  roleRef,
  ROLES,
  skillList,
  timeZone,
  type ImportColumn,
} from '@scrm/contracts';
import { z } from 'zod';

/** A cell with nothing in it says nothing. */
const unlessEmpty = <T extends z.ZodType<unknown, string>>(schema: T) =>
  z
    .string()
    .trim()
    .transform((text) => text || undefined)
    .pipe(schema.optional());

const parts = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split('|')
      .map((part) => part.trim())
      .filter(Boolean),
  );

/** `refunds:3`; without a level it is the first one. */
const toSkill = (text: string) => {
  const [name, level = '1'] = text.split(':').map((part) => part.trim());
  return { name, level: /^\d$/.test(level) ? Number(level) : level };
};

const NO_ROLE = `must be ${ROLES.map((role) => `"${role}"`).join(', ')}, or the id of a role of your own`;

const fields = {
  name: z.string().default('').pipe(agentName),
  email: z.string().default('').pipe(emailAddress),
  role: z
    .string()
    .default('')
    .transform((text) => text.trim().toLowerCase())
    .refine((text) => roleRef.safeParse(text).success, NO_ROLE),
  teams: parts.pipe(z.array(z.string()).max(50)).transform((names) => [...new Set(names)]),
  skills: parts.transform((list) => list.map(toSkill)).pipe(skillList),
  languages: parts.pipe(languageList),
  capacity: unlessEmpty(
    z.string().regex(/^\d+$/, 'must be a number').transform(Number).pipe(capacity),
  ).optional(),
  timeZone: unlessEmpty(timeZone).optional(),
} satisfies Record<ImportColumn, z.ZodType>;

/** An agent as the cells of a line say. */
export const importedAgent = z.object(fields);
export type ImportedAgent = z.output<typeof importedAgent>;

/** What is wrong with the first bad cell. */
export interface BadCell {
  column: string;
  reason: string;
}

export function readLine(cells: Record<string, string>): ImportedAgent | BadCell {
  const { data, error } = importedAgent.safeParse(cells);
  if (data) return data;
  const { path, message } = error!.issues[0]!;
  return { column: String(path[0]), reason: message };
}

export const isBad = (read: ImportedAgent | BadCell): read is BadCell => 'reason' in read;
