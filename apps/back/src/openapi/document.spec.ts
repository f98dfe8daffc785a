import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { OpenAPIObject } from '@nestjs/swagger';
import {
  agentMe,
  conversationView,
  messageView,
  roleView,
  senderView,
  sessionTokens,
  teamMemberView,
  teamView,
  templateView,
  webhookDeliveryReplay,
  webhookDeliveryView,
} from '@scrm/contracts';
import { z } from 'zod';
import { operationsOf, startGateway, type Gateway } from '../../test/gateway';
import { offlineApiDocument } from './offline-document';

const GENERATE = path.join(__dirname, '../../../../tools/generate.mjs');

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const inBraces = (route: string) => route.replace(/:(\w+)/g, '{$1}');

it('describes every route of the API, and no other', () => {
  const described = operationsOf(gateway.document).map(({ method, path }) => `${method} ${path}`);
  const routes = gateway.routes
    .filter((r) => r.includes(' /api/v1') && !/^(HEAD|OPTIONS) /.test(r))
    .map(inBraces);
  expect(described.sort()).toEqual([...new Set(routes)].sort());
});

it('gives every operation an id of its own, a summary and a tag', () => {
  const operations = operationsOf(gateway.document);
  const ids = operations.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(operations.length);
  for (const { operation } of operations) {
    expect(operation.operationId).toMatch(/^[a-z]+[A-Za-z]*$/);
    expect(operation.summary).toBeTruthy();
    expect(operation.tags).toHaveLength(1);
  }
});

it('declares every error as a problem', () => {
  for (const { operation } of operationsOf(gateway.document)) {
    const errors = Object.entries(operation.responses).filter(([status]) => Number(status) >= 400);
    expect(errors.map(([status]) => status)).toEqual(
      // Whoever needs no token hears of none.
      expect.arrayContaining(['400', ...(operation.security?.length ? ['401'] : []), '500', '503', '504']),
    );
    for (const [, response] of errors) {
      expect(response).toMatchObject({
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      });
    }
  }
});

it('is valid OpenAPI, and the client that is made from it is fresh', async () => {
  // The generator refuses a document that is not valid.
  const { stdout } = await promisify(execFile)(process.execPath, [GENERATE, '--check']);
  expect(stdout).toContain('everything is fresh');
});

it('is the same without a broker or a network', async () => {
  const offline = JSON.parse(JSON.stringify(await offlineApiDocument())) as unknown;
  expect(offline).toEqual(gateway.document);
});

it('comes with a page to try it, all files of which are served from here', async () => {
  const page = await fetch(`${gateway.url}/api/docs`);
  const html = await page.text();
  const links = [...html.matchAll(/(?:src|href)=["']([^"']+)["']/g)].map(
    (m) => new URL(m[1]!, `${gateway.url}/api/docs`),
  );
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(links.length).toBeGreaterThan(3);
  for (const link of links) {
    expect(link.origin).toBe(gateway.url);
    expect((await fetch(link)).status).toBe(200);
  }
});

/** What OpenAPI says of a schema, reduced to what a client relies on. */
type Shape = Record<string, string>;

const CONTRACTS: [string, z.ZodObject][] = [
  ['Conversation', conversationView],
  ['Contact', conversationView.shape.contact],
  ['LastMessage', conversationView.shape.lastMessage.unwrap()],
  ['Message', messageView],
  ['MessageError', messageView.shape.error.unwrap()],
  ['Sender', senderView],
  ['Template', templateView],
  ['WebhookDelivery', webhookDeliveryView],
  ['Replay', webhookDeliveryReplay.response],
  ['SessionTokens', sessionTokens],
  ['Agent', agentMe.response],
  ['Team', teamView],
  ['TeamMember', teamMemberView],
  ['Role', roleView],
];

it.each(CONTRACTS)('describes %s as its contract does', (name, contract) => {
  expect(shapeOf(gateway.document, name)).toEqual(shapeOfContract(contract));
});

function shapeOf(document: OpenAPIObject, name: string): Shape {
  const schema = resolve(document, { $ref: `#/components/schemas/${name}` });
  const required = new Set(schema.required as string[] | undefined);
  return Object.fromEntries(
    Object.entries(schema.properties as Record<string, Schema>).map(([key, property]) => {
      const target = resolve(document, property);
      const nullable = property.nullable === true;
      return [key, describeProperty(target, required.has(key), nullable)];
    }),
  );
}

function shapeOfContract(contract: z.ZodObject): Shape {
  const schema = z.toJSONSchema(contract, { io: 'output', unrepresentable: 'any' }) as Schema;
  const required = new Set(schema.required as string[] | undefined);
  return Object.fromEntries(
    Object.entries(schema.properties as Record<string, Schema>).map(([key, property]) => {
      const options = alternatives(property);
      const nullable = options.some((o) => o.type === 'null');
      return [
        key,
        describeProperty(oneOf(options.filter((o) => o.type !== 'null')), required.has(key), nullable),
      ];
    }),
  );
}

type Schema = Record<string, unknown>;

/** JSON Schema has two ways to say "or null". */
function alternatives(schema: Schema): Schema[] {
  if (Array.isArray(schema.type)) return schema.type.map((type: string) => ({ ...schema, type }));
  return (schema.anyOf as Schema[] | undefined) ?? [schema];
}

/** Several kinds of text are text to a client. */
function oneOf([first, ...others]: Schema[]): Schema {
  const isText = others.length > 0 && others.every((o) => o.type === 'string');
  return isText ? { type: 'string' } : first!;
}

function describeProperty(schema: Schema, required: boolean, nullable: boolean): string {
  const values = schema.enum ? `one of ${(schema.enum as string[]).join(', ')}` : '';
  // The contract leaves the content to WhatsApp; OpenAPI says at least that it is an object or a list.
  const type = schema.anyOf ? 'anything' : ((schema.type as string | undefined) ?? 'anything');
  const format = schema.format && !values ? ` ${schema.format as string}` : '';
  return `${required ? 'required' : 'optional'} ${nullable ? 'nullable ' : ''}${values || type}${format}`;
}

function resolve(document: OpenAPIObject, schema: Schema): Schema {
  const ref = (schema.$ref ?? (schema.allOf as Schema[] | undefined)?.[0]?.$ref) as string | undefined;
  return ref ? (document.components!.schemas![ref.split('/').at(-1)!] as Schema) : schema;
}
