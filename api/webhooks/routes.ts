import { Router } from 'express';
import mongoose from 'mongoose';
import { LetheError } from '../../src/base/errors.ts';
import { listOf } from '../../src/base/outgoing/addresses.ts';
import {
  DELIVERY_CALL,
  type DeliveryRow,
  deleteWebhook,
  deliveriesOf,
  redeliver,
} from '../../src/ledger/webhooks/deliveries.ts';
import { faultOfUrl } from '../../src/ledger/webhooks/url.ts';
import { createWebhook, listWebhooks, MOST_WEBHOOKS } from '../../src/ledger/webhooks/webhooks.ts';
import { callWorker } from '../../src/ledger/work/call.ts';
import { type Caller, callerOf } from '../http/auth.ts';
import { readBody } from '../http/body.ts';
import type { DoorDependencies } from '../http/door.ts';
import { refuseMethod } from '../http/errors.ts';
import { checkFields } from '../http/fields.ts';
import { presentDelivery, presentWebhook } from './present.ts';
import { logSchema, newWebhookSchema } from './schema.ts';

/** The routes of webhooks and their log. */
export function webhooksRoutes(deps: DoorDependencies): Router {
  const { core, now } = deps;
  const { db } = core;
  const guards = deps.guards();
  const allowed = listOf(core.config.WEBHOOK_ALLOWED_NETWORKS);
  const record = ({ account, actor }: Caller, reason: string) =>
    core.audit.append({ account: account._id, actor, action: 'settings.change', reason, at: now(), counts: {} });
  const router = Router();
  router
    .route('/webhooks')
    .all(...guards)
    .get(async (_request, response) => {
      const rows = await listWebhooks(db, callerOf(response).account._id);
      response.json({ items: rows.map(presentWebhook) });
    })
    .post(async (request, response) => {
      const { url, events = [], label } = checkFields(newWebhookSchema, await readBody(request));
      const caller = callerOf(response);
      const fault = faultOfUrl(url, allowed);
      if (fault !== undefined) throw new LetheError('bad_input', `url ${fault}`);
      const made = await createWebhook(db, core.seal, { account: caller.account._id, url, label, events, now: now() });
      if (!made) throw new LetheError('bad_input', `An account has ${MOST_WEBHOOKS} webhooks at most`);
      await record(caller, 'webhook_created');
      response.status(201).json({ ...presentWebhook(made.webhook), secret: made.secret });
    })
    .all(refuseMethod('GET, HEAD, POST'));
  router
    .route('/webhooks/deliveries')
    .all(...guards)
    .get(async (request, response) => {
      response.json(await readLog(deps, callerOf(response).account._id, checkFields(logSchema, request.query)));
    })
    .all(refuseMethod('GET, HEAD'));
  router
    .route('/webhooks/deliveries/:delivery/redeliver')
    .all(...guards)
    .post(async (request, response) => {
      const row = await redeliver(db, callerOf(response).account._id, request.params.delivery, now());
      if (!row) throw new LetheError('no_records');
      await callWorker(deps, DELIVERY_CALL, row);
      response.status(202).json(presentDelivery(row));
    })
    .all(refuseMethod('POST'));
  router
    .route('/webhooks/:webhook')
    .all(...guards)
    .delete(async (request, response) => {
      const caller = callerOf(response);
      const isDeleted = await deleteWebhook(db, caller.account._id, request.params.webhook, now());
      if (!isDeleted) throw new LetheError('no_records');
      await record(caller, 'webhook_deleted');
      response.status(204).end();
    })
    .all(refuseMethod('DELETE'));
  return router;
}

interface LogQuery {
  readonly webhook?: string | undefined;
  readonly state?: DeliveryRow['state'] | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

async function readLog({ core }: DoorDependencies, account: string, { webhook, state, limit, cursor }: LogQuery) {
  const rows = await deliveriesOf(core.db)
    .find({
      account_id: account,
      ...(webhook !== undefined && { webhook }),
      ...(state !== undefined && { state }),
      ...(cursor !== undefined && { _id: { $lt: new mongoose.mongo.ObjectId(cursor) } }),
    })
    .sort({ _id: -1 })
    .limit(limit + 1)
    .toArray();
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return { items: page.map(presentDelivery), ...(last && { next: last._id.toHexString() }) };
}
