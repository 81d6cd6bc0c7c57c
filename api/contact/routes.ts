import { Router } from 'express';
import { LetheError } from '../../src/base/errors.ts';
import { createContactErasure } from '../../src/contracts/contact/erase-contact.ts';
import { TooManyRecords } from '../../src/engine/at-once.ts';
import type { FileOwner } from '../../src/ledger/recordings/files.ts';
import { FILES_CALL } from '../../src/ledger/recordings/relay-files.ts';
import { addJob } from '../../src/ledger/work/call.ts';
import { callerOf } from '../http/auth.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';
import { presentErased } from './present.ts';
import { readNumber } from './schema.ts';

export const CONTACTS = '/v1/contacts';
/** How long an answer waits for recording files to be removed; a worker removes what is left. */
const FILES_MS = 2_000;

/** The route to erase a contact. Its path holds a number: the path is never logged, and no error repeats it. */
export function contactRoutes(deps: DoorDependencies): Router {
  const { core, now } = deps;
  const { CONTACT_ERASURE_REASON: reason, CONTACT_ERASURE_LIMIT: limit } = core.config;
  const eraseContact = createContactErasure({ ...core, reason, limit });
  const guards = deps.guards();
  const router = Router();
  router
    .route(`${CONTACTS}/:e164`)
    .all(...guards)
    .delete(async (request, response) => {
      const number = readNumber(request.params);
      const { account, actor } = callerOf(response);
      try {
        const { records, files } = await eraseContact({ account, actor, number }, now());
        if (files) await removeFiles(deps, files);
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
  // A number that was left out is a malformed number, and no unknown path.
  router
    .route(CONTACTS)
    .all(...guards)
    .all((request) => {
      if (request.method === 'DELETE') readNumber({ e164: '' });
      throw new LetheError('route_not_found');
    });
  return router;
}

/** Best effort: the files are in the outbox, and workers look there. */
async function removeFiles({ core, producer, logger }: DoorDependencies, owner: FileOwner): Promise<void> {
  try {
    const left = await core.files.removeNow(owner, AbortSignal.timeout(FILES_MS));
    if (left) await addJob(producer, FILES_CALL, { ...owner, generation: 1 });
  } catch (error) {
    logger.warn('recording files not removed yet', { reference: owner.reference, error });
  }
}
