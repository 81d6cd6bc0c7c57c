import { type RequestHandler, Router } from 'express';
import { LetheError } from '../../src/base/errors.ts';
import { auditKey } from '../../src/ledger/accounts/audited.ts';
import { type ApiKey, scopesOf } from '../../src/ledger/accounts/keys.ts';
import { callerOf, principalOf } from '../http/auth.ts';
import { readBody } from '../http/body.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';
import { checkFields } from '../http/fields.ts';
import { keySchema } from './schema.ts';

/** API keys of the account that is worked on. */
export function keyRoutes(deps: DoorDependencies): Router {
  const { core, guards } = deps;
  const router = Router();
  router
    .route('/console/api/keys')
    .all(...guards())
    .get(async (_request, response) => {
      const keys = await core.keys.list(callerOf(response).account._id);
      response.json({ items: keys.map(presentKey) });
    })
    .post(createHandler(deps))
    .all(refuseMethod('GET, HEAD, POST'));
  router
    .route('/console/api/keys/:key/revoke')
    .all(...guards())
    .post(revokeHandler(deps))
    .all(refuseMethod('POST'));
  return router;
}

function createHandler({ core, now }: DoorDependencies): RequestHandler {
  return async (request, response) => {
    const { label, scopes, expires_at: expires } = checkFields(keySchema, await readBody(request));
    const { account, keyId } = callerOf(response);
    const wanted = scopes ?? scopesOf({});
    // A key that makes keys makes none that may do more than itself.
    const own = principalOf(response).scopes;
    if (!wanted.every((scope) => own.includes(scope))) throw new LetheError('forbidden', 'Not with these scopes');
    const at = now();
    const expiresAt = expires === undefined ? undefined : new Date(expires);
    if (expiresAt !== undefined && expiresAt <= at)
      throw new LetheError('bad_input', 'expires_at must lie in the future');
    const made = await core.keys.create({
      ...{ account: account._id, label, scopes: wanted, now: at },
      ...(expiresAt && { expiresAt }),
    });
    if (!made) throw new LetheError('route_not_found');
    await auditKey(core.audit, 'created', made.key, { actor: keyId, at });
    response.status(201).json({ ...presentKey(made.key), key: made.whole });
  };
}

function revokeHandler({ core, now }: DoorDependencies): RequestHandler {
  return async (request, response) => {
    const { account, keyId } = callerOf(response);
    const id = String(request.params.key);
    const key = (await core.keys.list(account._id)).find((one) => one._id === id);
    if (!key) throw new LetheError('route_not_found', 'There is no such key');
    const at = now();
    const revoked = await core.keys.revoke(key._id, at);
    if (revoked) await auditKey(core.audit, 'revoked', revoked, { actor: keyId, at });
    response.json(presentKey(revoked ?? key));
  };
}

function presentKey(key: ApiKey): object {
  return {
    id: key._id,
    label: key.label,
    scopes: scopesOf(key),
    created_at: key.created_at.toISOString(),
    ...(key.expires_at && { expires_at: key.expires_at.toISOString() }),
    ...(key.last_used_at && { last_used_at: key.last_used_at.toISOString() }),
    revoked: key.revoked_at !== undefined,
    ...(key.revoked_at && { revoked_at: key.revoked_at.toISOString() }),
  };
}
