import { type RequestHandler, Router } from 'express';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';

/** The routes for operators. No key is asked for, and nothing personal is told. */
export function operatorRoutes({ readiness, metrics }: DoorDependencies): Router {
  const router = Router();
  const read = (path: string, handler: RequestHandler) =>
    router.route(path).get(handler).all(refuseMethod('GET, HEAD'));
  read('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  read('/readyz', async (_request, response) => {
    const checks = await readiness();
    const ready = checks.every((check) => check.ok);
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready', checks });
  });
  read('/metrics', async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.render());
  });
  return router;
}
