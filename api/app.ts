import express, { type Express } from 'express';
import type { Cluster, Redis } from 'ioredis';
import { ConfigError } from '../src/base/config.ts';
import { LetheError } from '../src/base/errors.ts';
import type { Logger } from '../src/base/log.ts';
import type { Producer } from '../src/base/queue/producer.ts';
import type { AcceptDependencies } from '../src/contracts/forget/accept.ts';
import type { Core } from '../src/core.ts';
import { createRecordActs } from '../src/ledger/at-once/record-acts.ts';
import { createLedgerFigures } from '../src/ops/ledger-figures.ts';
import { createMetrics } from '../src/ops/metrics.ts';
import { checkReadiness } from '../src/ops/readiness.ts';
import { accessOperations } from './access/operations.ts';
import { accessRoutes } from './access/routes.ts';
import { contactOperations } from './contact/operations.ts';
import { contactRoutes } from './contact/routes.ts';
import { forgetOperations } from './forget/operations.ts';
import { forgetRoutes } from './forget/routes.ts';
import { logAccess } from './http/access-log.ts';
import { authenticate } from './http/auth.ts';
import { awaitIndexes } from './http/await-indexes.ts';
import { readBytes } from './http/body.ts';
import { handleErrors, presentError } from './http/errors.ts';
import { limitRate } from './http/rate-limit.ts';
import { interactionOperations } from './interactions/operations.ts';
import { interactionRoutes } from './interactions/routes.ts';
import { describeApi } from './openapi/document.ts';
import { openApiRoutes } from './openapi/routes.ts';
import { operationsOperations } from './operator/operations.ts';
import { operationsRoutes } from './operator/routes.ts';
import { resourceOperations } from './resources/operations.ts';
import { resourceRoutes } from './resources/routes.ts';
import { transactionOperations } from './transaction/operations.ts';
import { transactionRoutes } from './transaction/routes.ts';

export interface AppDependencies {
  readonly core: Core;
  readonly redis: Redis | Cluster;
  readonly producer: Producer;
  readonly logger: Logger;
  readonly now: () => Date;
}

const HOUR_MS = 3_600_000;
/** @throws ConfigError instead of Express's complaint, which repeats the value and does not say whose it is */
function trustProxies(app: Express, networks: string): void {
  try {
    app.set('trust proxy', networks);
  } catch {
    throw new ConfigError('TRUST_PROXY is loopback, linklocal, uniquelocal, or a list of networks such as 10.0.0.0/8');
  }
}

/** The version of the API's description. */
const VERSION = '1.0.0';

/** Builds the whole API, without listening. */
export function createApp(deps: AppDependencies): Express {
  const { core, redis, producer, logger, now } = deps;
  const { config } = core;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  trustProxies(app, config.TRUST_PROXY);
  app.set('query parser', 'simple');

  const figures = createLedgerFigures(core.db);
  const metrics = createMetrics({ ledger: () => figures(now()), queue: producer.counts });
  app.use(logAccess(logger, metrics));
  // A door's operations stand beside its routes: a test fails when one of the two is missing.
  const operations = [
    ...operationsOperations,
    ...forgetOperations(config.NUMBER_PREFIXES),
    ...accessOperations(config.NUMBER_PREFIXES),
    ...contactOperations(),
    ...interactionOperations,
    ...transactionOperations,
    ...resourceOperations,
  ];
  app.use(openApiRoutes(describeApi(operations, VERSION)));
  app.use(operationsRoutes({ readiness: () => checkReadiness(core.db, redis), metrics }));

  const accept: AcceptDependencies = { ...core, deadlineMs: config.DEADLINE_HOURS * HOUR_MS, graceMs: config.LEASE_MS };
  // The first guard of every door, so that each says in its own shape that the database has not been there yet.
  const indexed = awaitIndexes(core.prepare);
  const guards = [
    indexed,
    authenticate(core.keys),
    limitRate(redis, { prefix: config.QUEUE_PREFIX, perSecond: config.RATE_LIMIT_PER_SECOND }),
    readBytes,
  ];
  // Before the forget contract, which guards every path below /gdpr.
  app.use(accessRoutes({ core, producer, logger, now, guards }));
  app.use(contactRoutes({ core, producer, logger, now, guards }));
  app.use(forgetRoutes({ core, accept, producer, logger, now, guards }));
  const perform = createRecordActs({ ...core, now });
  app.use(interactionRoutes({ ...accept, core, perform, producer, logger, now, guards }));
  const redactGuards = [
    indexed,
    authenticate(core.keys, { inQuery: true, challenge: 'Basic realm="Lethe"' }),
    limitRate(redis, { prefix: config.QUEUE_PREFIX, perSecond: config.REDACT_RATE_LIMIT, bucket: 'redact' }),
    readBytes,
  ];
  app.use(transactionRoutes({ core, perform, logger, now, guards: redactGuards }));
  app.use(resourceRoutes({ core, perform, logger, guards }));

  app.use(() => {
    throw new LetheError('route_not_found');
  });
  app.use(handleErrors(logger, presentError));
  return app;
}
