import { type RequestHandler, Router } from 'express';
import { LetheError } from '../../src/base/errors.ts';
import { type AcceptDependencies, acceptForget, delayOf, rehearseForget } from '../../src/contracts/forget/accept.ts';
import { DATE_FORMATS, parseSubmissionDate, type SubmissionDate } from '../../src/contracts/forget/dates/parse.ts';
import { inEveryWriting, numberSubject } from '../../src/engine/subject.ts';
import { REQUEST_CALL } from '../../src/ledger/requests/ledger.ts';
import { createRequestSearch } from '../../src/ledger/requests/status.ts';
import { callWorker } from '../../src/ledger/work/call.ts';
import { randomText } from '../../src/lib/random-text.ts';
import { callerOf } from '../http/auth.ts';
import { readBody } from '../http/body.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';
import { checkFields } from '../http/fields.ts';
import { batchRoutes } from './batch.ts';
import { presentAccepted, presentDays, presentFailed, presentRehearsed, presentRequest } from './present.ts';
import { checkSchema, forgetSchema, statusSchema } from './schema.ts';

/** The routes of the forget and status contract. */
export function forgetRoutes(deps: DoorDependencies): Router {
  const guards = deps.guards();
  const findStatus = createStatusSearch(deps);
  const router = Router();
  router
    .route('/gdpr/forget')
    .all(...guards)
    .post(forgetHandler(deps))
    .all(refuseMethod('POST'));
  router.use(batchRoutes(deps));
  router
    .route('/gdpr/status')
    .all(...guards)
    .get(async (request, response) => {
      response.json(await findStatus(request.query, response.locals));
    })
    .post(async (request, response) => {
      response.json(await findStatus(await readBody(request), response.locals));
    })
    .all(refuseMethod('GET, HEAD, POST'));
  router
    .route('/blacklist/check')
    .all(...guards)
    .post(checkHandler(deps))
    .all(refuseMethod('POST'));
  return router;
}

function forgetHandler(deps: DoorDependencies): RequestHandler {
  const { core, now } = deps;
  const schema = forgetSchema(core.config.NUMBER_PREFIXES);
  const accept: AcceptDependencies = { ...core, deadlineMs: deps.deadlineMs, graceMs: deps.graceMs };
  return async (request, response) => {
    const fields = checkFields(schema, await readBody(request));
    const { account, keyId } = callerOf(response);
    const input = {
      account,
      keyId,
      number: fields.number,
      unsuppress: fields.blacklist ?? false,
      graceMinutes: fields.grace_minutes,
    };
    if (fields.sandbox) {
      const wouldErase = await rehearseForget(accept, input, now());
      response.json(presentRehearsed(randomText(15), now(), wouldErase));
      return;
    }
    const { request: accepted, fresh } = await acceptForget(accept, input, now());
    if (fresh) await callWorker(deps, REQUEST_CALL, accepted, delayOf(accepted, now()));
    response.json(presentAccepted(accepted.reference, accepted.created_at));
  };
}

type FoundDays = Extract<SubmissionDate, { ok: true }>;

function createStatusSearch({ core, now }: DoorDependencies) {
  const findRequests = createRequestSearch(core.db);
  /** @throws LetheError `bad_input`, `no_records`, `request_failed` */
  return async (given: unknown, locals: Express.Locals): Promise<object> => {
    const { date, reference, limit, skip } = checkFields(statusSchema, given);
    const { account } = callerOf({ locals });
    const hasDate = date !== undefined && date !== null;
    if (!hasDate && reference === undefined) throw new LetheError('bad_input', 'date or reference is needed');
    const at = now();
    const days = hasDate ? readDays(date, at, account.time_zone) : undefined;
    // Words may be read in another way than they were meant: the answer says in which.
    const searched = days && presentDays(days);
    const standing = { now: at, dueSoonMs: core.times.dueSoonMs };
    const page = await findRequests(
      {
        account,
        profile: 'forget',
        limit,
        skip,
        ...(days && { window: days }),
        ...(reference !== undefined && { reference }),
      },
      at,
    );
    const [newest] = page.requests;
    if (!newest) throw new LetheError('no_records', undefined, {}, searched);
    if (reference !== undefined && newest.state === 'failed')
      throw new LetheError('request_failed', undefined, {}, { ...presentFailed(newest, standing), ...searched });
    const requests = page.requests.map((request) => presentRequest(request, standing, page.progress.get(request)));
    return { ...requests[0], requests, total: page.total, ...searched };
  };
}

function readDays(date: unknown, now: Date, timeZone: string): FoundDays {
  const days = parseSubmissionDate(date, { now, timeZone });
  if (days.ok) return days;
  throw new LetheError('bad_input', `date cannot be read. Formats: ${DATE_FORMATS.join('; ')}`);
}

function checkHandler({ core, now }: DoorDependencies): RequestHandler {
  const schema = checkSchema(core.config.NUMBER_PREFIXES);
  return async (request, response) => {
    const { number } = checkFields(schema, await readBody(request));
    const { account } = callerOf(response);
    const allTokens = core.tokens.allTokens(account._id, number);
    const subject = inEveryWriting(
      numberSubject(
        number,
        account.records_id,
        core.tokens.current(account._id, number),
        now(),
        core.countriesOf(account),
      ),
    );
    response.json({ blacklisted: await core.suppressions.has(subject, allTokens) });
  };
}
