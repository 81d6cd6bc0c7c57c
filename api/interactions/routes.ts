import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { Logger } from '../../src/base/log.ts';
import type { Producer } from '../../src/base/queue/producer.ts';
import { changeSettings } from '../../src/contracts/interactions/change-settings.ts';
import { InteractionFault } from '../../src/contracts/interactions/faults.ts';
import { readLog, writeCursor } from '../../src/contracts/interactions/log.ts';
import { type Reached, reachAccount } from '../../src/contracts/interactions/reach.ts';
import { createRedact } from '../../src/contracts/interactions/redact.ts';
import { reportInteractions } from '../../src/contracts/interactions/report.ts';
import { setSchedule } from '../../src/contracts/interactions/schedule.ts';
import type { Core } from '../../src/core.ts';
import type { PerformAct } from '../../src/ledger/at-once/record-acts.ts';
import { jobIdOf } from '../../src/ledger/requests/ledger.ts';
import { findRequests } from '../../src/ledger/requests/status.ts';
import { callerOf } from '../http/auth.ts';
import { readBody } from '../http/body.ts';
import { refuseMethod } from '../http/errors.ts';
import { presentFaults, presentInteraction, presentRedaction, presentSettings } from './present.ts';
import {
  checkRules,
  logSchema,
  narrowSchema,
  readPeriod,
  redactSchema,
  reportSchema,
  settingsSchema,
} from './schema.ts';

export interface InteractionDependencies {
  readonly core: Core;
  /** Redacts what was found by its id. */
  readonly perform: PerformAct;
  readonly producer: Pick<Producer, 'add' | 'schedule' | 'unschedule'>;
  readonly logger: Logger;
  readonly now: () => Date;
  readonly deadlineMs: number;
  readonly graceMs: number;
  /** What every request of this door passes first: authentication, rate limit, reading the body. */
  readonly guards: RequestHandler[];
}

const PAGE = 25;
const REFERENCE = /^[A-Za-z0-9]{15}$/;

/** Redaction of calls, texts, chats and forms: settings, log, by hand, and what became of it. */
export function interactionRoutes(deps: InteractionDependencies): Router {
  const { core, perform, producer, logger, now } = deps;
  const prefixes = core.config.NUMBER_PREFIXES;
  const redact = createRedact({ ...core, perform, prefixes, deadlineMs: deps.deadlineMs, graceMs: deps.graceMs });
  const router = Router();
  router.use('/accounts', ...deps.guards);
  const reach = (request: Request, response: Response): Promise<Reached> =>
    reachAccount(core.db, callerOf(response).account, param(request, 'account'));

  router
    .route('/accounts/:account/redaction')
    .get(async (request, response) => {
      response.json(presentSettings(await reach(request, response)));
    })
    .patch(async (request, response) => {
      await reach(request, response);
      const fields = checkRules(settingsSchema, await readFields(request));
      if (Object.values(fields).every((value) => value === undefined))
        throw new InteractionFault('bad_field', `one of ${Object.keys(settingsSchema.shape).join(', ')} is needed`);
      const { account, keyId } = callerOf(response);
      const changed = await changeSettings(core, account, param(request, 'account'), fields, keyId, now());
      // Workers bring the schedules of all accounts in line: this only makes it sooner.
      await setSchedule(producer, changed.account, changed.effective).catch((error: unknown) => {
        logger.warn('schedule not set yet', { account: changed.account._id, error });
      });
      response.json(presentSettings(changed));
    })
    .all(refuseMethod('GET, HEAD, PATCH'));

  router
    .route('/accounts/:account/interactions')
    .get(async (request, response) => {
      const { account } = await reach(request, response);
      const { limit = PAGE, cursor, ...query } = checkRules(logSchema, request.query);
      const asked = { kind: query.kind, redacted: query.redacted, ...readPeriod(query, account.time_zone) };
      const page = await readLog(core.db, core.dataMap, account.records_id, asked, { limit, after: cursor });
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
    })
    .all(refuseMethod('GET, HEAD'));

  router
    .route('/accounts/:account/interactions/report')
    .get(async (request, response) => {
      const { account } = await reach(request, response);
      const { kind, ...query } = checkRules(reportSchema, request.query);
      const asked = { kind, ...readPeriod(query, account.time_zone) };
      response.json(await reportInteractions(core.db, core.dataMap, account.records_id, asked, prefixes));
    })
    .all(refuseMethod('GET, HEAD'));

  router
    .route('/accounts/:account/interactions/:interaction/redact')
    .post(async (request, response) => {
      const { account, effective } = await reach(request, response);
      if (!effective.manual) throw new InteractionFault(effective.allowed ? 'manual_off' : 'agency_forbids');
      const fields = checkRules(redactSchema, await readFields(request));
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
      const { reference } = done.request;
      if (done.fresh) {
        // The promise is kept by the ledger: without Redis the relay adds the job later.
        await producer
          .add('erase', { account: account._id, reference }, { id: jobIdOf(done.request) })
          .catch((error: unknown) => logger.warn('request not queued yet', { reference, error }));
      }
      response.status(202).json({ ...presentRedaction(done.request), interaction });
    })
    .all(refuseMethod('POST'));

  router
    .route('/accounts/:account/redactions/:reference')
    .get(async (request, response) => {
      const { account } = await reach(request, response);
      const reference = param(request, 'reference');
      if (!REFERENCE.test(reference)) throw new InteractionFault('not_found');
      const page = await findRequests(core.db, { account, profile: 'interaction', reference, limit: 1, skip: 0 });
      const [found] = page.requests;
      if (!found) throw new InteractionFault('not_found');
      response.json(presentRedaction(found));
    })
    .all(refuseMethod('GET, HEAD'));

  router.use(presentFaults);
  return router;
}

/** No body is a body without fields. */
async function readFields(request: Request): Promise<unknown> {
  const body = await readBody(request);
  return body === undefined ? {} : body;
}

const param = (request: Request, name: string): string => String(request.params[name]);
