import { type Request, type Response, Router } from 'express';
import type mongoose from 'mongoose';
import { LetheError } from '../../src/base/errors.ts';
import type { Core } from '../../src/core.ts';
import { readAccounts } from '../../src/ledger/accounts/account-rows.ts';
import { auditSignIn } from '../../src/ledger/people/audited.ts';
import { coveredIds, scopesOfPerson } from '../../src/ledger/people/coverage.ts';
import type { Person } from '../../src/ledger/people/rows.ts';
import { csrfTokenOf } from '../../src/ledger/people/sessions.ts';
import { signIn } from '../../src/ledger/people/sign-in.ts';
import { principalOf } from '../http/auth.ts';
import { readBody } from '../http/body.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';
import { checkFields } from '../http/fields.ts';
import { clearSessionCookie, readSessionCookie, setSessionCookie } from '../http/session-cookie.ts';
import { createWrongKeys } from '../http/wrong-keys.ts';
import { passwordSchema, signInSchema } from './schema.ts';

/** Attempts to sign in that may come at once from one address, and a second: each costs a hash. */
const ATTEMPTS = { mostAtOnce: 30, perSecond: 0.5 } as const;

/** Signing in and out, and the person's own password. */
export function sessionRoutes(deps: DoorDependencies): Router {
  const { core, now, logger } = deps;
  const attempts = createWrongKeys(Date.now, ATTEMPTS);
  const guards = deps.guards();
  const router = Router();
  router
    .route('/console/api/session')
    .get(...guards, async (request, response) => {
      response.json(await presentSession(core, sessionOf(request, response)));
    })
    .delete(...guards, async (request, response) => {
      await core.sessions.end(sessionOf(request, response).secret);
      clearSessionCookie(request, response);
      response.status(204).end();
    })
    .post(...deps.guards({ open: true }), async (request, response) => {
      const fields = checkFields(signInSchema, await readBody(request));
      const admitted = attempts.admit(request.ip, undefined);
      const person = await signIn(core, fields, now()).catch(async (error: unknown) => {
        if (error instanceof LetheError && error.errorName === 'invalid_sign_in') await admitted.failed();
        else admitted.undecided();
        throw error;
      });
      admitted.succeeded();
      // One browser, one session: what it brought along is of no more use.
      await core.sessions.end(readSessionCookie(request) ?? '');
      await auditSignIn(core.audit, 'password', person, now());
      const { secret, session } = await core.sessions.open(person, now());
      logger.info('signed in', { request_id: response.locals.requestId, person: person._id });
      setSessionCookie(request, response, secret);
      response.json(await presentSession(core, { secret, ...session }));
    })
    .all(refuseMethod('GET, HEAD, POST, DELETE'));
  router
    .route('/console/api/session/password')
    .all(...guards)
    .post(async (request, response) => {
      const { person } = sessionOf(request, response);
      const { current, password } = checkFields(passwordSchema, await readBody(request));
      const admitted = attempts.admit(request.ip, undefined);
      const changed = await core.people.changePassword(person._id, current, password);
      if (!changed) {
        await admitted.failed();
        throw new LetheError('invalid_sign_in', 'The current password is not right');
      }
      admitted.succeeded();
      logger.info('password changed', { request_id: response.locals.requestId, person: person._id });
      // All sessions of the person have ended: this browser gets another.
      const { secret, session } = await core.sessions.open(person, now());
      setSessionCookie(request, response, secret);
      response.json(await presentSession(core, { secret, ...session }));
    })
    .all(refuseMethod('POST'));
  return router;
}

interface Here {
  readonly secret: string;
  readonly person: Person;
  readonly expiresAt: Date;
}

/** @throws LetheError `forbidden` for a key: it has no session */
function sessionOf(request: Request, response: Response): Here {
  const { session } = principalOf(response);
  const secret = readSessionCookie(request);
  if (!session || secret === undefined) throw new LetheError('forbidden');
  return { secret, ...session };
}

async function presentSession({ db, config }: Core, { secret, person, expiresAt }: Here): Promise<object> {
  return {
    user: {
      id: person._id,
      email: person.email,
      name: person.name,
      role: person.role,
      scopes: scopesOfPerson(person),
      accounts: await nameAccounts(db, person),
    },
    csrf: csrfTokenOf(secret),
    expires_at: expiresAt.toISOString(),
    ...(config.ENVIRONMENT !== undefined && { environment: config.ENVIRONMENT }),
  };
}

/** The accounts a person may see, by name; `all` are not listed. */
export async function nameAccounts(
  db: mongoose.mongo.Db,
  { covers }: Pick<Person, 'covers'>,
): Promise<'all' | { id: string; name: string }[]> {
  const ids = await coveredIds(db, covers);
  if (ids === 'all') return 'all';
  const accounts = await readAccounts(db, ids);
  return accounts.map(({ _id, name }) => ({ id: _id, name })).sort((a, b) => a.name.localeCompare(b.name));
}
