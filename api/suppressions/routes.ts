import { type RequestHandler, Router } from 'express';
import { LetheError } from '../../src/base/errors.ts';
import { liftSuppression } from '../../src/contracts/suppression/lift.ts';
import { findAsked, listSuppressed, type SuppressedBy } from '../../src/contracts/suppression/look.ts';
import type { Core } from '../../src/core.ts';
import type { Account } from '../../src/ledger/accounts/accounts.ts';
import { readSubject } from '../../src/ledger/accounts/number-subject.ts';
import type { PhoneNumber } from '../../src/phone/number.ts';
import { callerOf } from '../http/auth.ts';
import { readBody } from '../http/body.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';
import { checkFields } from '../http/fields.ts';
import { checkSchema, liftSchema, listSchema, writeCursor } from './schema.ts';

/** The routes of the suppression list. No number stands in a path, a query or an answer. */
export function suppressionRoutes(deps: DoorDependencies): Router {
  const router = Router();
  router
    .route('/suppressions')
    .all(...deps.guards())
    .get(listHandler(deps))
    .all(refuseMethod('GET, HEAD'));
  router
    .route('/suppressions/check')
    .all(...deps.guards())
    .post(checkHandler(deps))
    .all(refuseMethod('POST'));
  router
    .route('/suppressions/lift')
    .all(...deps.guards())
    .post(liftHandler(deps))
    .all(refuseMethod('POST'));
  return router;
}

function listHandler({ core, heavy }: DoorDependencies): RequestHandler {
  const { db, suppressed: rows } = core;
  return heavy(async (request, response) => {
    const { limit, cursor } = checkFields(listSchema, request.query);
    const found = await listSuppressed({ db, rows }, callerOf(response).account, { limit: limit + 1, after: cursor });
    const items = found.slice(0, limit);
    const last = items.at(-1);
    response.json({
      items: items.map(presentSuppressed),
      ...(found.length > limit && last && { next: writeCursor(last.at) }),
    });
  });
}

function checkHandler({ core, now }: DoorDependencies): RequestHandler {
  const { config, db } = core;
  return async (request, response) => {
    const { account } = callerOf(response);
    const schema = checkSchema(config.NUMBER_PREFIXES, core.countriesOf(account));
    const { number } = checkFields(schema, await readBody(request));
    const { subject, tokens } = readSuppressed(core, account, number, now());
    const row = await core.suppressed.find(subject, tokens);
    // Under whichever of its tokens the request was made.
    const asked = row && [...(await findAsked(db, account, tokens)).values()].at(-1);
    response.json(row ? { suppressed: true, ...presentRow({ ...row, asked: asked ?? null }) } : { suppressed: false });
  };
}

function liftHandler({ core, now }: DoorDependencies): RequestHandler {
  const { config, db, audit, suppressed: rows } = core;
  return async (request, response) => {
    const { account, actor } = callerOf(response);
    const schema = liftSchema(config.NUMBER_PREFIXES, core.countriesOf(account));
    const { number, reason } = checkFields(schema, await readBody(request));
    const { subject, tokens } = readSuppressed(core, account, number, now());
    const lift = { account: account._id, actor, subject, tokens, reason, now: now() };
    await liftSuppression({ db, rows, audit }, lift).catch(async (error: unknown) => {
      const isNone = error instanceof LetheError && error.errorName === 'no_records';
      if (isNone && (await core.suppressions.has(subject, tokens)))
        throw new LetheError('conflict', 'The platform itself keeps this number on its list');
      throw error;
    });
    response.json({ suppressed: await core.suppressions.has(subject, tokens) });
  };
}

function readSuppressed(core: Core, account: Account, number: PhoneNumber, now: Date) {
  return { subject: readSubject(core, account, number, now), tokens: core.tokens.allTokens(account._id, number) };
}

function presentSuppressed(row: SuppressedBy): object {
  return { id: row.id, masked: row.masked, ...presentRow(row) };
}

function presentRow({ since, why, asked }: Pick<SuppressedBy, 'since' | 'why' | 'asked'>) {
  return {
    since: since?.toISOString() ?? null,
    why,
    by: asked?.by ?? null,
    reference: asked?.reference ?? null,
  };
}
