import { execFile } from 'node:child_process';

export interface Outcome {
  code: number;
  out: string;
  err: string;
}

/** Runs a built program to its end, with this environment and nothing of ours. */
export function runProgram(file: string, args: string[], env: NodeJS.ProcessEnv): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH, ...env } };
    execFile(process.execPath, [file, ...args], options, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
}
