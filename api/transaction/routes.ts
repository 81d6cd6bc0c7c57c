import { Router } from 'express';
import { createTransactionRedaction } from '../../src/contracts/transaction/redact.ts';
import type { Direction } from '../../src/engine/map/schema.ts';
import { sayId } from '../../src/phone/hide-digits.ts';
import { callerOf } from '../http/auth.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';
import { checkShape, readJson } from '../http/json.ts';
import { Problem } from '../http/problem.ts';
import { redactSchema } from './schema.ts';

/** The directions in the contract's messages: mobile terminated, mobile originated. */
const TYPES = { outbound: 'MT', inbound: 'MO' } as const satisfies Record<Direction, string>;

/** The route of the redact contract. */
export function transactionRoutes({ core, eraseNow, now, guards }: DoorDependencies): Router {
  const { REDACT_WAIT_MINUTES: minutes, REDACT_RATE_LIMIT: perSecond } = core.config;
  const redact = createTransactionRedaction({
    db: core.db,
    dataMap: core.dataMap,
    eraseNow,
    waitMs: core.times.redactWaitMs,
  });
  const router = Router();
  router
    .route('/v1/redact/transaction')
    .all(...guards({ inQuery: true, challenge: 'Basic realm="Lethe"', rate: { bucket: 'redact', perSecond } }))
    .post(async (request, response) => {
      const { id, product, type } = checkShape(redactSchema, readJson(request), (field) =>
        field === 'product' ? 'invalid_product' : 'invalid_json',
      );
      const { account, actor } = callerOf(response);
      const direction = type ?? 'outbound';
      const outcome = await redact({ account, actor, id, product, direction }, now());
      // An id may be a phone number.
      const shown = sayId(id);
      switch (outcome) {
        case 'redacted':
          response.status(204).end();
          return;
        case 'unprovisioned':
          throw new Problem(
            'unprovisioned',
            `User=${actor} is not provisioned to redact product=${product.toUpperCase()}`,
          );
        case 'not_found':
          throw new Problem('invalid_id', `ID '${shown}' could not be found (type=${TYPES[direction]})`);
        case 'premature':
          throw new Problem('premature', `You must wait ${minutes} minutes before redacting ID '${shown}'`);
      }
    })
    .all(refuseMethod('POST'));
  return router;
}
