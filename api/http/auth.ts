import type { Request, RequestHandler } from 'express';
import type mongoose from 'mongoose';
import { LetheError } from '../../src/base/errors.ts';
import { readSubAccountIds } from '../../src/ledger/accounts/account-rows.ts';
import type { Account } from '../../src/ledger/accounts/accounts.ts';
import { type Keys, readWholeKey } from '../../src/ledger/accounts/keys.ts';
import type { Scope } from '../../src/ledger/accounts/scopes.ts';
import { coveredIds, findCovered, scopesOfPerson } from '../../src/ledger/people/coverage.ts';
import type { Person } from '../../src/ledger/people/rows.ts';
import { isCsrfToken, type Sessions } from '../../src/ledger/people/sessions.ts';
import { readSessionCookie } from './session-cookie.ts';
import type { WrongKeys } from './wrong-keys.ts';

/** The account that is worked on, and who works on it. */
export interface Caller {
  /** The id of the key, or the address of the person: what the audit calls "who". */
  readonly keyId: string;
  readonly account: Account;
}

/** Who calls: a key of one account, or a person with a session. */
export interface Principal {
  /** As `keyId` of the caller. */
  readonly actor: string;
  readonly scopes: readonly Scope[];
  /** With a session: the person, and when it ends. */
  readonly session?: { readonly person: Person; readonly expiresAt: Date };
  /**
   * The accounts that a list covers: the one that was named by `Lethe-Account`, else all that the person may see; of a key its
   * own account and its sub-accounts.
   */
  reach(): Promise<'all' | readonly string[]>;
}

declare global {
  namespace Express {
    interface Locals {
      principal?: Principal;
      caller?: Caller;
      requestId?: string;
      /** The id of the key that was sent, live or not. */
      triedKey?: string;
      /** Why the request was refused: a name of a table, never what was sent. */
      refusal?: string;
    }
  }
}

/** The header that names the account a person works on. */
const ACCOUNT_HEADER = 'lethe-account';
const CSRF_HEADER = 'x-csrf-token';
/** `true`: a page asks by itself, and nobody may sit before it. The session does not live longer for it. */
const BACKGROUND_HEADER = 'lethe-background';

