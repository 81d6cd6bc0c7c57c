import express, { type Express } from 'express';
import type { Cluster, Redis } from 'ioredis';
import { ConfigError } from '../src/base/config.ts';
import { LetheError } from '../src/base/errors.ts';
import type { Logger } from '../src/base/log.ts';
import type { Producer } from '../src/base/queue/producer.ts';
import type { Core } from '../src/core.ts';
import { createEraseNow } from '../src/ledger/at-once/erase-now.ts';
import { createLedgerFigures } from '../src/ops/ledger-figures.ts';
import { createMetrics } from '../src/ops/metrics.ts';
import { createReadiness } from '../src/ops/readiness.ts';
import { DOORS } from './doors.ts';
import { logAccess } from './http/access-log.ts';
import { mountDoors } from './http/door.ts';
import { handleErrors, presentError } from './http/errors.ts';
import { createGuards } from './http/guards.ts';
import { createHeavyLimit } from './http/heavy.ts';
import { describeApi } from './openapi/document.ts';
import { openApiRoutes } from './openapi/routes.ts';

export interface AppDependencies {
  readonly core: Core;
  readonly redis: Redis | Cluster;
  readonly producer: Producer;
  readonly logger: Logger;
  readonly now: () => Date;
}

/** The version of the API's description. */
const VERSION = '1.0.0';

/**
 * Builds the whole API, without listening.
 * @param doors the contracts that are served
 * @throws ConfigError when TRUST_PROXY is no list of networks
 */
export function createApp(deps: AppDependencies, doors = DOORS): Express {
  const { core, redis, producer, logger, now } = deps;
  const { config } = core;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  trustProxies(app, config.TRUST_PROXY);
  app.set('query parser', 'simple');

  const figures = createLedgerFigures(core.db, core.times.dueSoonMs, core.tombstoneStore !== null);
  const readiness = createReadiness(core, redis, config.QUEUE_PREFIX);
  const metrics = createMetrics({ ledger: () => figures(now()), queue: producer.counts });
  app.use(logAccess(logger, metrics));
  app.use(openApiRoutes(describeApi(doors, config, VERSION)));
  app.use(
    mountDoors(doors, {
      core,
      producer,
      eraseNow: createEraseNow({ ...core, now }),
      logger,
      now,
      deadlineMs: core.times.deadlineMs,
      graceMs: core.times.graceMs,
      readiness: () => readiness(now()),
      metrics,
      heavy: createHeavyLimit(),
      guards: createGuards(core, redis, logger),
    }),
  );
  app.use(() => {
    throw new LetheError('route_not_found');
  });
  app.use(handleErrors(logger, presentError));
  return app;
}

/** @throws ConfigError instead of Express's complaint, which repeats the value and does not say whose it is */
function trustProxies(app: Express, networks: string): void {
  try {
    app.set('trust proxy', networks);
  } catch {
    throw new ConfigError('TRUST_PROXY is loopback, linklocal, uniquelocal, or a list of networks such as 10.0.0.0/8');
  }
}
