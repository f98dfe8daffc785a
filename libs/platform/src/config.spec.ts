import { z } from 'zod';
import { baseConfig, brokerConfig, commaList, loadConfig, tokenConfig } from './config';

const schema = baseConfig.extend(brokerConfig.shape).extend(tokenConfig.shape).extend({ SECRETS: commaList });
const good = {
  PORT: '3000',
  RABBITMQ_URL: 'amqp://localhost',
  JWKS_URL: 'http://user/.well-known/jwks.json',
  SECRETS: 'a, b',
};

describe('the configuration', () => {
  let said: string[];

  beforeEach(() => {
    said = [];
    jest.spyOn(process.stderr, 'write').mockImplementation((line) => said.push(String(line)) > 0);
    jest.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Error(`exit ${code}`);
    });
  });
  afterEach(() => jest.restoreAllMocks());

  it('is read from the environment, with what is usual where nothing is said', () => {
    expect(loadConfig(schema, good)).toEqual({
      ...good,
      NODE_ENV: 'production',
      HOST: '0.0.0.0',
      PORT: 3000,
      LOG_LEVEL: 'info',
      BROKER_NAMESPACE: 'scrm',
      TOKEN_ISSUER: 'scrm',
      TOKEN_AUDIENCE: 'scrm',
      SECRETS: ['a', 'b'],
    });
    expect(said).toEqual([]);
  });

  it('takes an empty variable for one that is not there', () => {
    expect(loadConfig(schema, { ...good, HOST: '', LOG_LEVEL: '' })).toMatchObject({
      HOST: '0.0.0.0',
      LOG_LEVEL: 'info',
    });
  });

  it('ends the process with one line for each mistake, and without the values', () => {
    const wrong = { ...good, PORT: '99999', RABBITMQ_URL: 'http://user:hunter2@localhost', JWKS_URL: '' };
    expect(() => loadConfig(schema, wrong)).toThrow('exit 78');
    expect(said).toHaveLength(3);
    for (const name of ['PORT', 'RABBITMQ_URL', 'JWKS_URL'])
      expect(said.filter((line) => line.startsWith(`configuration: ${name}: `))).toHaveLength(1);
    expect(said.join()).not.toContain('hunter2');
  });

  it.each(['', 'no', '-1', '1.5', '65536'])('knows that %j is no port', (PORT) => {
    expect(() => loadConfig(z.object({ PORT: baseConfig.shape.PORT }), { PORT })).toThrow('exit 78');
  });

  it.each(['a,,b', ',', ' '])('knows that %j is no list', (SECRETS) => {
    expect(() => loadConfig(z.object({ SECRETS: commaList }), { SECRETS })).toThrow('exit 78');
  });
});
