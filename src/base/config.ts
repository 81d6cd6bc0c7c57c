import { z } from 'zod';
import { type CountryCode, isCountry } from '../phone/countries.ts';
import { parseKeyRing } from './keys/key-ring.ts';
import { isNetwork } from './outgoing/addresses.ts';

const count = (fallback: number, least: number, most: number) => {
  const error = `must be a whole number from ${least} to ${most}`;
  return z.coerce.number({ error }).int(error).min(least, error).max(most, error).default(fallback);
};
const milliseconds = (fallback: number, least = 1) => count(fallback, least, 2_147_483_647);
const flag = z.enum(['true', 'false'], { error: 'must be true or false' }).transform((value) => value === 'true');
const oneOf = <const Values extends readonly string[]>(values: Values) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });
const text = (pattern: RegExp, what: string) => z.string().regex(pattern, `must be ${what}`);
const blankIsAbsent = (value: unknown) => (typeof value === 'string' && value.trim() === '' ? undefined : value);

/** The client's own complaint would name no variable. */
function isReadableUrl(text: string): boolean {
  try {
    const { username, password } = new URL(text);
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

const endpoint = (variable: string) =>
  z
    .string()
    .regex(/^https?:\/\/[^/?#@]+(\/[^?#]*)?$/, `${variable} must begin with http:// or https://`)
    .optional();
const bucketName = text(/^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$/, 'the name of a bucket');
const regionName = text(/^[A-Za-z0-9-]{1,60}$/, 'the name of a region');

const keyRing = (variable: string) =>
  z.string({ error: `${variable} is missing. Make one with: lethe keys generate` }).transform((text, context) => {
    const ring = parseKeyRing(text);
    if (ring.ok) return ring.ring;
    context.addIssue({
      code: 'custom',
      message: `${variable}: ${ring.reason}. Make a new one with: lethe keys generate`,
    });
    return z.NEVER;
  });

const COUNTRIES_RULE = 'COUNTRIES is a list of countries by two letters (ISO 3166-1), e.g. GB,US';

/** Every environment variable Lethe reads. `.env.example` lists the same names; a test compares them. */
const variables = {
  NODE_ENV: oneOf(['production', 'development', 'test']).default('production'),
  MONGODB_URI: z
    .string({ error: 'MONGODB_URI is missing' })
    .regex(/^mongodb(\+srv)?:\/\//, 'MONGODB_URI must begin with mongodb:// or mongodb+srv://'),
  MONGODB_DATABASE: text(/^[A-Za-z0-9_-]{1,63}$/, '1 to 63 letters, digits, _ or -').default('lethe'),
  LETHE_DATABASE: text(/^[A-Za-z0-9_-]{1,63}$/, '1 to 63 letters, digits, _ or -').optional(),
  REDIS_URL: z
    .string({ error: 'REDIS_URL is missing' })
    .regex(/^rediss?:\/\//, { error: 'REDIS_URL must begin with redis:// or rediss://', abort: true })
    .refine(isReadableUrl, 'REDIS_URL is not a URL. Has its password characters that must be percent-encoded?'),
  REDIS_CLUSTER: flag.default(false),
  QUEUE_PREFIX: text(/^[A-Za-z0-9_-]{1,40}$/, '1 to 40 letters, digits, _ or -').default('lethe'),
  LETHE_SEAL_KEYS: keyRing('LETHE_SEAL_KEYS'),
  LETHE_TOKEN_KEYS: keyRing('LETHE_TOKEN_KEYS'),
  RECEIPT_KEYS: keyRing('RECEIPT_KEYS'),
  LETHE_LOST_KEYS: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,32}(,[A-Za-z0-9_-]{1,32})*$/, 'LETHE_LOST_KEYS is a list of key ids')
    .optional()
    .transform((list) => list?.split(',') ?? []),
  DATA_MAP: z.string().optional(),
  NUMBER_PREFIXES: z
    .string()
    .regex(/^[1-9]\d{0,6}(,[1-9]\d{0,6})*$/, 'NUMBER_PREFIXES is a list of digits, e.g. 44,353')
    .default('44')
    .transform((list) => list.split(',')),
  COUNTRIES: z
    .string()
    .regex(/^[A-Z]{2}(,[A-Z]{2})*$/, { error: COUNTRIES_RULE, abort: true })
    .transform((list) => list.split(','))
    .refine((list): list is CountryCode[] => list.every(isCountry), COUNTRIES_RULE)
    .optional(),
  RECORDINGS_DIR: z.string().optional(),
  RECORDINGS_S3_ENDPOINT: endpoint('RECORDINGS_S3_ENDPOINT'),
  RECORDINGS_S3_BUCKET: bucketName.optional(),
  RECORDINGS_S3_REGION: regionName.default('us-east-1'),
  RECORDINGS_S3_ACCESS_KEY: z.string().optional(),
  RECORDINGS_S3_SECRET_KEY: z.string().optional(),
  TOMBSTONES_FILE: z.string().optional(),
  TOMBSTONES_S3_ENDPOINT: endpoint('TOMBSTONES_S3_ENDPOINT'),
  TOMBSTONES_S3_BUCKET: bucketName.optional(),
  TOMBSTONES_S3_REGION: regionName.default('us-east-1'),
  TOMBSTONES_S3_ACCESS_KEY: z.string().optional(),
  TOMBSTONES_S3_SECRET_KEY: z.string().optional(),
  AUDIT_HEAD_FILE: z.string().optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: count(3000, 0, 65_535),
  TRUST_PROXY: z.string().default('loopback'),
  ENVIRONMENT: text(/^[\w .-]{1,30}$/, '1 to 30 letters, digits, blanks, _, . or -').optional(),
  SESSION_IDLE_MINUTES: count(30, 1, 1_440),
  SESSION_HOURS: count(12, 1, 720),
  OIDC_ISSUER: endpoint('OIDC_ISSUER'),
  OIDC_CLIENT_ID: z.string().optional(),
  OIDC_CLIENT_SECRET: z.string().optional(),
  OIDC_CLAIM: text(/^[A-Za-z_][\w:./-]{0,99}$/, 'the name of a claim').default('email'),
  OIDC_NAME: text(/^[\p{L}\p{N} .&'-]{1,40}$/u, 'a name of 1 to 40 letters').optional(),
  RATE_LIMIT_PER_SECOND: count(500, 0, 1_000_000),
  REDACT_RATE_LIMIT: count(170, 0, 1_000_000),
  REDACT_WAIT_MINUTES: count(60, 0, 10_080),
  CONTACT_ERASURE_REASON: z
    .string()
    .regex(/^[a-z][a-z_]{0,63}$/, 'CONTACT_ERASURE_REASON is lower-case letters and _')
    .default('ndpr_right_to_erasure'),
  CONTACT_ERASURE_LIMIT: count(10_000, 1, 100_000),
  OPENDSR_DOMAIN: text(/^[a-z0-9.-]{1,253}$/, 'a domain in lower case').optional(),
  OPENDSR_KEY_FILE: z.string().optional(),
  OPENDSR_CERTIFICATE_FILE: z.string().optional(),
  WEBHOOK_ALLOWED_NETWORKS: z
    .string()
    .optional()
    .transform((list) => list?.split(',').map((one) => one.trim()) ?? [])
    .refine((list) => list.every(isNetwork), 'WEBHOOK_ALLOWED_NETWORKS is a list of networks, e.g. 10.0.0.0/8,::1'),
  REPORTS_DIR: z.string().default('.lethe/reports'),
  REPORT_KEEP_HOURS: count(72, 1, 8_760),
  REPORTS_UNFINISHED_LIMIT: count(100, 1, 100_000),
  REPORTS_MEGABYTES_LIMIT: count(2_000, 1, 1_000_000),
  RETENTION_MONTHS: count(13, 0, 1_200),
  WORKER_PORT: count(0, 0, 65_535),
  WORKER_CONCURRENCY: count(32, 1, 256),
  BATCH_SIZE: count(2000, 1, 10_000),
  BATCH_PAUSE_MS: milliseconds(0, 0),
  SCAN_INTERVAL_MINUTES: count(60, 0, 10_080),
  GUARD_LOOK_BACK_MINUTES: count(60, 0, 43_200),
  GUARD_ROUND_HOURS: count(24, 1, 8_760),
  LEASE_MS: milliseconds(30_000, 200),
  RELAY_INTERVAL_MS: milliseconds(5_000, 20),
  SCHEDULED_SETTLE_MS: milliseconds(60_000, 0),
  RETRY_BASE_MS: milliseconds(30_000, 10),
  DEADLINE_HOURS: count(24, 1, 720),
  ALARM_HOURS: z
    .string()
    .regex(/^(?:[1-9]\d{0,2}(?:,[1-9]\d{0,2})*)$/, 'ALARM_HOURS is a list of whole hours, e.g. 4,1')
    .default('4,1')
    .transform((list) => list.split(',').map(Number)),
  FORGET_GRACE_MINUTES: count(0, 0, 1_440),
  LEDGER_KEEP_MONTHS: count(0, 0, 1_200),
  LEDGER_ARCHIVE_DIR: z.string().optional(),
  SHUTDOWN_TIMEOUT_MS: milliseconds(20_000, 100),
  LOG_LEVEL: oneOf(['error', 'warn', 'info', 'debug']).default('info'),
} as const;

/** Every name is preprocessed: `NAME=` in an env file means the same as no line at all. */
const schemaOf = (names: readonly string[]) =>
  z.object(
    Object.fromEntries(
      Object.entries(variables)
        .filter(([name]) => names.includes(name))
        .map(([name, type]) => [name, z.preprocess(blankIsAbsent, type)]),
    ) as unknown as typeof variables,
  );
const schema = schemaOf(Object.keys(variables));

export type ConfigName = keyof typeof variables;
export type Config = Readonly<z.output<typeof schema>>;
export const CONFIG_NAMES = Object.keys(variables) as readonly ConfigName[];

/** The configuration is wrong; `message` has one line a fault and no secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the configuration from an environment, once, at start-up.
 * @returns a frozen object, one property a variable
 * @throws ConfigError naming every variable that is missing or wrong, without its value
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  return parseWith(schema, env);
}

/**
 * Reads only some of the variables: a command that needs no keys must not ask for them.
 * @throws ConfigError about these variables alone
 */
export function readConfigPart<Name extends ConfigName>(
  env: NodeJS.ProcessEnv,
  names: readonly Name[],
): Pick<Config, Name> {
  return parseWith(schemaOf(names), env);
}

function parseWith(type: typeof schema, env: NodeJS.ProcessEnv): Config {
  const result = type.safeParse(env);
  if (result.success) return Object.freeze(result.data);
  const lines = result.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    if (issue.message.includes(name)) return issue.message;
    return issue.message.startsWith('must ') ? `${name} ${issue.message}` : `${name}: ${issue.message}`;
  });
  throw new ConfigError(lines.join('\n'));
}
