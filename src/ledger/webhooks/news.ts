import type mongoose from 'mongoose';
import { coalesce } from '../../lib/coalesce.ts';
import { randomText } from '../../lib/random-text.ts';
import { type ErasureRequest, type NewsItem, requestsOf } from '../requests/ledger.ts';
import type { LedgerUpdate, LedgerWrites } from '../requests/ledger-writes.ts';
import { emitEvent } from './deliveries.ts';
import type { EventType, WebhookEvent } from './events.ts';
import { webhooksOf } from './webhooks.ts';

/** Makes the part of an update that notes what happened to a request, in the same write that makes it happen. */
export type NoteNews = (
  account: string,
  item: Omit<NewsItem, 'id'>,
) => Promise<{ readonly $push?: { readonly news: NewsItem } }>;

const JOINED_AT_MOST = 500;
/** Requests whose news are published in one round. */
const AT_ONCE = 500;

/** Notes nothing on accounts without a webhook. Those who ask side by side share a look. */
export function createNews(db: mongoose.mongo.Db): NoteNews {
  const isHeard = coalesce<string, boolean>(async (_lane, accounts) => {
    const heard = new Set(await webhooksOf(db).distinct('account_id', { account_id: { $in: [...new Set(accounts)] } }));
    return accounts.map((account) => heard.has(account));
  }, JOINED_AT_MOST);
  return async (account, item) =>
    (await isHeard('webhooks', account)) ? { $push: { news: { id: `msg_${randomText(24)}`, ...item } } } : {};
}

/** The ledger's writes, which note news of requests that are completed, or begin to fail. */
export function withNews(ledger: LedgerWrites, note: NoteNews): LedgerWrites {
  const add = async (account: string, update: LedgerUpdate, type: EventType, at: Date): Promise<LedgerUpdate> => {
    const { $push } = await note(account, { type, at });
    return $push ? ({ ...update, $push: { ...update.$push, ...$push } } as LedgerUpdate) : update;
  };
  return {
    ...ledger,
    async end(guard, update, ending) {
      const { completed_at: at } = fieldsOf(update);
      const noted = at ? await add(guard.account_id, update, 'erasure.completed', at) : update;
      return ledger.end(guard, noted, ending);
    },
    async release(guard, update) {
      const { failure, failing_since: since } = fieldsOf(update);
      // Further attempts that fail are no news.
      const begins = failure !== undefined && since?.getTime() === failure.at.getTime();
      const noted = begins ? await add(guard.account_id, update, 'erasure.failed', failure.at) : update;
      return ledger.release(guard, noted);
    },
  };
}

const fieldsOf = (update: LedgerUpdate) => (update.$set ?? {}) as Partial<ErasureRequest>;

/**
 * Puts news of requests into the outbox of webhooks. Any number of processes may do it side by side: the same news are there
 * once.
 * @throws what the database throws
 */
export async function publishNews(db: mongoose.mongo.Db): Promise<void> {
  const requests = requestsOf(db);
  const rows = await requests
    .find({ news: { $exists: true }, 'news.at': { $gt: new Date(0) } }, { projection: { sealed: 0, token: 0 } })
    .limit(AT_ONCE)
    .toArray();
  for (const row of rows) {
    for (const item of row.news ?? []) await emitEvent(db, eventOf(row, item));
    // What has come since is published in the next round.
    const { _id, account_id, news } = row;
    if (news) await requests.updateOne({ _id, account_id, news }, { $unset: { news: '' } });
  }
}

function eventOf(row: ErasureRequest, { id, type, at, hours }: NewsItem): WebhookEvent {
  const { reference, account_id: account, profile, created_at, due_at, completed_at, erased, failure } = row;
  const failed = failure && { failure: { name: failure.name, ...(failure.where && { where: failure.where }) } };
  return {
    ...{ id, account, type, at },
    data: {
      ...{ reference, account, profile, accepted_at: created_at.toISOString(), due_at: due_at.toISOString() },
      ...(type === 'erasure.completed' && { completed_at: completed_at?.toISOString(), erased }),
      ...(type !== 'erasure.completed' && failed),
      ...(hours !== undefined && { hours }),
    },
  };
}
