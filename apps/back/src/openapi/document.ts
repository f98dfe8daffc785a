import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { messageBodySchemas } from '../message/message-body.schema';

const DESCRIPTION = `
The REST API of an open WhatsApp Business inbox.

Sign in with \`POST /api/v1/auth/login\` and send the access token as \`Authorization: Bearer <token>\`. What happens
while you look comes over the WebSocket; this API is for everything else.

Errors are RFC 9457 problem details with a stable \`code\`. Lists come in pages: give \`nextCursor\` as \`cursor\` until it
is null.
`.trim();

/** The API as OpenAPI describes it: made from the same declarations that the routes are. */
export function apiDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.0.3')
    .setTitle('WABA SCRM')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'Where this document came from')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' })
    .addTag('Session', 'Signing in and staying so')
    .addTag('Second factor', 'What signing in takes besides a password')
    .addTag('Agent', 'The person who is signed in')
    .addTag('Teams', 'Agents who share an inbox')
    .addTag('Tenant', 'The business: its clock, its languages, its hours')
    .addTag('Conversations', 'The inbox')
    .addTag('Messages', 'What was written, and writing')
    .addTag('Senders', 'Phone numbers of the business')
    .addTag('Templates', 'Messages that may be sent at any time')
    .addTag('Webhook deliveries', 'What WhatsApp delivered, and delivering it again')
    .build();
  return SwaggerModule.createDocument(
    app,
    { ...config, components: { ...config.components, schemas: messageBodySchemas() } },
    { operationIdFactory: (_controller, method) => method },
  );
}

/** `/api/openapi.json`, and `/api/docs` to try it: every file of that page comes from this service. */
export function serveApiDocument(app: INestApplication): void {
  SwaggerModule.setup('api/docs', app, () => apiDocument(app), {
    jsonDocumentUrl: 'api/openapi.json',
    raw: ['json'],
    customSiteTitle: 'WABA SCRM API',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true },
  });
}
