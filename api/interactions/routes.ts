import { type Request, type RequestHandler, type Response, Router } from 'express';
import { setSchedule } from '../../src/contracts/interactions/automatic.ts';
import { InteractionFault } from '../../src/contracts/interactions/faults.ts';
import { countInteractions } from '../../src/contracts/interactions/figures.ts';
import { type InteractionQuery, type LogPosition, readLog } from '../../src/contracts/interactions/log.ts';
import { createPastCount } from '../../src/contracts/interactions/past.ts';
import { createRedact } from '../../src/contracts/interactions/redact.ts';
import { changeSettings, type Reached, reachAccount } from '../../src/contracts/interactions/settings.ts';
import type { Account } from '../../src/ledger/accounts/accounts.ts';
import { readSubject } from '../../src/ledger/accounts/number-subject.ts';
import { REQUEST_CALL } from '../../src/ledger/requests/ledger.ts';
import { createRequestSearch } from '../../src/ledger/requests/status.ts';
import { callWorker } from '../../src/ledger/work/call.ts';
import { callerOf } from '../http/auth.ts';
import { readBody } from '../http/body.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';
import { writeCursor } from './cursor.ts';
import { presentInteraction, presentRedaction, presentSettings } from './present.ts';
import {
  checkRules,
  figuresSchema,
  logSchema,
  narrowSchema,
  readPeriod,
  redactSchema,
  searchSchema,
  settingsSchema,
} from './schema.ts';

const PAGE = 25;
const REFERENCE = /^[A-Za-z0-9]{15}$/;

/** The routes for interactions: settings, log, figures, redaction by hand, and what became of it. */
export function interactionsRoutes(deps: DoorDependencies): Router {
  const guards = deps.guards();
  const router = Router();
  router
    .route('/accounts/:account/redaction')
    .all(...guards)
    .get(async (request, response) => {
      response.json(presentSettings(await reach(deps, request, response)));
    })
    .patch(settingsHandler(deps))
    .all(refuseMethod('GET, HEAD, PATCH'));
  router
    .route('/accounts/:account/interactions')
    .all(...guards)
    .get(logHandler(deps))
    .all(refuseMethod('GET, HEAD'));
  router
    .route('/accounts/:account/interactions/search')
    .all(...guards)
    .post(searchHandler(deps))
    .all(refuseMethod('POST'));
  router
    .route('/accounts/:account/interactions/report')
    .all(...guards)
    .get(figuresHandler(deps))
    .all(refuseMethod('GET, HEAD'));
  router
    .route('/accounts/:account/interactions/:interaction/redact')
    .all(...guards)
    .post(redactHandler(deps))
    .all(refuseMethod('POST'));
  router
    .route('/accounts/:account/interactions/:interaction/past')
    .all(...guards)
    .get(pastHandler(deps))
    .all(refuseMethod('GET, HEAD'));
  router
    .route('/accounts/:account/redactions/:reference')
    .all(...guards)
    .get(statusHandler(deps))
    .all(refuseMethod('GET, HEAD'));
  return router;
}

const param = (request: Request, name: string): string => String(request.params[name]);

/** The account of the path. @throws InteractionFault `not_found` */
function reach({ core }: DoorDependencies, request: Request, response: Response): Promise<Reached> {
  return reachAccount(core.db, callerOf(response).account, param(request, 'account'));
}

function settingsHandler(deps: DoorDependencies): RequestHandler {
  const { core, producer, logger, now } = deps;
  return async (request, response) => {
    await reach(deps, request, response);
    const fields = checkRules(settingsSchema, await readBody(request));
    if (Object.values(fields).every((value) => value === undefined))
      throw new InteractionFault('bad_field', `one of ${Object.keys(settingsSchema.shape).join(', ')} is needed`);
    const { account, keyId } = callerOf(response);
    const changed = await changeSettings(core, account, param(request, 'account'), fields, keyId, now());
    // Workers align the schedules of all accounts: this only makes it sooner.
    await setSchedule(producer, changed.account, changed.effective).catch((error: unknown) => {
      logger.warn('schedule not set yet', { account: changed.account._id, error });
    });
    response.json(presentSettings(changed));
  };
}

function logHandler(deps: DoorDependencies): RequestHandler {
  return async (request, response) => {
    const { account } = await reach(deps, request, response);
    const { limit, cursor, ...fields } = checkRules(logSchema, request.query);
    const query = { kind: fields.kind, redacted: fields.redacted, ...readPeriod(fields, account.time_zone) };
    await answerPage(deps, response, account, query, { limit, after: cursor });
  };
}

