import { Global, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { RpcClient } from '@scrm/messaging';
import { ApiModule } from '../app.module';
import { API_PREFIX } from '../http/configure-http';
import { apiDocument } from './document';

@Global()
@Module({ providers: [{ provide: RpcClient, useValue: {} }], exports: [RpcClient] })
class NobodyToAsk {}

@Module({ imports: [NobodyToAsk, ApiModule] })
class OfflineModule {}

/** The API document without a broker, a network or a configuration: for `tools/generate.mjs`. */
export async function offlineApiDocument(): Promise<OpenAPIObject> {
  const app = await NestFactory.create(OfflineModule, new FastifyAdapter(), { logger: ['error'] });
  app.setGlobalPrefix(API_PREFIX);
  const document = apiDocument(app);
  await app.close();
  return document;
}
