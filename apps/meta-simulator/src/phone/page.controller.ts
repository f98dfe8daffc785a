import { Controller, Get, NotFoundException, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** `src/phone` and `dist/phone` are equally deep, so this holds for both. */
const PUBLIC = join(__dirname, '..', '..', 'public');

const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
};

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; connect-src 'self'";

/** The customer's phone, as a page. */
@Controller()
export class PageController {
  @Get()
  index(@Res() reply: FastifyReply): Promise<void> {
    return this.serve('index.html', reply);
  }

  @Get('page/:file')
  file(@Param('file') file: string, @Res() reply: FastifyReply): Promise<void> {
    return this.serve(file, reply);
  }

  private async serve(file: string, reply: FastifyReply): Promise<void> {
    const type = TYPES[/^[a-z]+\.([a-z]+)$/.exec(file)?.[1] ?? ''];
    const bytes = type ? await readFile(join(PUBLIC, file)).catch(() => undefined) : undefined;
    if (!type || !bytes) throw new NotFoundException();
    void reply
      .header('content-type', type)
      .header('cache-control', 'no-cache')
      .header('content-security-policy', POLICY)
      .send(bytes);
  }
}
