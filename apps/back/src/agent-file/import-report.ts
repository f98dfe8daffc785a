import { IMPORT_BATCH, type ImportedLine } from '@scrm/contracts';
import { toAppError } from '@scrm/platform';
import { isWrong, wrong, type AgentLine } from './agent-lines';

type Asked = Exclude<AgentLine, ImportedLine>;

/** `unknown`: the service did not answer, and may have done it. */
export const OUTCOMES = ['created', 'exists', 'failed', 'unknown'] as const;
type Outcome = (typeof OUTCOMES)[number];
export type ReportedLine = Omit<ImportedLine, 'outcome'> & { outcome: Outcome };

/** After these nobody knows whether it was done. */
const UNSURE = ['timeout', 'unavailable', 'internal'];
const AGAIN = 'Import the file again: whoever is there by then stays as they are.';

/**
 * Does the import, a batch at a time, and says what became of each line as soon as that is known: one JSON document,
 * piece by piece. It never fails: from the first batch on, what was done has to be told. Whoever stops reading stops it.
 */
export async function* importReport(
  lines: AgentLine[],
  dryRun: boolean,
  ask: (batch: Asked[]) => Promise<ImportedLine[]>,
): AsyncGenerator<string> {
  const counts: Record<Outcome, number> = { created: 0, exists: 0, failed: 0, unknown: 0 };
  let stopped: string | undefined;
  yield `{"dryRun":${dryRun},"lines":[`;
  for (let at = 0; at < lines.length; at += IMPORT_BATCH) {
    const batch = lines.slice(at, at + IMPORT_BATCH);
    const asked = batch.filter((line): line is Asked => !isWrong(line));
    const known = batch.filter(isWrong);
    let answered: ReportedLine[];
    if (stopped) answered = asked.map((line) => reported(line, 'failed', stopped!));
    else {
      const answer = await ask(asked).catch(toAppError);
      if (Array.isArray(answer)) answered = answer;
      else {
        const outcome = UNSURE.includes(answer.code) ? 'unknown' : 'failed';
        answered = asked.map((line) => reported(line, outcome, `${answer.message} ${AGAIN}`));
        stopped = `Not tried, because of what happened to the lines before. ${AGAIN}`;
      }
    }
    const all = [...answered, ...known].sort((a, b) => a.line - b.line);
    for (const { outcome } of all) counts[outcome]++;
    yield `${at > 0 ? ',' : ''}${JSON.stringify(all).slice(1, -1)}`;
  }
  yield `],${JSON.stringify(counts).slice(1)}`;
}

const reported = ({ line, cells }: Asked, outcome: Outcome, reason: string): ReportedLine => ({
  ...wrong(line, cells.email ?? '', null, reason),
  outcome,
});
