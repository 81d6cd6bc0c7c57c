import { type RequestHandler, Router } from 'express';
import { LetheError } from '../../src/base/errors.ts';
import type { Logger } from '../../src/base/log.ts';
import type { Producer } from '../../src/base/queue/producer.ts';
import { type AcceptDependencies, acceptForget, rehearseForget } from '../../src/contracts/forget/accept.ts';
import { DATE_FORMATS, parseSubmissionDate } from '../../src/contracts/forget/dates/parse.ts';
import type { Core } from '../../src/core.ts';
import { numberSubject } from '../../src/engine/subject.ts';
import { randomText } from '../../src/ledger/accounts/accounts.ts';
import { jobIdOf } from '../../src/ledger/requests/ledger.ts';
import { findRequests } from '../../src/ledger/requests/status.ts';
import { callerOf } from '../http/auth.ts';
import { readBody } from '../http/body.ts';
import { refuseMethod } from '../http/errors.ts';
import { presentAccepted, presentRequest } from './present.ts';
import { checkFields, checkSchema, forgetSchema, statusSchema } from './schema.ts';

export interface ForgetDependencies {
  readonly core: Core;
  readonly accept: AcceptDependencies;
  readonly producer: Pick<Producer, 'add'>;
  readonly logger: Logger;
  readonly now: () => Date;
  /** What every request of this door passes first: authentication, rate limit, reading the body. */
  readonly guards: RequestHandler[];
}

/** The GDPR forget and status contract. */
export function forgetRoutes(deps: ForgetDependencies): Router {
  const { core, logger, now } = deps;
  const forget = forgetSchema(core.config.NUMBER_PREFIXES);
  const check = checkSchema(core.config.NUMBER_PREFIXES);
  const router = Router();
  router.use(['/gdpr', '/blacklist'], ...deps.guards);

  router
    .route('/gdpr/forget')
    .post(async (request, response) => {
      const fields = checkFields(forget, await readBody(request));
      const input = {
        account: callerOf(response).account,
        keyId: callerOf(response).keyId,
        number: fields.number,
        unsuppress: fields.blacklist ?? false,
      };
      if (fields.sandbox) {
        const wouldErase = await rehearseForget(deps.accept, input);
        response.json({ ...presentAccepted(randomText(15), now()), sandbox: true, would_erase: wouldErase });
        return;
      }
      const accepted = await acceptForget(deps.accept, input, now());
      const { reference, account_id, created_at } = accepted.request;
      if (accepted.fresh) {
        // The promise is kept by the ledger: without Redis the relay adds the job later.
        await deps.producer
          .add('erase', { account: account_id, reference }, { id: jobIdOf(accepted.request) })
          .catch((error: unknown) => {
            logger.warn('request not queued yet', { reference, error });
          });
      }
      response.json(presentAccepted(reference, created_at));
    })
    .all(refuseMethod('POST'));

  const answerStatus = async (fields: unknown, locals: { locals: Express.Locals }) => {
    const { date, reference, limit, skip } = checkFields(statusSchema, fields);
    const { account } = callerOf(locals);
    const given = date !== undefined && date !== null;
    if (!given && reference === undefined) throw new LetheError('bad_input', 'date or reference is needed');
    const window = given ? readDay(date, account.time_zone) : undefined;
    const page = await findRequests(core.db, {
      account,
      profile: 'forget',
      limit,
      skip,
      ...(window && { window }),
      ...(reference !== undefined && { reference }),
    });
    const [newest] = page.requests;
    if (!newest) throw new LetheError('no_records');
    if (reference !== undefined && newest.state === 'failed') throw new LetheError('request_failed');
    const requests = page.requests.map(presentRequest);
    return { ...requests[0], requests, total: page.total };
  };

  const readDay = (date: unknown, timeZone: string): { from: Date; to: Date } => {
    const day = parseSubmissionDate(date, { now: now(), timeZone });
    if (day.ok) return day;
    throw new LetheError('bad_input', `date cannot be read. Formats: ${DATE_FORMATS.join('; ')}`);
  };

  router
    .route('/gdpr/status')
    .get(async (request, response) => {
      response.json(await answerStatus(request.query, response));
    })
    .post(async (request, response) => {
      response.json(await answerStatus(await readBody(request), response));
    })
    .all(refuseMethod('GET, HEAD, POST'));

  router
    .route('/blacklist/check')
    .post(async (request, response) => {
      const { number } = checkFields(check, await readBody(request));
      const { account } = callerOf(response);
      const tokens = core.tokens.every(account._id, number);
      const subject = numberSubject(number, account.records_id, core.tokens.current(account._id, number));
      response.json({ blacklisted: await core.suppressions.has(subject, tokens) });
    })
    .all(refuseMethod('POST'));

  return router;
}
