import mongoose from 'mongoose';
import { isDuplicateKey } from '../../base/db/faults.ts';
import type { PostOutcome } from '../../base/outgoing/post.ts';
import type { Call } from '../work/call.ts';
import { newWork, type WorkRow } from '../work/row.ts';
import { bodyOf, type WebhookEvent } from './events.ts';
import { type WebhookRow, webhooksOf } from './webhooks.ts';

export const DELIVERIES = 'lethe_deliveries';

/** `given_up`: a day has passed. `cancelled`: its webhook was deleted. */
export const DELIVERY_STATES = ['waiting', 'delivered', 'given_up', 'cancelled'] as const;

/** One attempt: when, what came of it, and how long it took in milliseconds. */
export type Attempt = PostOutcome & { readonly at: Date; readonly ms: number };

/** A message to one place, until it is there: the outbox, and the log. */
export interface DeliveryRow extends WorkRow {
  readonly _id: mongoose.mongo.ObjectId;
  readonly account_id: string;
  /** What the receiver knows it by, at each attempt. */
  readonly message: string;
  readonly webhook: string;
  readonly type: WebhookEvent['type'];
  readonly reference?: string;
  /** The message, as it is signed and sent. */
  readonly body: string;
  readonly created_at: Date;
  state: (typeof DELIVERY_STATES)[number];
  /** Present and true until it is there, or given up. */
  unfinished?: true;
  not_before: Date;
  give_up_at: Date;
  tries: number;
  /** The last of them. */
  attempts: readonly Attempt[];
  finished_at?: Date;
}

const DAY_MS = 86_400_000;
/** How long the log is kept. */
const KEPT_MS = 30 * DAY_MS;

export function deliveriesOf(db: mongoose.mongo.Db): mongoose.mongo.Collection<DeliveryRow> {
  return db.collection<DeliveryRow>(DELIVERIES);
}

/** How the queue is told of a delivery. */
export const DELIVERY_CALL: Call<Pick<DeliveryRow, '_id' | 'account_id' | 'generation'>, 'deliver'> = {
  what: 'delivery',
  job: 'deliver',
  keyOf: ({ _id }) => `delivery-${_id.toHexString()}`,
  payloadOf: ({ _id, account_id: account }) => ({ account, delivery: _id.toHexString() }),
  factsOf: ({ _id }) => ({ delivery: _id.toHexString() }),
};

/** The fields of a delivery that is to be tried from now on, for a day. */
function tryFrom(now: Date): Pick<DeliveryRow, 'state' | 'unfinished' | 'not_before' | 'give_up_at'> {
  return { state: 'waiting', unfinished: true, not_before: now, give_up_at: new Date(now.getTime() + DAY_MS) };
}

/**
 * Writes an event into the outbox, for each webhook of its account that wants to hear of it; a worker delivers it. To be
 * repeated until it has succeeded: the same event is there once.
 * @throws what the database throws
 */
export async function emitEvent(db: mongoose.mongo.Db, event: WebhookEvent): Promise<void> {
  const { reference } = event.data;
  // A callback hears of its own request alone.
  const own = typeof reference === 'string' ? [{ 'opendsr.reference': reference }] : [];
  await emitTo(db, event, { $or: [{ opendsr: { $exists: false } }, ...own] });
}

/** As `emitEvent`, for the callbacks of one request alone, as OpenDSR names it. */
export async function emitToCallbacks(db: mongoose.mongo.Db, event: WebhookEvent, id: string): Promise<void> {
  await emitTo(db, event, { 'opendsr.subject_request_id': id });
}

async function emitTo(
  db: mongoose.mongo.Db,
  event: WebhookEvent,
  to: mongoose.mongo.Filter<WebhookRow>,
): Promise<void> {
  const hooks = await webhooksOf(db)
    .find({ ...to, account_id: event.account, events: event.type })
    .toArray();
  if (hooks.length === 0) return;
  const rows = hooks.map((hook) => draft(hook, event));
  await deliveriesOf(db)
    .insertMany(rows, { ordered: false })
    .catch((error: unknown) => {
      if (!isDuplicateKey(error)) throw error;
    });
}

function draft(hook: WebhookRow, event: WebhookEvent): DeliveryRow {
  const { reference } = event.data;
  return {
    _id: new mongoose.mongo.ObjectId(),
    ...{ account_id: event.account, message: event.id, webhook: hook._id, type: event.type, body: bodyOf(event) },
    // The same end may be told by whoever saw it first.
    ...(hook.opendsr && { message: `${hook._id}-${event.type}`, body: callbackOf(hook, hook.opendsr, event) }),
    ...(typeof reference === 'string' && { reference }),
    created_at: event.at,
    ...tryFrom(event.at),
    // Due at once: no job is added beside the write.
    ...newWork(event.at, 0),
    tries: 0,
    attempts: [],
  };
}

/** What a callback is told (OpenDSR 2.0, "Request Status Callback"). */
function callbackOf(
  { url, account_id }: WebhookRow,
  { subject_request_id, due_at }: NonNullable<WebhookRow['opendsr']>,
  { type, data }: WebhookEvent,
): string {
  const counts = Object.values((data.erased ?? {}) as Record<string, number>);
  return JSON.stringify({
    controller_id: account_id,
    expected_completion_time: due_at.toISOString(),
    status_callback_url: url,
    subject_request_id,
    request_status: type === 'erasure.cancelled' ? 'cancelled' : 'completed',
    results_count: counts.reduce((sum, count) => sum + count, 0),
  });
}

/** Is a delivery to be tried now? */
export async function isAnyDeliveryDue(db: mongoose.mongo.Db, now: Date): Promise<boolean> {
  const due = { unfinished: true as const, look_at: { $lte: now }, not_before: { $lte: now } };
  return (await deliveriesOf(db).findOne(due, { projection: { _id: 1 } })) !== null;
}

/** Takes old entries out of the log. */
export async function dropOldDeliveries(db: mongoose.mongo.Db, now: Date): Promise<void> {
  await deliveriesOf(db).deleteMany({ finished_at: { $lt: new Date(now.getTime() - KEPT_MS) } });
}

/**
 * Deletes a webhook. What was still to be told to it is not.
 * @returns false: the account has none of this id
 */
export async function deleteWebhook(db: mongoose.mongo.Db, account: string, id: string, now: Date): Promise<boolean> {
  const deleted = await webhooksOf(db).deleteOne({ _id: id, account_id: account });
  await deliveriesOf(db).updateMany(
    { account_id: account, webhook: id, unfinished: true },
    { $set: { state: 'cancelled', finished_at: now }, $unset: { unfinished: '', lease: '' } },
  );
  return deleted.deletedCount === 1;
}

/**
 * Has a message sent again, under the same id, for another day.
 * @returns null: the account has no such delivery, or its webhook is gone
 */
export async function redeliver(
  db: mongoose.mongo.Db,
  account: string,
  id: string,
  now: Date,
): Promise<DeliveryRow | null> {
  if (!/^[0-9a-f]{24}$/.test(id)) return null;
  const own = { _id: new mongoose.mongo.ObjectId(id), account_id: account };
  const row = await deliveriesOf(db).findOne(own);
  if (!row || !(await webhooksOf(db).findOne({ _id: row.webhook, account_id: account }))) return null;
  return deliveriesOf(db).findOneAndUpdate(
    own,
    {
      $set: { ...tryFrom(now), look_at: now },
      // Under the next generation no job is found in the queue, and one is added.
      $inc: { generation: 1 },
      $unset: { finished_at: '', lease: '' },
    },
    { returnDocument: 'after' },
  );
}
