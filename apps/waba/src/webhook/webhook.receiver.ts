import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import {
  answerProblem,
  AppError,
  counter,
  crashPoint,
  histogram,
  LOGGER,
  newTrace,
  RawRoutes,
  readBody,
  toAppError,
  traceFrom,
  withTrace,
  type Logger,
  type RawHandler,
  type Trace,
} from '@scrm/platform';
import { isSigned } from '../cloud-api/webhook-signature';
import { WABA_CONFIG, type WabaConfig } from '../config';
import { WebhookPublisher } from './webhook.publisher';

/** Meta's deliveries are at most this long. */
export const WEBHOOK_BODY_LIMIT = 3 * 1024 * 1024;
export const WEBHOOK_PATH = '/webhooks/whatsapp';

const requestTotal = counter('waba_webhook_requests_total', 'Deliveries of Meta', ['outcome']);
const requestSeconds = histogram('waba_webhook_request_duration_seconds', 'From the body to the answer');

/**
 * The door that Meta knocks at. It keeps what it is given, and says 200 only when the broker has it for good. It is a
 * raw route: the framework's way to a handler costs several times what is done here.
 *
 * 200: kept. 401: not signed by us. 413: over 3 MB. 503: the broker did not take it; Meta tries again.
 */
@Injectable()
export class WebhookReceiver implements OnModuleInit {
  constructor(
    @Inject(WABA_CONFIG) private readonly config: WabaConfig,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly routes: RawRoutes,
    private readonly publisher: WebhookPublisher,
  ) {}

  onModuleInit() {
    this.routes.add('POST', WEBHOOK_PATH, (request, response) => void this.receive(request, response));
  }

  private async receive(...[request, response]: Parameters<RawHandler>) {
    const { traceparent } = request.headers;
    const trace = traceparent === undefined ? undefined : traceFrom(traceparent);
    try {
      const body = await readBody(request, WEBHOOK_BODY_LIMIT);
      // Whoever sends it went away: there is nobody to answer.
      if (!body) return;
      await this.keep(body, request.headers['x-hub-signature-256'], trace);
      response.writeHead(200, { 'content-length': '0' }).end();
    } catch (error) {
      withTrace(trace ?? newTrace(), () => answerProblem(response, toAppError(error)));
    }
  }

  private async keep(body: Buffer, signature: unknown, trace: Trace | undefined) {
    // Bytes are what Meta signs: they are looked at before anything is parsed, and kept as they came.
    if (!isSigned(body, signature, this.config.META_APP_SECRETS)) {
      requestTotal.inc({ outcome: 'unsigned' });
      throw new AppError(
        'invalid_signature',
        'X-Hub-Signature-256 must be the HMAC of the body with the app secret.',
      );
    }
    crashPoint('webhook.received');
    const end = requestSeconds.startTimer();
    try {
      await this.publisher.publish(body, { trace });
    } catch (err) {
      this.logger.error({ err, bytes: body.length }, 'delivery not kept: Meta delivers it again');
      requestTotal.inc({ outcome: 'unavailable' });
      throw new AppError('unavailable', 'The delivery could not be kept: deliver it again.', undefined, 1);
    }
    crashPoint('webhook.confirmed');
    end();
    requestTotal.inc({ outcome: 'accepted' });
  }
}
