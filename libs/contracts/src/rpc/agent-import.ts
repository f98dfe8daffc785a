import { z } from 'zod';
import { defineRpc } from '../contract';
import { invitationToken } from './agent';
import { uuid } from '../uuid';

/** The columns of a file of agents. Lists have `|` between their parts; a skill is `name` or `name:level`. */
export const IMPORT_COLUMNS = [
  'name',
  'email',
  'role',
  'teams',
  'skills',
  'languages',
  'capacity',
  'timeZone',
] as const;
export type ImportColumn = (typeof IMPORT_COLUMNS)[number];

export const IMPORT_BATCH = 200;

/** What became of a line. */
export const importedLine = z.object({
  line: z.number().int(),
  /** `exists`: the tenant has an agent of this email already, and nothing about them changes. */
  outcome: z.enum(['created', 'exists', 'failed']),
  email: z.string(),
  agentId: uuid.nullable(),
  /** Of a new agent, unless it was a dry run. Shown once. */
  invitation: invitationToken.nullable(),
  /** Why it failed, and in which column. */
  column: z.string().nullable(),
  reason: z.string().nullable(),
});
export type ImportedLine = z.infer<typeof importedLine>;

/**
 * Lines of a file, as they are written. Each stands for itself: a bad one keeps none of the others out. Good ones
 * become agents in one transaction, so all of them or, where this fails, none. May be repeated. A dry run says what
 * would become of them.
 */
export const agentImport = defineRpc(
  'user.agent.import.v1',
  z.object({
    dryRun: z.boolean(),
    lines: z
      .array(z.object({ line: z.number().int(), cells: z.record(z.string(), z.string()) }))
      .max(IMPORT_BATCH),
  }),
  z.object({ lines: z.array(importedLine) }),
);
