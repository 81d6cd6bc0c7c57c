import { Router } from 'express';
import { createMapReporter } from '../../src/ops/map-report.ts';
import { createSystemReader, type System } from '../../src/ops/system.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';

/** The routes of the installation's state. No number and no name of an account stands in it. */
export function systemRoutes({ core, producer, readiness, now, guards, heavy }: DoorDependencies): Router {
  const { db, times, config } = core;
  const read = createSystemReader({ db, producer, readiness, keyIds: core.keyIds, dueSoonMs: times.dueSoonMs });
  const checkMap = createMapReporter(core);
  const router = Router();
  router
    .route('/system')
    .all(...guards())
    .get(async (_request, response) => {
      response.json(presentSystem(await read(now()), config.ENVIRONMENT));
    })
    .all(refuseMethod('GET, HEAD'));
  router
    .route('/system/map-check')
    .all(...guards())
    .post(
      heavy(async (_request, response) => {
        response.json(await checkMap(now()));
      }),
    )
    .all(refuseMethod('POST'));
  return router;
}

function presentSystem({ status, throughput, scans, keys }: System, environment: string | undefined): object {
  const { health, why, level, deadlines, workers, queues, version } = status;
  return {
    ...{ health, level, ready: Object.values(health).every((state) => state === 'ok') },
    why: why.map(({ what }) => what),
    ...{ deadlines, workers, queues, throughput, scans, keys, version },
    ...(environment !== undefined && { environment }),
  };
}
