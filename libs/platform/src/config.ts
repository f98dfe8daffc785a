import { z } from 'zod';

/** What every service reads from its environment; a service adds its own with `baseConfig.extend({...})`. */
export const baseConfig = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('production'),
  HOST: z.string().default('0.0.0.0'),
  PORT: z.coerce.number().int().min(0).max(65_535),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});
export type BaseConfig = z.infer<typeof baseConfig>;

/** The broker, for the services that use it. */
export const brokerConfig = z.object({
  RABBITMQ_URL: z.string().startsWith('amqp'),
  BROKER_NAMESPACE: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .default('scrm'),
});

/** The keys that access tokens are checked against, for the services that check them. */
export const tokenConfig = z.object({
  JWKS_URL: z.url(),
  TOKEN_ISSUER: z.string().default('scrm'),
  TOKEN_AUDIENCE: z.string().default('scrm'),
});

/** A list in one variable: `a,b,c`. */
export const commaList = z
  .string()
  .transform((s) => s.split(',').map((part) => part.trim()))
  .pipe(z.array(z.string().min(1)).min(1));

/**
 * Reads and checks the environment. Where it is wrong, the process ends with one line for each mistake: a service
 * with half a configuration must not start.
 */
export function loadConfig<T extends z.ZodType>(
  schema: T,
  env: NodeJS.ProcessEnv = process.env,
): z.output<T> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    process.stderr.write(`configuration: ${issue.path.join('.')}: ${issue.message}\n`);
  }
  return process.exit(78);
}
