import boundaries from './boundaries.json';
import { projects } from './workspace';

const axes: Record<string, string[]> = boundaries.axes;
const known = Object.entries(axes).flatMap(([axis, values]) => values.map((value) => `${axis}:${value}`));

describe('the tags of a project', () => {
  // The boundary rule does not know a tag from a typing error: it would just not apply.
  it.each(projects().map((p) => [p.folder, p.tags] as const))('%s: one on each axis', (_, tags) => {
    expect(tags.filter((tag) => !known.includes(tag))).toEqual([]);
    const perAxis = Object.keys(axes).map((axis) => tags.filter((tag) => tag.startsWith(`${axis}:`)).length);
    expect(perAxis).toEqual(Object.keys(axes).map(() => 1));
  });

  it('say what the folder says', () => {
    const wrong = projects().filter((p) => p.folder.startsWith('apps/') !== p.tags.includes('type:app'));
    expect(wrong).toEqual([]);
  });

  it('keep the gateway, the sockets and the simulator away from the database', () => {
    const folders = projects()
      .filter((p) => p.tags.includes('db:none'))
      .map((p) => p.folder);
    const without = [
      'apps/back',
      'apps/ws',
      'apps/meta-simulator',
      'libs/contracts',
      'libs/messaging',
      'libs/platform',
    ];
    expect(folders).toEqual(expect.arrayContaining(without));
  });
});

describe.each(['source', 'tests'] as const)('the boundaries of %s', (kind) => {
  const rules = boundaries[kind];

  it('speak of every tag', () => {
    expect(rules.map((rule) => rule.sourceTag).sort()).toEqual([...known].sort());
  });

  it('name no tag that nobody can have', () => {
    const named = rules.flatMap((rule) => rule.onlyDependOnLibsWithTags);
    expect(named.filter((tag) => !known.includes(tag))).toEqual([]);
  });
});

it('only tests may use what is made for tests', () => {
  const testing = boundaries.source.filter((rule) => rule.onlyDependOnLibsWithTags.includes('type:testing'));
  expect(testing.map((rule) => rule.sourceTag)).toEqual(['type:testing']);
});
