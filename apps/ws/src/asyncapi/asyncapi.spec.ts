import { clientFrame, serverFrame } from '@scrm/contracts';
import { Parser } from '@asyncapi/parser';
import { asyncApiDocument } from './asyncapi.document';
import { EXAMPLES } from './asyncapi.examples';

describe('the AsyncAPI document', () => {
  it('is valid', async () => {
    const { document, diagnostics } = await new Parser().parse(JSON.stringify(asyncApiDocument()));
    const problems = diagnostics.filter(({ severity }) => severity <= 1);
    expect(problems.map(({ message, path }) => `${path.join('.')}: ${message}`)).toEqual([]);
    expect(document?.version()).toBe('3.0.0');
    expect(document?.operations().all()).toHaveLength(2);
  });

  it('shows examples that are true', () => {
    const { auth, ping, ...fromServer } = EXAMPLES;
    for (const example of [auth, ping]) expect(clientFrame.parse(example)).toEqual(example);
    for (const example of Object.values(fromServer)) expect(serverFrame.parse(example)).toEqual(example);
  });

  it('names every close code and limit', () => {
    const { description } = asyncApiDocument().info;
    for (const part of ['4401', '1012', 'maxFrameBytes', '65536']) expect(description).toContain(part);
  });
});
