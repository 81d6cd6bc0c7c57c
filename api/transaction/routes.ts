import { type RequestHandler, Router } from 'express';
import { LetheError } from '../../src/base/errors.ts';
import type { Logger } from '../../src/base/log.ts';
import { createTransactionRedaction } from '../../src/contracts/transaction/redact.ts';
import type { Core } from '../../src/core.ts';
import type { Direction } from '../../src/engine/map/schema.ts';
import type { PerformAct } from '../../src/ledger/at-once/record-acts.ts';
import { redactDigitRuns } from '../../src/phone/hide-digits.ts';
import { callerOf } from '../http/auth.ts';
import { refuseMethod } from '../http/errors.ts';
import { checkShape, readJson } from '../http/json.ts';
import { handleProblems, Problem } from '../http/problem.ts';
import { redactSchema } from './schema.ts';

export interface TransactionDependencies {
  readonly core: Core;
  readonly perform: PerformAct;
  readonly logger: Logger;
  readonly now: () => Date;
  /** What every request of this door passes first: authentication, rate limit, reading the body. */
  readonly guards: RequestHandler[];
}

const MINUTE_MS = 60_000;
/** What the contract's messages call the directions: mobile terminated, mobile originated. */
const TYPES = { outbound: 'MT', inbound: 'MO' } as const satisfies Record<Direction, string>;

/** The redact contract: one transaction, masked before the answer. */
export function transactionRoutes({ core, perform, logger, now, guards }: TransactionDependencies): Router {
  const minutes = core.config.REDACT_WAIT_MINUTES;
  const redact = createTransactionRedaction({ ...core, perform, waitMs: minutes * MINUTE_MS });
  const router = Router();
  router.use('/v1/redact', ...guards);

  router
    .route('/v1/redact/transaction')
    .post(async (request, response) => {
      const { id, product, type } = checkShape(redactSchema, readJson(request), (field) =>
        field === 'product' ? 'invalid_product' : 'invalid_json',
      );
      const { account, keyId } = callerOf(response);
      const direction = type ?? 'outbound';
      const outcome = await redact({ account, keyId, id, product, direction }, now());
      // An id may be a phone number.
      const shown = redactDigitRuns(id);
      switch (outcome) {
        case 'redacted':
          response.status(204).end();
          return;
        case 'unprovisioned':
          throw new Problem(
            'unprovisioned',
            `User=${keyId} is not provisioned to redact product=${product.toUpperCase()}`,
          );
        case 'not_found':
          throw new Problem('invalid_id', `ID '${shown}' could not be found (type=${TYPES[direction]})`);
        case 'premature':
          throw new Problem('premature', `You must wait ${minutes} minutes before redacting ID '${shown}'`);
      }
    })
    .all(refuseMethod('POST'));

  router.use('/v1/redact', () => {
    throw new LetheError('route_not_found');
  });
  router.use('/v1/redact', handleProblems(logger));
  return router;
}
