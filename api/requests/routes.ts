import { type Request, type RequestHandler, type Response, Router } from 'express';
import { LetheError } from '../../src/base/errors.ts';
import { CANCEL_REFUSALS, cancelRequest } from '../../src/contracts/requests/cancel.ts';
import { findRequest } from '../../src/contracts/requests/find.ts';
import { listRequests } from '../../src/contracts/requests/list.ts';
import { RETRY_REFUSALS, retryRequest } from '../../src/contracts/requests/retry.ts';
import { type ViewOptions, viewDetails, viewItem } from '../../src/contracts/requests/view.ts';
import { REQUEST_CALL } from '../../src/ledger/requests/ledger.ts';
import type { ScanProgress } from '../../src/ledger/scan/progress.ts';
import { callWorker } from '../../src/ledger/work/call.ts';
import { readBody } from '../http/body.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';
import { checkFields } from '../http/fields.ts';
import { writeCursor } from './cursor.ts';
import { accountOf, actorOf, listReach, reachOf } from './reach.ts';
import { listSchema, referenceParams, retrySchema } from './schema.ts';

/** The routes of the requests themselves. */
export function requestsRoutes(deps: DoorDependencies): Router {
  const guards = deps.guards();
  const router = Router();
  router
    .route('/requests')
    .all(...guards)
    .get(listHandler(deps))
    .all(refuseMethod('GET, HEAD'));
  router
    .route('/requests/retry')
    .all(...guards)
    .post(retryHandler(deps))
    .all(refuseMethod('POST'));
  router
    .route('/requests/:reference')
    .all(...guards)
    .get(async (request, response) => {
      const found = await find(deps, request, response);
      response.json(viewDetails(found.request, optionsOf(deps, found.progress)));
    })
    .all(refuseMethod('GET, HEAD'));
  router
    .route('/requests/:reference/retry')
    .all(...guards)
    .post(async (request, response) => {
      const { request: known } = await find(deps, request, response);
      const refusal = await retry(deps, known.account_id, known.reference);
      if (refusal !== null) throw new LetheError('not_now', refusal);
      await tell(deps, request, response);
    })
    .all(refuseMethod('POST'));
  router
    .route('/requests/:reference/cancel')
    .all(...guards)
    .post(cancelHandler(deps))
    .all(refuseMethod('POST'));
  return router;
}

function optionsOf({ core, now }: DoorDependencies, progress: ScanProgress | undefined, at = now()): ViewOptions {
  return { seal: core.seal, progress, now: at, dueSoonMs: core.times.dueSoonMs };
}

/** The request of the path. @throws LetheError `route_not_found` for one that does not exist, and for another's alike */
async function find({ core }: DoorDependencies, request: Request, response: Response) {
  const params = referenceParams.safeParse(request.params);
  const found = params.success
    ? await findRequest(core.db, await listReach(core.accounts, response), params.data.reference)
    : null;
  if (!found) throw new LetheError('route_not_found', 'There is no such request');
  return found;
}

async function tell(deps: DoorDependencies, request: Request, response: Response): Promise<void> {
  const { request: row, progress } = await find(deps, request, response);
  response.json(viewDetails(row, optionsOf(deps, progress)));
}

function listHandler(deps: DoorDependencies): RequestHandler {
  const { core, now } = deps;
  return async (request, response) => {
    const { account, limit, cursor, sort, ...query } = checkFields(listSchema, request.query);
    const reach = await reachOf(response);
    if (account !== undefined && reach !== 'all' && !reach.includes(account))
      throw new LetheError('route_not_found', 'There is no such account');
    const accounts = account === undefined ? reach : [account];
    const at = now();
    const page = await listRequests(core.db, { ...query, accounts, order: sort }, at, { limit, after: cursor });
    response.json({
      items: page.requests.map((row) => viewItem(row, optionsOf(deps, page.progress.get(row), at))),
      ...(page.next && { next: writeCursor(page.next) }),
    });
  };
}

/** @returns why not; null: it is taken up by the next worker that looks */
async function retry(deps: DoorDependencies, account: string, reference: string): Promise<string | null> {
  const result = await retryRequest(deps.core.db, { account, reference }, deps.now());
  if ('refusal' in result) return RETRY_REFUSALS[result.refusal];
  await callWorker(deps, REQUEST_CALL, result.request);
  return null;
}

function retryHandler(deps: DoorDependencies): RequestHandler {
  return async (request, response) => {
    const { references } = checkFields(retrySchema, await readBody(request));
    const reach = await listReach(deps.core.accounts, response);
    const retried: string[] = [];
    const refused: { reference: string; why: string }[] = [];
    for (const reference of new Set(references)) {
      const found = await findRequest(deps.core.db, reach, reference);
      const why = found ? await retry(deps, found.request.account_id, reference) : RETRY_REFUSALS.unknown;
      if (why === null) retried.push(reference);
      else refused.push({ reference, why });
    }
    response.json({ retried, refused });
  };
}

function cancelHandler(deps: DoorDependencies): RequestHandler {
  const { core, now } = deps;
  return async (request, response) => {
    const { request: known } = await find(deps, request, response);
    const account = await accountOf(core, known.account_id);
    const by = actorOf(response);
    const result = await cancelRequest(core, { account, reference: known.reference, by }, now());
    if ('refusal' in result) throw new LetheError('not_now', CANCEL_REFUSALS[result.refusal]);
    await tell(deps, request, response);
  };
}
