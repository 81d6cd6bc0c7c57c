import { type Request, type RequestHandler, type Response, Router } from 'express';
import { LetheError } from '../../src/base/errors.ts';
import type { Seal } from '../../src/base/keys/seal.ts';
import { IdentityFault, type IdentityProvider, type PendingSignIn } from '../../src/base/oidc/identity-provider.ts';
import { auditSignIn } from '../../src/ledger/people/audited.ts';
import { admitNamed } from '../../src/ledger/people/sign-in.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';
import { checkFields } from '../http/fields.ts';
import { clearPendingCookie, readPendingCookie, setPendingCookie, setSessionCookie } from '../http/session-cookie.ts';
import { createWrongKeys, type WrongKeys } from '../http/wrong-keys.ts';
import { oidcStartSchema } from './schema.ts';

const PATH = '/console/api/oidc';
const CALLBACK = `${PATH}/callback`;
const HOME = '/console/';
/** How long somebody may take to sign in at the provider. */
const PENDING_MS = 10 * 60_000;
/** A text that was sealed for another use does not open. */
const CONTEXT = 'oidc sign-in';
/** Sign-ins that may begin or fail at once from one address, and a second. */
const ATTEMPTS = { mostAtOnce: 30, perSecond: 0.5 } as const;

/** What is kept by the browser between both redirects. */
interface Pending extends PendingSignIn {
  /** The page of the console that was asked for. */
  readonly to: string;
  /** UNIX milliseconds. */
  readonly until: number;
}

/** Signing in at a provider of OpenID Connect: there and back by redirects, then a session like any other. */
export function oidcRoutes(deps: DoorDependencies): Router {
  const { identityProvider } = deps.core;
  const guards = deps.guards({ open: true });
  const attempts = createWrongKeys(Date.now, ATTEMPTS);
  const router = Router();
  router
    .route(PATH)
    .all(...guards)
    .get((_request, response) => {
      const name = identityProvider?.name;
      response.json({ enabled: identityProvider !== null, ...(name !== undefined && { name }) });
    })
    .all(refuseMethod('GET, HEAD'));
  router
    .route(`${PATH}/start`)
    .all(...guards)
    .get(startHandler(deps, attempts))
    .all(refuseMethod('GET, HEAD'));
  router
    .route(CALLBACK)
    .all(...guards)
    .get(callbackHandler(deps, attempts))
    .all(refuseMethod('GET, HEAD'));
  return router;
}

/** @throws LetheError `route_not_found` where no provider is set up */
function providerOf({ core }: DoorDependencies): IdentityProvider {
  if (!core.identityProvider) throw new LetheError('route_not_found');
  return core.identityProvider;
}

function startHandler(deps: DoorDependencies, attempts: WrongKeys): RequestHandler {
  const { core, now } = deps;
  return async (request, response) => {
    const provider = providerOf(deps);
    const { to = HOME } = checkFields(oidcStartSchema, request.query);
    const admitted = attempts.admit(request.ip, undefined);
    try {
      const { address, pending } = await provider.begin(hereAs(request, CALLBACK));
      const kept: Pending = { ...pending, to, until: now().getTime() + PENDING_MS };
      setPendingCookie(request, response, core.seal.closeText(JSON.stringify(kept), CONTEXT), PENDING_MS);
      admitted.succeeded();
      response.redirect(302, address.href);
    } catch (error) {
      admitted.undecided();
      sendBack(deps, response, error);
    }
  };
}

function callbackHandler(deps: DoorDependencies, attempts: WrongKeys): RequestHandler {
  const { core, now, logger } = deps;
  return async (request, response) => {
    const provider = providerOf(deps);
    const admitted = attempts.admit(request.ip, undefined);
    const sealed = readPendingCookie(request);
    // Good for one try: a second one begins anew.
    clearPendingCookie(request, response);
    try {
      const { to, ...pending } = readPending(core.seal, sealed, now());
      const person = await admitNamed(core.db, await provider.finish(hereAs(request), pending), now());
      await auditSignIn(core.audit, 'openid_connect', person, now());
      const { secret } = await core.sessions.open(person, now());
      admitted.succeeded();
      logger.info('signed in', { request_id: response.locals.requestId, person: person._id, by: 'openid_connect' });
      setSessionCookie(request, response, secret);
      // The cookie is SameSite=Strict: not sent with this redirect, which began elsewhere. The page needs none, and what
      // it asks for afterwards begins here.
      response.redirect(302, to);
    } catch (error) {
      if (error instanceof LetheError || error instanceof IdentityFault) await admitted.failed();
      else admitted.undecided();
      sendBack(deps, response, error);
    }
  };
}

/** The address of this installation as the browser knows it. @param path the request's own, with its query, unless given */
function hereAs(request: Request, path = request.originalUrl): URL {
  return new URL(path, `${request.protocol}://${request.host}`);
}

/** @throws IdentityFault for one that is missing, too old, or of another browser */
function readPending(seal: Seal, sealed: string | undefined, now: Date): Pending {
  if (sealed === undefined) throw new IdentityFault('not_begun_here');
  try {
    const pending = JSON.parse(seal.openText(sealed, CONTEXT)) as Pending;
    if (pending.until > now.getTime()) return pending;
  } catch {
    // Changed, or sealed under a key that is gone.
  }
  throw new IdentityFault('begun_too_long_ago');
}

/** A person sits before it: they are told in the console, in words that say nothing of the fault. */
function sendBack({ logger }: DoorDependencies, response: Response, error: unknown): void {
  const isRefused = error instanceof LetheError && error.errorName === 'invalid_sign_in';
  if (!isRefused && !(error instanceof IdentityFault)) throw error;
  const fault = isRefused ? 'nobody_here' : (error as IdentityFault).fault;
  logger.warn('not signed in', { request_id: response.locals.requestId, by: 'openid_connect', fault });
  response.redirect(302, `${HOME}?sign-in=${isRefused ? 'refused' : 'failed'}`);
}
