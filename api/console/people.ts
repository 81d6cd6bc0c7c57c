import { type RequestHandler, type Response, Router } from 'express';
import { LetheError } from '../../src/base/errors.ts';
import { auditPerson } from '../../src/ledger/people/audited.ts';
import { findCovered, isWithin } from '../../src/ledger/people/coverage.ts';
import { generatePassword } from '../../src/ledger/people/people.ts';
import type { Coverage, Person } from '../../src/ledger/people/rows.ts';
import { makeTotp } from '../../src/ledger/people/sign-in.ts';
import { principalOf } from '../http/auth.ts';
import { readBody } from '../http/body.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';
import { checkFields } from '../http/fields.ts';
import { personSchema, resetSchema } from './schema.ts';
import { nameAccounts } from './session.ts';

/** People of the console: an admin sees and makes those who cover no more than the admin does. */
export function peopleRoutes(deps: DoorDependencies): Router {
  const { core, guards } = deps;
  const router = Router();
  router
    .route('/console/api/people')
    .all(...guards())
    .get(async (_request, response) => {
      const covers = coverageOf(response);
      const items: object[] = [];
      for (const person of await core.people.list())
        if (await isWithin(core.db, person.covers, covers)) items.push(await presentPerson(deps, person));
      response.json({ items });
    })
    .post(createHandler(deps))
    .all(refuseMethod('GET, HEAD, POST'));
  router
    .route('/console/api/people/:person/disable')
    .all(...guards())
    .post(async (request, response) => {
      const person = await findPerson(deps, response, String(request.params.person));
      if (person.email === principalOf(response).actor) throw new LetheError('conflict', 'Nobody disables themselves');
      await core.people.disable(person._id, deps.now());
      await note(deps, response, 'person disabled', person);
      response.json(await presentPerson(deps, (await core.people.find(person._id)) ?? person));
    })
    .all(refuseMethod('POST'));
  router
    .route('/console/api/people/:person/reset')
    .all(...guards())
    .post(resetHandler(deps))
    .all(refuseMethod('POST'));
  return router;
}

function createHandler(deps: DoorDependencies): RequestHandler {
  const { core, now } = deps;
  return async (request, response) => {
    const { account, agency, totp, all: _all, ...fields } = checkFields(personSchema, await readBody(request));
    const covers = coverageFrom(account, agency);
    if (!(await mayCover(deps, response, covers))) throw new LetheError('forbidden', 'These accounts are not yours');
    const password = generatePassword();
    const secret = totp ? makeTotp(core.seal, fields.email) : undefined;
    const made = await core.people.create({ ...fields, covers, password, totp: secret?.sealed, now: now() });
    if (!made) throw new LetheError('conflict', 'Somebody has this address already');
    await note(deps, response, 'person created', made);
    const shown = { ...(await presentPerson(deps, made)), password, ...(secret && { totp_address: secret.address }) };
    response.status(201).json(shown);
  };
}

function resetHandler(deps: DoorDependencies): RequestHandler {
  const { core } = deps;
  return async (request, response) => {
    const person = await findPerson(deps, response, String(request.params.person));
    const { totp } = checkFields(resetSchema, await readBody(request));
    const password = generatePassword();
    const secret = totp ? makeTotp(core.seal, person.email) : undefined;
    await core.people.reset(person._id, password, totp === false ? null : secret?.sealed);
    await note(deps, response, 'person reset', person);
    const now = (await core.people.find(person._id)) ?? person;
    response.json({ ...(await presentPerson(deps, now)), password, ...(secret && { totp_address: secret.address }) });
  };
}

const coverageFrom = (account: string | undefined, agency: string | undefined): Coverage => {
  if (account !== undefined) return { kind: 'account', id: account };
  return agency === undefined ? { kind: 'all' } : { kind: 'agency', id: agency };
};

/** The account is there, an agency where one is meant, and within what the caller covers. */
async function mayCover({ core }: DoorDependencies, response: Response, covers: Coverage): Promise<boolean> {
  if (!(await isWithin(core.db, covers, coverageOf(response)))) return false;
  if (covers.kind === 'all') return true;
  const account = await findCovered(core.db, { kind: 'all' }, covers.id);
  return account !== null && (covers.kind === 'account' || account.agency_id === undefined);
}

/** The scope `people` is for people alone. */
function coverageOf(response: Response): Coverage {
  const { session } = principalOf(response);
  if (!session) throw new LetheError('forbidden');
  return session.person.covers;
}

/** @throws LetheError `route_not_found`, also for somebody who covers more than the caller */
async function findPerson({ core }: DoorDependencies, response: Response, id: string): Promise<Person> {
  const person = await core.people.find(id);
  if (!person || !(await isWithin(core.db, person.covers, coverageOf(response))))
    throw new LetheError('route_not_found', 'There is no such person');
  return person;
}

async function note(
  { core, logger, now }: DoorDependencies,
  response: Response,
  what: Parameters<typeof auditPerson>[1],
  person: Person,
): Promise<void> {
  const { actor, session } = principalOf(response);
  await auditPerson(core.audit, what, { actor, person, at: now() });
  logger.info(what, { request_id: response.locals.requestId, person: person._id, by: session?.person._id });
}

async function presentPerson({ core }: DoorDependencies, person: Person): Promise<object> {
  return {
    id: person._id,
    email: person.email,
    name: person.name,
    role: person.role,
    covers: person.covers.kind,
    accounts: await nameAccounts(core.db, person),
    disabled: person.disabled_at !== undefined,
    totp: person.totp !== undefined,
    created_at: person.created_at.toISOString(),
    ...(person.last_sign_in_at && { last_sign_in: person.last_sign_in_at.toISOString() }),
  };
}
