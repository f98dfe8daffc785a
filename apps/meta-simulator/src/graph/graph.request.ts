import type { FastifyRequest } from 'fastify';
import type { FailSetting, StatusesPatch } from '../settings/settings.schema';

/** What an injected fault leaves for the handler to do. */
export interface FaultEffect {
  /** Accept the message, then report it as failed. */
  fail?: FailSetting;
  /** This message's own status behaviour. */
  statuses?: StatusesPatch;
  /** The work is done, but the answer never leaves. */
  cut?: 'reset' | 'hang';
}

export interface GraphRequest extends FastifyRequest<{
  Params: { version: string; id: string };
  Querystring: Record<string, string | undefined>;
}> {
  graphToken?: string;
  faultEffect?: FaultEffect;
}

export const isGraphVersion = (version: string): boolean => /^v\d{1,3}\.0$/.test(version);