/** The key of an Authorization header: `Bearer ID.SECRET`, Basic, or bare `ID.SECRET` as the source document's PHP sends it. */
function readAuthorization(header: string | undefined): { id: string; secret: string } | null {
  if (header === undefined) return null;
  const text = header.trim();
  const [, scheme, rest] = /^(\S+)\s+(\S+)$/.exec(text) ?? [];
  if (scheme === undefined || rest === undefined) return readWholeKey(text);
  if (/^bearer$/i.test(scheme)) return readWholeKey(rest);
  if (!/^basic$/i.test(scheme)) return null;
  const pair = Buffer.from(rest, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? null : readWholeKey(`${pair.slice(0, colon)}.${pair.slice(colon + 1)}`);
}

/** A key in the query, as older clients send it: `?api_key=ID&api_secret=SECRET`. */
function readQueryKey(query: unknown): { id: string; secret: string } | null {
  const { api_key: id, api_secret: secret } = query as Record<string, unknown>;
  return typeof id === 'string' && typeof secret === 'string' ? readWholeKey(`${id}.${secret}`) : null;
}

export interface AuthenticateOptions {
  /** A key may stand in the query when there is no Authorization header. */
  readonly inQuery?: boolean;
  /** `WWW-Authenticate` for a caller without a key: the scheme that the contract's document names. */
  readonly challenge?: string;
}

export interface AuthenticateDependencies {
  readonly db: mongoose.mongo.Db;
  readonly keys: Pick<Keys, 'authenticate'>;
  readonly sessions: Pick<Sessions, 'find'>;
}

/**
 * Lets a request through with a live key, or with the cookie of a session; a key counts when both are there. Says who it is
 * in `response.locals`.
 * @param wrongKeys told of every key, and asked before one is looked for
 */
export function authenticate(
  deps: AuthenticateDependencies,
  wrongKeys: WrongKeys,
  { inQuery = false, challenge = 'Bearer' }: AuthenticateOptions = {},
): RequestHandler {
  return async (request, response, next) => {
    const header = request.headers.authorization;
    const given = inQuery && header === undefined ? readQueryKey(request.query) : readAuthorization(header);
    const secret = given || header !== undefined ? undefined : readSessionCookie(request);
    if (given) response.locals.triedKey = given.id;
    const admitted = wrongKeys.admit(request.ip, given?.id ?? secret);
    const look = async () => {
      if (given) return admitKey(deps, request, given);
      return secret === undefined ? null : admitPerson(deps, request, secret);
    };
    const known = await look().catch((error: unknown) => {
      admitted.undecided();
      throw error;
    });
    if (!known) {
      await admitted.failed();
      throw new LetheError('unauthorized', undefined, { 'WWW-Authenticate': challenge });
    }
    admitted.succeeded();
    response.locals.principal = known.principal;
    if (known.account) response.locals.caller = { keyId: known.principal.actor, account: known.account };
    // Only now: the log names who it was.
    if (secret !== undefined) refuseForeignWrite(request, secret);
    next();
  };
}

interface Known {
  readonly principal: Principal;
  readonly account: Account | null;
}

async function admitKey(
  { db, keys }: AuthenticateDependencies,
  request: Request,
  { id, secret }: { id: string; secret: string },
): Promise<Known | null> {
  const found = await keys.authenticate(id, secret);
  if (!found) return null;
  const { keyId, account, scopes } = found;
  const named = request.get(ACCOUNT_HEADER);
  // Ignored, it would have another account worked on than the caller means.
  if (named !== undefined && named !== account._id)
    throw new LetheError('bad_input', 'Lethe-Account is for people: a key has the account it was made for');
  const reach = async () => [account._id, ...(await readSubAccountIds(db, account._id))];
  return { principal: { actor: keyId, scopes, reach }, account };
}

/**
 * @throws LetheError `route_not_found` for an account that is none, and for one that is not the person's; `forbidden` for one
 * that is disabled
 */
async function admitPerson(
  { db, sessions }: AuthenticateDependencies,
  request: Request,
  secret: string,
): Promise<Known | null> {
  const isActive = request.get(BACKGROUND_HEADER) !== 'true';
  const session = await sessions.find(secret, new Date(), isActive);
  if (!session) return null;
  const { person } = session;
  const header = request.get(ACCOUNT_HEADER);
  const named = header ?? (person.covers.kind === 'account' ? person.covers.id : undefined);
  const found = named === undefined ? null : await findCovered(db, person.covers, named);
  if (named !== undefined && !found) throw new LetheError('route_not_found', 'There is no such account');
  const isDisabled = found?.disabled_at !== undefined;
  if (isDisabled && header !== undefined) throw new LetheError('forbidden', 'This account is disabled');
  // Whose only account is disabled may sign in and out, and no more.
  const account = isDisabled ? null : found;
  const reach = async () => (account ? [account._id] : isDisabled ? [] : coveredIds(db, person.covers));
  return { principal: { actor: person.email, scopes: scopesOfPerson(person), session, reach }, account };
}

/**
 * A page elsewhere may have the browser send the cookie along, but cannot read the token.
 * @throws LetheError `csrf`
 */
function refuseForeignWrite(request: Request, secret: string): void {
  if (['GET', 'HEAD'].includes(request.method)) return;
  if (!isCsrfToken(secret, request.get(CSRF_HEADER))) throw new LetheError('csrf');
}

/** Who calls an authenticated route. */
export function principalOf(response: { locals: Express.Locals }): Principal {
  const { principal } = response.locals;
  if (!principal) throw new LetheError('unauthorized');
  return principal;
}

/**
 * The caller of an authenticated route that works on one account.
 * @throws LetheError `bad_input` when a person of several accounts named none
 */
export function callerOf(response: { locals: Express.Locals }): Caller {
  const { caller, principal } = response.locals;
  if (caller) return caller;
  if (principal) throw new LetheError('bad_input', 'The header Lethe-Account is needed: the id of the account');
  throw new LetheError('unauthorized');
}

/** Whose calls are counted together: an account's, or those of a person who named none. */
export function countedAs({ locals }: { locals: Express.Locals }): string {
  return locals.caller?.account._id ?? principalOf({ locals }).session?.person._id ?? '';
}
