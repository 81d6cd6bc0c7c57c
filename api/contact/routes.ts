import { type RequestHandler, Router } from 'express';
import { LetheError } from '../../src/base/errors.ts';
import type { Logger } from '../../src/base/log.ts';
import type { Producer } from '../../src/base/queue/producer.ts';
import { createContactErasure } from '../../src/contracts/contact/erase-contact.ts';
import type { Core } from '../../src/core.ts';
import { TooManyRecords } from '../../src/engine/at-once.ts';
import type { FileAct } from '../../src/ledger/recordings/files.ts';
import { filesJobId } from '../../src/ledger/recordings/relay-files.ts';
import { callerOf } from '../http/auth.ts';
import { handleErrors, refuseMethod } from '../http/errors.ts';
import { presentContactError, presentErased } from './present.ts';
import { readNumber } from './schema.ts';

export interface ContactRouteDependencies {
  readonly core: Core;
  readonly producer: Pick<Producer, 'add'>;
  readonly logger: Logger;
  readonly now: () => Date;
  /** What every request of this door passes first: authentication, rate limit, reading the body. */
  readonly guards: RequestHandler[];
}

const PLACE = '/v1/contacts';
/** How long an answer waits for recording files to be removed; what is left is a worker's. */
const FILES_MS = 2_000;

/** The contract to erase a contact. A path of it holds a number: it is never logged, and no error repeats it. */
export function contactRoutes(deps: ContactRouteDependencies): Router {
  const { core, producer, logger, now } = deps;
  const { CONTACT_ERASURE_REASON: reason, CONTACT_ERASURE_LIMIT: limit } = core.config;
  const eraseContact = createContactErasure({ ...core, reason, limit });

  /** Best effort: the files are in the outbox, and workers look there. */
  const removeFiles = async (act: FileAct): Promise<void> => {
    try {
      const left = await core.files.removeNow(act, AbortSignal.timeout(FILES_MS));
      if (left) await producer.add('remove-files', act, { id: filesJobId(act) });
    } catch (error) {
      logger.warn('recording files not removed yet', { reference: act.act, error });
    }
  };

  const router = Router();
  router.use(PLACE, ...deps.guards);
  router
    .route(`${PLACE}/:e164`)
    .delete(async (request, response) => {
      const number = readNumber(request.params);
      const { account, keyId } = callerOf(response);
      try {
        const { records, act } = await eraseContact({ account, keyId, number }, now());
        if (act) await removeFiles(act);
        response.json(presentErased(number, records));
      } catch (error) {
        if (!(error instanceof TooManyRecords)) throw error;
        throw new LetheError(
          'unavailable',
          `More than ${limit} records would have to be changed at once. Nothing was changed.`,
        );
      }
    })
    .all(refuseMethod('DELETE'));
  router.route(PLACE).all((request) => {
    if (request.method === 'DELETE') readNumber({ e164: '' });
    throw new LetheError('route_not_found');
  });
  router.use(PLACE, () => {
    throw new LetheError('route_not_found');
  });
  router.use(PLACE, handleErrors(logger, presentContactError));
  return router;
}
