import { files, read } from './workspace';

const MAX_LINES = 350;
const BINARY = /\.(png|jpe?g|gif|webp|ico|woff2?|ttf|mp[34]|ogg|pdf|gz|zip)$/i;
const texts = files().filter((file) => !BINARY.test(file));

/** `file:line` wherever the pattern is found. */
function found(pattern: RegExp, among: string[]): string[] {
  return among.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}`] : [])),
  );
}
const except = (...ours: string[]) => texts.filter((file) => !ours.includes(file));

describe('a file of the repository', () => {
  it(`has at most ${MAX_LINES} lines of code: what is longer is two things`, () => {
    const sources = texts.filter((f) => /^(apps|libs)\/[^/]+\/src\/.*\.tsx?$/.test(f));
    const written = sources.filter((f) => !/\/(generated|migrations)\//.test(f));
    expect(written.length).toBeGreaterThan(50);
    expect(written.filter((f) => read(f).trimEnd().split('\n').length > MAX_LINES)).toEqual([]);
  });

  it('names no folder of the machine that it was written on', () => {
    expect(found(/(^|[\s"'`(=:])\/(work|root|Users|home\/[a-z]\w*)\//, texts)).toEqual([]);
  });

  it('names no host of a package registry: everyone has their own', () => {
    const hosts = /https?:\/\/[^\s"'/]*(registry|npmjs|artifactory|nexus|verdaccio)[^\s"'/]*\//i;
    expect(found(hosts, texts)).toEqual([]);
    expect(found(/"resolved": "\w+:/, ['package-lock.json'])).toEqual([]);
    expect(
      found(
        /registry\s*=/,
        texts.filter((file) => file.endsWith('.npmrc')),
      ),
    ).toEqual([]);
  });

  it('leaves nothing for later', () => {
    const marks = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`);
    expect(found(marks, except('package-lock.json'))).toEqual([]);
  });
});
