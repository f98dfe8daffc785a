import { Module, type DynamicModule } from '@nestjs/common';
import { brokerNames, SOCKET_LIMITS } from '@scrm/contracts';
import { BrokerConnection, MessagingModule, RevocationModule } from '@scrm/messaging';
import { Drain, Health, LOGGER, Revocations, TokenVerifier, type Logger } from '@scrm/platform';
import { AsyncApiController } from './asyncapi/asyncapi.controller';
import { WS_CONFIG, type WsConfig } from './config';
import { PresenceConsumer } from './presence/presence.consumer';
import { PresenceReporter } from './presence/presence.reporter';
import { Roster } from './presence/roster';
import { systemClock } from './realtime/clock';
import { FeedRegistry } from './realtime/feed-registry';
import { RealtimeConsumer } from './realtime/realtime.consumer';
import { StreamClient } from './realtime/stream.client';
import type { Follower } from './socket/follower';
import { Seats } from './socket/seats';
import type { SessionContext } from './socket/session';
import { SESSION_CONTEXT, SocketGateway } from './socket/socket.gateway';

@Module({})
export class AppModule {
  static forRoot(config: WsConfig): DynamicModule {
    const names = brokerNames(config.BROKER_NAMESPACE);
    const revocations = new Revocations({ known: false });
    const roster = new Roster();
    const limits = { ...SOCKET_LIMITS, ...config.limits };
    return {
      module: AppModule,
      imports: [
        MessagingModule.forRoot({ url: config.RABBITMQ_URL, service: 'ws', names }),
        RevocationModule.forRoot(revocations, config.JWKS_URL, { gate: true }),
      ],
      controllers: [AsyncApiController],
      providers: [
        { provide: WS_CONFIG, useValue: config },
        { provide: Roster, useValue: roster },
        PresenceConsumer,
        PresenceReporter,
        StreamClient,
        SocketGateway,
        {
          provide: FeedRegistry,
          inject: [StreamClient, LOGGER, Drain],
          useFactory: (stream: StreamClient, logger: Logger, drain: Drain) => {
            const { REALTIME_CHECK_MS: checkMs } = config;
            const maxMissed = limits.maxResumeEvents;
            const feeds = new FeedRegistry({ stream, logger, clock: systemClock, checkMs, maxMissed });
            drain.on('close-connections', 'feeds', () => feeds.close());
            return feeds;
          },
        },
        {
          provide: RealtimeConsumer,
          inject: [BrokerConnection, FeedRegistry, Health, Drain, LOGGER],
          useFactory: (
            connection: BrokerConnection,
            feeds: FeedRegistry,
            health: Health,
            drain: Drain,
            logger: Logger,
          ) =>
            new RealtimeConsumer(
              { connection, names, routing: config.REALTIME_ROUTING },
              feeds,
              { health, drain },
              logger,
            ),
        },
        {
          provide: SESSION_CONTEXT,
          inject: [StreamClient, FeedRegistry, LOGGER],
          useFactory: (
            stream: StreamClient,
            feeds: FeedRegistry<Follower>,
            logger: Logger,
          ): SessionContext => ({
            revocations,
            tokens: new TokenVerifier({
              revocations,
              jwksUrl: config.JWKS_URL,
              issuer: config.TOKEN_ISSUER,
              audience: config.TOKEN_AUDIENCE,
            }),
            feeds,
            stream,
            watch: (token) => stream.watch(token),
            roster,
            seats: new Seats(limits.maxSocketsPerAgent),
            clock: systemClock,
            logger,
            limits,
          }),
        },
      ],
    };
  }
}
