import { Router } from 'express';
import type { DoorDependencies } from '../http/door.ts';

/** The routes for operators. No key is asked for, and nothing personal is told. */
export function operatorRoutes({ readiness, metrics }: DoorDependencies): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  router.get('/readyz', async (_request, response) => {
    const checks = await readiness();
    const ready = checks.every((check) => check.ok);
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready', checks });
  });
  router.get('/metrics', async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.render());
  });
  return router;
}
