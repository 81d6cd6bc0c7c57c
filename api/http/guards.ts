import type { RequestHandler } from 'express';
import type { Cluster, Redis } from 'ioredis';
import type { Logger } from '../../src/base/log.ts';
import type { Core } from '../../src/core.ts';
import { type AuthenticateOptions, authenticate } from './auth.ts';
import { awaitIndexes } from './await-indexes.ts';
import { readBytes } from './body.ts';
import { limitRate } from './rate-limit.ts';
import { createWrongKeys } from './wrong-keys.ts';

/** In what a door's guards differ from the usual ones. */
export interface GuardOptions extends AuthenticateOptions {
  /** True: for anybody, without a key and a limit of the account's. */
  readonly open?: boolean;
  /** A rate limit of its own, counted apart; else RATE_LIMIT_PER_SECOND over all doors together. */
  readonly rate?: { readonly bucket: string; readonly perSecond: number };
  /** How large a body may be, in bytes; else 10 kB. */
  readonly bodyLimit?: number;
}

/**
 * Makes the guards of a door, in their order: indexes, key or session, rate limit, reading the body. They run within the door, so
 * that a database that is not up yet is reported in each contract's own shape of errors.
 */
export function createGuards(
  core: Pick<Core, 'config' | 'db' | 'keys' | 'sessions' | 'prepare'>,
  redis: Redis | Cluster,
  logger: Pick<Logger, 'error'>,
): (options?: GuardOptions) => RequestHandler[] {
  const { QUEUE_PREFIX: prefix, RATE_LIMIT_PER_SECOND: perSecond } = core.config;
  const indexed = awaitIndexes(core.prepare, logger);
  const wrongKeys = createWrongKeys();
  return ({ rate, open, bodyLimit, ...options } = {}) => [
    indexed,
    ...(open ? [] : [authenticate(core, wrongKeys, options), limitRate(redis, { prefix, perSecond, ...rate })]),
    readBytes(bodyLimit),
  ];
}
