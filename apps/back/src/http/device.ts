import type { FastifyRequest } from 'fastify';

const USER_AGENT_MAX = 500;

/** Who signs in, by what it says of itself and where it is. */
export function deviceOf({ ip, headers }: Pick<FastifyRequest, 'ip' | 'headers'>) {
  const userAgent = headers['user-agent']?.slice(0, USER_AGENT_MAX);
  return { ip, ...(userAgent && { userAgent }) };
}
