import { CRASH_POINTS } from '../../libs/platform/src/crash-point';
import { files, read } from './workspace';

describe('crash points', () => {
  it('each stand at one place of the apps', () => {
    const placed = files()
      .filter((file) => /^apps\/[^/]+\/src\/.*\.ts$/.test(file) && !file.endsWith('.spec.ts'))
      .flatMap((file) => [...read(file).matchAll(/crashPoint\('([^']+)'\)/g)].map(([, name]) => name));
    expect(placed.sort()).toEqual([...CRASH_POINTS].sort());
  });
});
