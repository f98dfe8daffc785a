import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RpcContract } from '@scrm/contracts';
import type { z } from 'zod';

export type AnyRpc = RpcContract<z.ZodType, z.ZodType>;

export interface RpcHandler {
  contract: AnyRpc;
  /** A permission, `signed-in`, `public` or `service`. */
  access: string;
}

/**
 * What the service in this folder answers, and who may ask, as its `*.rpc.ts` declare it.
 *
 * @param metadata under which a handler says so
 */
export function rpcHandlers(folder: string, metadata: string): RpcHandler[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.rpc.ts'))
    .sort()
    .flatMap((file) => {
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- every file there, whichever come
      const exported = Object.values(require(join(folder, file)) as Record<string, { prototype?: object }>);
      return exported.flatMap(({ prototype = {} }) =>
        Object.values(Object.getOwnPropertyDescriptors(prototype)).flatMap(({ value }) => {
          if (typeof value !== 'function') return [];
          return (Reflect.getMetadata(metadata, value) as RpcHandler | undefined) ?? [];
        }),
      );
    });
}
