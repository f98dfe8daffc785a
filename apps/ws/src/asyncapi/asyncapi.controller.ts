import { Controller, Get } from '@nestjs/common';
import { asyncApiDocument } from './asyncapi.document';

@Controller()
export class AsyncApiController {
  private readonly document = asyncApiDocument();

  /** The socket protocol, for people and generators. */
  @Get('asyncapi.json')
  get() {
    return this.document;
  }
}
