import { randomBytes } from 'node:crypto';
import type mongoose from 'mongoose';
import type { SealedPlace } from '../../base/keys/rewrap.ts';
import type { Seal } from '../../base/keys/seal.ts';
import { randomText } from '../../lib/random-text.ts';
import { EVENT_TYPES, type EventType } from './events.ts';

export const WEBHOOKS = 'lethe_webhooks';

/** A place of a platform's that is told what happens on its account. */
export interface WebhookRow {
  /** `wh_` and 15 letters or digits. */
  readonly _id: string;
  readonly account_id: string;
  readonly url: string;
  readonly label: string;
  readonly events: readonly EventType[];
  /** Sealed; absent for what is signed otherwise. */
  readonly secret?: string;
  /** A callback of one request, as OpenDSR has them: it is told once, and gone then. */
  readonly opendsr?: { readonly subject_request_id: string; readonly due_at: Date; readonly reference?: string };
  readonly created_at: Date;
}

/** Webhooks of one account. */
export const MOST_WEBHOOKS = 20;
/** The specification asks for 24 to 64 bytes. */
const SECRET_BYTES = 32;
const SECRET_PREFIX = 'whsec_';

export function webhooksOf(db: mongoose.mongo.Db): mongoose.mongo.Collection<WebhookRow> {
  return db.collection<WebhookRow>(WEBHOOKS);
}

export interface NewWebhook {
  readonly account: string;
  readonly url: string;
  readonly label: string;
  /** None: all. */
  readonly events: readonly EventType[];
  readonly now: Date;
}

/**
 * @returns the webhook, and its secret this once: only sealed is it kept; null: the account has as many as it may have
 */
export async function createWebhook(
  db: mongoose.mongo.Db,
  seal: Seal,
  { account, url, label, events, now }: NewWebhook,
): Promise<{ webhook: WebhookRow; secret: string } | null> {
  if ((await webhooksOf(db).countDocuments({ account_id: account, opendsr: { $exists: false } })) >= MOST_WEBHOOKS)
    return null;
  const _id = `wh_${randomText(15)}`;
  const secret = SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64');
  const webhook: WebhookRow = {
    ...{ _id, account_id: account, url, label, created_at: now },
    events: events.length === 0 ? EVENT_TYPES : events,
    secret: seal.closeText(secret, contextOf(_id)),
  };
  await webhooksOf(db).insertOne(webhook);
  return { webhook, secret };
}

/** An account's webhooks, oldest first. */
export function listWebhooks(db: mongoose.mongo.Db, account: string): Promise<WebhookRow[]> {
  return webhooksOf(db)
    .find({ account_id: account, opendsr: { $exists: false } })
    .sort({ created_at: 1 })
    .toArray();
}

/** The bytes that messages are signed with. @throws ErasureFailure `unsealable` */
export function secretOf(seal: Seal, webhook: WebhookRow): Buffer {
  return Buffer.from(seal.openText(webhook.secret ?? '', contextOf(webhook._id)).slice(SECRET_PREFIX.length), 'base64');
}

const contextOf = (id: string) => `webhook:${id}`;

/** Secrets of webhooks, as a place where sealed texts stand. */
export const SEALED_WEBHOOKS: SealedPlace<WebhookRow> = {
  collection: WEBHOOKS,
  filter: {},
  sealedIn: ({ _id, secret }) =>
    secret === undefined ? [] : [{ path: 'secret', text: secret, context: contextOf(_id) }],
};
