import { type ErrorRequestHandler, type RequestHandler, Router } from 'express';
import type { Config } from '../../src/base/config.ts';
import { LetheError } from '../../src/base/errors.ts';
import type { Logger } from '../../src/base/log.ts';
import type { Producer } from '../../src/base/queue/producer.ts';
import type { Core } from '../../src/core.ts';
import type { EraseNow } from '../../src/ledger/at-once/erase-now.ts';
import type { Metrics } from '../../src/ops/metrics.ts';
import type { Check } from '../../src/ops/readiness.ts';
import type { Operation } from '../openapi/operation.ts';
import type { GuardOptions } from './guards.ts';
import type { LimitHeavy } from './heavy.ts';
import { checkScope } from './scopes.ts';
import { type RefuseField, refuseUnknown } from './unknown-fields.ts';

/** The dependencies of every door's routes: one set a process. */
export interface DoorDependencies {
  readonly core: Core;
  readonly producer: Pick<Producer, 'add' | 'schedule' | 'unschedule' | 'counts' | 'ages'>;
  /** Erases records that were found by their id. Shared: calls of one account side by side join one transaction. */
  readonly eraseNow: EraseNow;
  readonly logger: Logger;
  readonly now: () => Date;
  /** Time within which an accepted request must be completed. */
  readonly deadlineMs: number;
  /** Time the relay leaves a fresh request to the queue. */
  readonly graceMs: number;
  readonly readiness: () => Promise<Check[]>;
  readonly metrics: Metrics;
  /** For a route whose work may be long: limits how much of it an account has under way, over all doors together. */
  readonly heavy: LimitHeavy;
  /** The handlers before a route's own: indexes, key or session, rate limit, reading the body, scope, and the names of what was sent. */
  guards(options?: GuardOptions): RequestHandler[];
}

/** One contract on the wire. `api/doors.ts` lists them all. */
export interface Door {
  /** Its folder, and its tag in the API's description. */
  readonly name: string;
  /** The OpenAPI description of its routes. A test compares the two. */
  operations(config: Config): readonly Operation[];
  /**
   * Its routes. Each guards its exact path (`router.route(path).all(...deps.guards())`), never a prefix: a prefix would
   * guard a neighbour's paths, too, and the order of the doors would matter.
   */
  routes(deps: DoorDependencies): Router;
  /** The door's own shape of errors; without it, that of the forget contract. */
  readonly errors?: DoorErrors;
}

interface DoorErrors {
  /** Prefixes below which an unknown path is answered in this shape. */
  readonly below: readonly string[];
  handler(logger: Logger): ErrorRequestHandler;
  /** How a field that is not known is refused; `bad_input` unless given. */
  readonly refuse?: RefuseField;
}

/** Mounts doors. Their order does not matter: unknown paths are looked at when no door has a route for a request. */
export function mountDoors(doors: readonly Door[], deps: DoorDependencies): Router {
  const router = Router();
  for (const { routes, errors, operations } of doors) {
    const described = operations(deps.core.config);
    const guards = (options: GuardOptions = {}) => [
      ...deps.guards(options),
      checkScope(described),
      refuseUnknown(described, { ...options, refuse: errors?.refuse }),
    ];
    router.use(enclose(routes({ ...deps, guards }), errors?.handler(deps.logger)));
  }
  for (const { errors } of doors) {
    if (!errors) continue;
    const unknown = Router().use([...errors.below], () => {
      throw new LetheError('route_not_found');
    });
    router.use(enclose(unknown, errors.handler(deps.logger)));
  }
  return router;
}

/** Keeps a handler of errors to one door: beside it, it would answer the errors of others. */
function enclose(routes: Router, errors: ErrorRequestHandler | undefined): Router {
  const router = Router().use(routes);
  return errors ? router.use(errors) : router;
}
