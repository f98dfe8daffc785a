import {
  Body,
  Controller,
  Get,
  HttpCode,
  Post,
  Query,
  Req,
  Res,
  UseFilters,
  UseInterceptors,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AccountStore } from '../account/account.store';
import { Clock } from '../clock/clock';
import { FaultInterceptor } from '../fault/fault.interceptor';
import { badToken, GraphError } from '../graph/graph.error';
import { GraphController } from '../graph/graph.decorator';
import { GraphFilter } from '../graph/graph.filter';
import { bearerToken, GraphAccess } from '../graph/graph.guard';
import type { GraphRequest } from '../graph/graph.request';
import { readUpload } from './media.form';
import { mediaProblem } from './media.rules';
import { MEDIA_URL_PATH, MediaStore } from './media.store';

@GraphController()
export class MediaController {
  constructor(
    private readonly access: GraphAccess,
    private readonly media: MediaStore,
  ) {}

  @Post(':id/media')
  @HttpCode(200)
  async upload(@Req() req: GraphRequest, @Body() body: unknown): Promise<{ id: string }> {
    const phone = this.access.phone(req);
    const file = await readUpload(body, req.headers['content-type']);
    const problem = mediaProblem(file.mime, file.bytes.length);
    if (problem) throw new GraphError(100, problem, { message: `(#100) ${problem}` });
    const stored = this.media.put({ ...file, wabaId: phone.waba.id, phoneNumberId: phone.id });
    return { id: stored.id };
  }
}

/** The host that media links point at: here it is the simulator itself. */
@Controller(MEDIA_URL_PATH)
@UseInterceptors(FaultInterceptor)
@UseFilters(GraphFilter)
export class MediaFileController {
  constructor(
    private readonly accounts: AccountStore,
    private readonly media: MediaStore,
    private readonly clock: Clock,
  ) {}

  @Get()
  download(
    @Req() req: FastifyRequest,
    @Query() query: { mid?: string; ext?: string; hash?: string },
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Buffer {
    const token = bearerToken(req.headers.authorization);
    if (!token || !this.accounts.knowsToken(token)) throw badToken();
    const media = this.media.open(query, this.clock.now());
    if (!media || this.accounts.wabas.get(media.wabaId)?.accessToken !== token) {
      throw new GraphError(100, undefined, { http: 404, message: '(#100) URL expired or not found' });
    }
    void reply.header('content-type', media.mime);
    return media.bytes;
  }
}
