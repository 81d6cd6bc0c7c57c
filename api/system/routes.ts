import { Router } from 'express';
import { createSystemReader, type System } from '../../src/ops/system.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';

/** The route of the installation's state. No number and no name of an account stands in it. */
export function systemRoutes({ core, producer, readiness, now, guards }: DoorDependencies): Router {
  const { db, times, config } = core;
  const read = createSystemReader({ db, producer, readiness, keyIds: core.keyIds, dueSoonMs: times.dueSoonMs });
  const router = Router();
  router
    .route('/system')
    .all(...guards())
    .get(async (_request, response) => {
      response.json(presentSystem(await read(now()), config.ENVIRONMENT));
    })
    .all(refuseMethod('GET, HEAD'));
  return router;
}

function presentSystem({ status, scans, keys }: System, environment: string | undefined): object {
  const { health, why, level, deadlines, workers, queues, version } = status;
  return {
    ...{ health, level, ready: Object.values(health).every((state) => state === 'ok') },
    why: why.map(({ what }) => what),
    ...{ deadlines, workers, queues, scans, keys, version },
    ...(environment !== undefined && { environment }),
  };
}
