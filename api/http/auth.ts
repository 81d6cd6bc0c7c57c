import type { RequestHandler } from 'express';
import { LetheError } from '../../src/base/errors.ts';
import type { Account } from '../../src/ledger/accounts/accounts.ts';
import { type Keys, readWholeKey } from '../../src/ledger/accounts/keys.ts';
import type { WrongKeys } from './wrong-keys.ts';

/** The account that calls, and its key. */
export interface Caller {
  readonly keyId: string;
  readonly account: Account;
}

declare global {
  namespace Express {
    interface Locals {
      caller?: Caller;
      requestId?: string;
      /** The id of the key that was sent, live or not. */
      triedKey?: string;
      /** Why the request was refused: a name of a table, never what was sent. */
      refusal?: string;
    }
  }
}

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

/**
 * Lets a request through with a live key, and says whose it is in `response.locals.caller`.
 * @param wrongKeys told of every key, and asked before one is looked for
 */
export function authenticate(
  keys: Keys,
  wrongKeys: WrongKeys,
  { inQuery = false, challenge = 'Bearer' }: AuthenticateOptions = {},
): RequestHandler {
  return async (request, response, next) => {
    const header = request.headers.authorization;
    const given = inQuery && header === undefined ? readQueryKey(request.query) : readAuthorization(header);
    if (given) response.locals.triedKey = given.id;
    const admitted = wrongKeys.admit(request.ip, given?.id);
    const caller =
      given &&
      (await keys.authenticate(given.id, given.secret).catch((error: unknown) => {
        admitted.undecided();
        throw error;
      }));
    if (!caller) {
      await admitted.failed();
      throw new LetheError('unauthorized', undefined, { 'WWW-Authenticate': challenge });
    }
    admitted.succeeded();
    response.locals.caller = caller;
    next();
  };
}

/** The caller of an authenticated request. */
export function callerOf(response: { locals: Express.Locals }): Caller {
  const { caller } = response.locals;
  if (!caller) throw new LetheError('unauthorized');
  return caller;
}
