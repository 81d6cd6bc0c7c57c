import { Router } from 'express';
import type { Metrics } from '../../src/ops/metrics.ts';
import type { Check } from '../../src/ops/readiness.ts';

export interface OperationsDependencies {
  readonly readiness: () => Promise<Check[]>;
  readonly metrics: Metrics;
}

/** For the platform's own operators: no key is asked for, and nothing personal is told. */
export function operationsRoutes(deps: OperationsDependencies): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  router.get('/readyz', async (_request, response) => {
    const checks = await deps.readiness();
    const ready = checks.every((check) => check.ok);
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready', checks });
  });
  router.get('/metrics', async (_request, response) => {
    response.type(deps.metrics.contentType).send(await deps.metrics.render());
  });
  return router;
}
