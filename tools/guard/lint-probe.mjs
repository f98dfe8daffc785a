/** Lints texts as if they were in files of ours: `[{file, code}]` on stdin, the rules that spoke on stdout. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const input = [];
for await (const chunk of process.stdin) input.push(chunk);
const eslint = new ESLint({ cwd: ROOT });
const answers = [];
for (const { file, code } of JSON.parse(Buffer.concat(input).toString())) {
  const [result] = await eslint.lintText(code, { filePath: join(ROOT, file) });
  answers.push(result.messages.map((message) => message.ruleId ?? message.message));
}
process.stdout.write(JSON.stringify(answers));
