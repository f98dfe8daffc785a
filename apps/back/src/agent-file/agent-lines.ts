import { IMPORT_COLUMNS, type ColleagueView, type ImportColumn, type ImportedLine } from '@scrm/contracts';
import { AppError } from '@scrm/platform';
import type { CsvLine } from './csv.reader';

const REQUIRED: ImportColumn[] = ['name', 'email', 'role'];
/** An export has it, too. Nobody's status is changed by a file. */
const IGNORED = 'status';
export const EXPORT_COLUMNS = [...IMPORT_COLUMNS, IGNORED] as const;
const MOST_IN_A_LINE = 10_000;

export const IMPORT_LIMITS = { bytes: 10 * 1024 * 1024, lines: 10_000 };

/** A line that the user service may look at, or one that is known to be wrong. */
export type AgentLine = { line: number; cells: Record<string, string> } | ImportedLine;

export const isWrong = (line: AgentLine): line is ImportedLine => 'outcome' in line;

/** The lines of a file by its columns, whose names are in the first one. @throws AppError invalid_request */
export function toAgentLines([header, ...lines]: CsvLine[]): AgentLine[] {
  const columns = columnsOf(header?.cells ?? []);
  const seen = new Map<string, number>();
  return lines.map(({ line, cells }): AgentLine => {
    const email = (cells[columns.indexOf('email')] ?? '').toLowerCase();
    if (cells.length !== columns.length)
      return wrong(
        line,
        email,
        null,
        `it has ${cells.length} cells, and the file has ${columns.length} columns`,
      );
    if (cells.join('').length > MOST_IN_A_LINE)
      return wrong(line, '', null, `it has more than ${MOST_IN_A_LINE} characters`);
    const before = email && seen.get(email);
    if (before) return wrong(line, email, 'email', `line ${before} has the same email`);
    seen.set(email, line);
    const named = columns.map((column, i) => [column, cells[i]!] as const);
    return { line, cells: Object.fromEntries(named.filter(([column]) => column !== IGNORED)) };
  });
}

export const wrong = (line: number, email: string, column: string | null, reason: string): ImportedLine => ({
  ...{ line, outcome: 'failed', email, agentId: null, invitation: null },
  ...{ column, reason },
});

function columnsOf(names: string[]): string[] {
  const columns = names.map(
    (name) => EXPORT_COLUMNS.find((column) => column.toLowerCase() === name.toLowerCase()) ?? name,
  );
  const refuse = (what: string, which: string[]) => {
    if (which.length === 0) return;
    const known = `Columns are ${EXPORT_COLUMNS.join(', ')}`;
    throw new AppError('invalid_request', `The first line ${what} ${which.join(', ')}. ${known}.`);
  };
  refuse(
    'does not name',
    REQUIRED.filter((column) => !columns.includes(column)),
  );
  refuse(
    'has what is no column:',
    columns.filter((name) => !EXPORT_COLUMNS.some((column) => column === name)),
  );
  refuse(
    'names twice',
    columns.filter((name, i) => columns.indexOf(name) !== i),
  );
  return columns;
}

/** The cells of an export, as an import reads them. */
export function toCells(agent: ColleagueView): string[] {
  const { name, email, role, teams, skills = [], languages = [], capacity, timeZone, status } = agent;
  const cells: Record<(typeof EXPORT_COLUMNS)[number], string> = {
    ...{ name, email, role, status },
    teams: teams.map((team) => team.name).join('|'),
    skills: skills.map((skill) => `${skill.name}:${skill.level}`).join('|'),
    languages: languages.join('|'),
    capacity: capacity?.toString() ?? '',
    timeZone: timeZone ?? '',
  };
  return EXPORT_COLUMNS.map((column) => cells[column]);
}
