import { Router } from 'express';
import type { z } from 'zod';
import { findHeld, searchedNames } from '../../src/contracts/access/held.ts';
import { findKept, KEPT_KINDS } from '../../src/contracts/access/kept.ts';
import type { Core } from '../../src/core.ts';
import { nameOf } from '../../src/engine/map/schema.ts';
import type { Account } from '../../src/ledger/accounts/accounts.ts';
import { readSubject } from '../../src/ledger/accounts/number-subject.ts';
import type { PhoneNumber } from '../../src/phone/number.ts';
import { type Caller, callerOf } from '../http/auth.ts';
import { readBody } from '../http/body.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';
import { checkFields } from '../http/fields.ts';
import { streamText } from '../http/stream.ts';
import { presentHeld } from './present.ts';
import { accessBodySchema, accessSchema } from './schema.ts';

/** The right of access (GDPR article 15): everything held on a number, before an erasure and after it. */
export function personRoutes(deps: DoorDependencies): Router {
  const schema = accessSchema(deps.core.config.NUMBER_PREFIXES);
  /** A number is read as the account's records have it written. */
  const bodySchemaFor = (account: Account) =>
    accessBodySchema(deps.core.config.NUMBER_PREFIXES, deps.core.countriesOf(account));
  const router = Router();
  router
    .route('/gdpr/access')
    .all(...deps.guards())
    .get(
      deps.heavy(async (request, response, gone) => {
        const fields = checkFields(schema, request.query);
        await streamText(response, 'json', writeAccess(deps, callerOf(response), fields, gone));
      }),
    )
    .post(
      deps.heavy(async (request, response, gone) => {
        const fields = checkFields(bodySchemaFor(callerOf(response).account), await readBody(request));
        await streamText(response, 'json', writeAccess(deps, callerOf(response), fields, gone));
      }),
    )
    .all(refuseMethod('GET, HEAD, POST'));
  return router;
}

/**
 * One JSON object, written as it is found: first what Lethe keeps (`kept`; the number never stands there), then the
 * platform's records by collection. What was given out is audited, also when the client left before the end. A database
 * that goes away meanwhile takes the entry with it, and the answer breaks off.
 */
async function* writeAccess(
  { core, now }: DoorDependencies,
  { account, actor }: Caller,
  { number, audit_before: before }: z.output<ReturnType<typeof accessSchema>>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const counts: Record<string, number> = {};
  try {
    yield `{"searched_at":${JSON.stringify(now())},"searched":${JSON.stringify(searchedNames(core.dataMap))},"kept":{`;
    yield* writeKept(core, account, number, before);
    yield '},"collections":{';
    yield* writeHeld(core, account, number, counts, signal);
    yield `},"counts":${JSON.stringify(counts)}}`;
  } finally {
    await core.audit.append({
      account: account._id,
      actor,
      action: 'data.access',
      reason: 'subject_access',
      at: now(),
      counts,
      token: core.tokens.current(account._id, number),
    });
  }
}

/** One list for each kind, in the order of the kinds, also where there is nothing. */
async function* writeKept(
  core: Core,
  account: Account,
  number: PhoneNumber,
  before: number | undefined,
): AsyncGenerator<string> {
  const [first = ''] = KEPT_KINDS;
  const written: string[] = [first];
  yield `"${first}":[`;
  let empty = true;
  for await (const { kind, item } of findKept(core, account, core.tokens.allTokens(account._id, number), before)) {
    for (const next of KEPT_KINDS.slice(written.length, KEPT_KINDS.indexOf(kind) + 1)) {
      yield `],"${next}":[`;
      written.push(next);
      empty = true;
    }
    yield `${empty ? '' : ','}${JSON.stringify(item)}`;
    empty = false;
  }
  for (const next of KEPT_KINDS.slice(written.length)) yield `],"${next}":[`;
  yield ']';
}

/** @param counts records given out so far, by the names of the data map; added to */
async function* writeHeld(
  core: Core,
  account: Account,
  number: PhoneNumber,
  counts: Record<string, number>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const subject = readSubject(core, account, number, new Date());
  let open: string | undefined;
  for await (const { entry, record } of findHeld(core.db, core.dataMap, subject, signal)) {
    const name = nameOf(entry);
    if (open !== name) {
      yield `${open === undefined ? '' : ']},'}${JSON.stringify(name)}:{"category":${JSON.stringify(entry.record)},"records":[`;
      open = name;
    } else yield ',';
    yield presentHeld(record);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  if (open !== undefined) yield ']}';
}
