import { All, Controller, Param, Req } from '@nestjs/common';
import { AppError } from '@scrm/platform';
import type { FastifyRequest } from 'fastify';
import { AccountStore } from '../account/account.store';
import { badToken, GraphError } from './graph.error';
import { bearerToken } from './graph.guard';
import { isGraphVersion } from './graph.request';

/** The last route under a version: what no other one knows. */
@Controller(':version')
export class FallbackController {
  constructor(private readonly accounts: AccountStore) {}

  @All('*')
  unknown(@Param('version') version: string, @Req() req: FastifyRequest): never {
    if (!isGraphVersion(version)) throw new AppError('not_found', `There is nothing at ${req.url}.`);
    const token = bearerToken(req.headers.authorization);
    if (!token || !this.accounts.knowsToken(token)) throw badToken();
    const path = req.url.split('?')[0]?.split('/').slice(2).join('/');
    throw new GraphError(2500, undefined, { message: `Unknown path components: /${path}` });
  }
}
