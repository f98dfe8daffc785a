import { All, Controller, NotFoundException, Param, Req, UseFilters } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AccountStore } from '../account/account.store';
import { badToken, GraphError } from './graph.error';
import { GraphFilter } from './graph.filter';
import { bearerToken } from './graph.guard';
import { isGraphVersion } from './graph.request';

/** The last route under a version: what no other one knows. */
@Controller(':version')
@UseFilters(GraphFilter)
export class FallbackController {
  constructor(private readonly accounts: AccountStore) {}

  @All('*path')
  unknown(@Param('version') version: string, @Req() req: FastifyRequest): never {
    if (!isGraphVersion(version)) throw new NotFoundException();
    const token = bearerToken(req.headers.authorization);
    if (!token || !this.accounts.knowsToken(token)) throw badToken();
    const path = req.url.split('?')[0]?.split('/').slice(2).join('/');
    throw new GraphError(2500, undefined, { message: `Unknown path components: /${path}` });
  }
}