function searchHandler(deps: DoorDependencies): RequestHandler {
  return async (request, response) => {
    const { account } = await reach(deps, request, response);
    const {
      limit,
      cursor,
      contact,
      tracking_number: trackingNumber,
      ...fields
    } = checkRules(searchSchema, (await readBody(request)) ?? {});
    const subject = contact && readSubject(deps.core, account, contact, deps.now());
    const { kind, redacted, status, source, tag } = fields;
    const query = {
      ...{ kind, redacted, status, source, tag, trackingNumber },
      ...(subject && { contact: subject }),
      ...readPeriod(fields, account.time_zone),
    };
    await answerPage(deps, response, account, query, { limit, after: cursor });
  };
}

/** What is shown of rows that are not redacted is audited. */
async function answerPage(
  { core, now }: DoorDependencies,
  response: Response,
  account: Account,
  query: InteractionQuery,
  { limit = PAGE, after }: { limit?: number | undefined; after?: LogPosition | undefined },
): Promise<void> {
  const page = await readLog(core.db, core.dataMap, account.records_id, query, { limit, after });
  const counts: Record<string, number> = {};
  for (const { name, row } of page.rows) if (!row.redacted) counts[name] = (counts[name] ?? 0) + 1;
  if (Object.keys(counts).length > 0)
    await core.audit.append({
      account: account._id,
      actor: callerOf(response).keyId,
      action: 'data.access',
      reason: 'interaction_log',
      at: now(),
      counts,
    });
  response.json({
    interactions: page.rows.map(({ row }) => presentInteraction(row)),
    next: page.next && writeCursor(page.next),
  });
}

function figuresHandler(deps: DoorDependencies): RequestHandler {
  const { db, dataMap, countriesOf } = deps.core;
  return deps.heavy(async (request, response, gone) => {
    const { account } = await reach(deps, request, response);
    const { kind, ...fields } = checkRules(figuresSchema, request.query);
    const query = { kind, ...readPeriod(fields, account.time_zone) };
    response.json(await countInteractions(db, dataMap, account.records_id, query, countriesOf(account), gone));
  });
}

function redactHandler(deps: DoorDependencies): RequestHandler {
  const { core, eraseNow, deadlineMs, graceMs, now } = deps;
  const redact = createRedact({ ...core, eraseNow, deadlineMs, graceMs });
  return async (request, response) => {
    const { account, effective } = await reach(deps, request, response);
    if (!effective.manual) throw new InteractionFault(effective.allowed ? 'manual_off' : 'agency_forbids');
    const fields = checkRules(redactSchema, await readBody(request));
    if (!fields.redact_content && !fields.redact_past) throw new InteractionFault('nothing_asked');
    const done = await redact(
      {
        account,
        keyId: callerOf(response).keyId,
        id: param(request, 'interaction'),
        ...checkRules(narrowSchema, request.query),
        content: fields.redact_content,
        past: fields.redact_past,
      },
      now(),
    );
    const interaction = presentInteraction(done.interaction);
    if (!done.request) {
      response.json(interaction);
      return;
    }
    if (done.fresh) await callWorker(deps, REQUEST_CALL, done.request);
    response.status(202).json({ ...presentRedaction(done.request), interaction });
  };
}

function pastHandler(deps: DoorDependencies): RequestHandler {
  const countPast = createPastCount(deps.core);
  return deps.heavy(async (request, response) => {
    const { account } = await reach(deps, request, response);
    const which = { account, id: param(request, 'interaction'), ...checkRules(narrowSchema, request.query) };
    const { before, counts } = await countPast(which, deps.now());
    response.json({ before, counts, total: Object.values(counts).reduce((sum, count) => sum + count, 0) });
  });
}

function statusHandler(deps: DoorDependencies): RequestHandler {
  const findRequests = createRequestSearch(deps.core.db);
  return async (request, response) => {
    const { account } = await reach(deps, request, response);
    const reference = param(request, 'reference');
    if (!REFERENCE.test(reference)) throw new InteractionFault('not_found');
    const page = await findRequests({ account, profile: 'interaction', reference, limit: 1, skip: 0 }, deps.now());
    const [found] = page.requests;
    if (!found) throw new InteractionFault('not_found');
    response.json(presentRedaction(found));
  };
}
