import { type RequestHandler, type Response, Router } from 'express';
import type { z } from 'zod';
import { LetheError } from '../../src/base/errors.ts';
import { type AcceptDependencies, acceptForget, delayOf, rehearseForget } from '../../src/contracts/forget/accept.ts';
import { DATE_FORMATS, parseSubmissionDate, type SubmissionDate } from '../../src/contracts/forget/dates/parse.ts';
import { previewForget, readStanding } from '../../src/contracts/forget/standing.ts';
import { readSubject } from '../../src/ledger/accounts/number-subject.ts';
import { REQUEST_CALL } from '../../src/ledger/requests/ledger.ts';
import { createRequestSearch } from '../../src/ledger/requests/status.ts';
import { callWorker } from '../../src/ledger/work/call.ts';
import { randomText } from '../../src/lib/random-text.ts';
import { describeNumber } from '../../src/phone/describe.ts';
import type { PhoneNumber } from '../../src/phone/number.ts';
import { callerOf } from '../http/auth.ts';
import { readBody } from '../http/body.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';
import { checkFields } from '../http/fields.ts';
import { batchRoutes } from './batch.ts';
import {
  presentAccepted,
  presentDays,
  presentFailed,
  presentRehearsed,
  presentRequest,
  presentStanding,
} from './present.ts';
import { checkSchema, forgetSchema, previewSchema, statusBodySchema, statusSchema } from './schema.ts';

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
      response.json(await findStatus(checkFields(statusSchema, request.query), response.locals));
    })
    .post(async (request, response) => {
      const schema = statusBodySchema(deps.core.config.NUMBER_PREFIXES, countriesHere(deps, response));
      const { number, ...fields } = checkFields(schema, await readBody(request));
      response.json(
        number === undefined
          ? await findStatus(fields, response.locals)
          : await tellStanding(deps, number, fields, response),
      );
    })
    .all(refuseMethod('GET, HEAD, POST'));
  router
    .route('/gdpr/forget/preview')
    .all(...guards)
    .post(previewHandler(deps))
    .all(refuseMethod('POST'));
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
  const accept = acceptOf(deps);
  return async (request, response) => {
    const fields = checkFields(schema, await readBody(request));
    const { account, actor } = callerOf(response);
    const input = {
      account,
      actor,
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
  return async (fields: z.output<typeof statusSchema>, locals: Express.Locals): Promise<object> => {
    const { date, reference, limit, skip } = fields;
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

/** @throws LetheError `bad_input` beside a day or a reference: which of them was meant? */
async function tellStanding(
  deps: DoorDependencies,
  number: PhoneNumber,
  { date, reference }: z.output<typeof statusSchema>,
  response: Response,
): Promise<object> {
  if ((date !== undefined && date !== null) || reference !== undefined)
    throw new LetheError('bad_input', 'number stands alone: date and reference ask for something else');
  const { account } = callerOf(response);
  const now = deps.now();
  return presentStanding(number, await readStanding(acceptOf(deps), account, number, now), now);
}

function previewHandler(deps: DoorDependencies): RequestHandler {
  return deps.heavy(async (request, response) => {
    const schema = previewSchema(deps.core.config.NUMBER_PREFIXES, countriesHere(deps, response));
    const { number } = checkFields(schema, await readBody(request));
    const { counts, already } = await previewForget(acceptOf(deps), { ...callerOf(response), number }, deps.now());
    response.json({ read: describeNumber(number), counts, ...(already !== null && { already }) });
  });
}

/** Whose national writings are read of the caller: those of the account. */
const countriesHere = ({ core }: DoorDependencies, response: Response) => core.countriesOf(callerOf(response).account);

const acceptOf = (deps: DoorDependencies): AcceptDependencies => ({
  ...deps.core,
  deadlineMs: deps.deadlineMs,
  graceMs: deps.graceMs,
});

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
    const subject = readSubject(core, account, number, now());
    response.json({ blacklisted: await core.suppressions.has(subject, allTokens) });
  };
}
