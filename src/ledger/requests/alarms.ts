import type mongoose from 'mongoose';
import type { Logger } from '../../base/log.ts';
import type { Times } from '../../base/times.ts';
import type { NoteNews } from '../webhooks/news.ts';
import { type ErasureRequest, type NewsItem, requestsOf } from './ledger.ts';

export interface AlarmDependencies {
  readonly db: mongoose.mongo.Db;
  readonly logger: Pick<Logger, 'error' | 'warn'>;
  readonly times: Pick<Times, 'alarmsMs'>;
  readonly now: () => Date;
  /** Notes what webhooks are to be told. */
  readonly note: NoteNews;
}

type Alarmed = Pick<ErasureRequest, '_id' | 'account_id' | 'reference' | 'due_at' | 'state' | 'failure'>;
type Filter = mongoose.mongo.Filter<ErasureRequest>;

/** Requests reported in one round. */
const AT_ONCE = 500;
const HOUR_MS = 3_600_000;
const READ = { reference: 1, account_id: 1, due_at: 1, state: 1, failure: 1 } as const;

/** Reports every request past its deadline once, whatever it is waiting for. */
export async function reportOverdue(deps: AlarmDependencies): Promise<void> {
  const filter = { unfinished: true as const, overdue: { $exists: false }, due_at: { $lt: deps.now() } };
  await report(deps, filter, { overdue: true }, { type: 'erasure.overdue' }, ({ reference, due_at }) =>
    deps.logger.error('request is overdue', { reference, due_at }),
  );
}

/**
 * Raises the alarms before the deadline: each request once an alarm, and once only where several have come at once. What
 * was raised stands in the ledger, so that any number of processes raise it once.
 */
export async function reportDueSoon(deps: AlarmDependencies): Promise<void> {
  const now = deps.now();
  // The nearest first: whoever has had it is told of none before it.
  for (const alarmMs of [...deps.times.alarmsMs].sort((one, other) => one - other)) {
    const hours = alarmMs / HOUR_MS;
    const filter: Filter = {
      unfinished: true,
      overdue: { $exists: false },
      due_at: { $gte: now, $lt: new Date(now.getTime() + alarmMs) },
      $or: [{ alarmed: { $exists: false } }, { alarmed: { $gt: hours } }],
    };
    await report(
      deps,
      filter,
      { alarmed: hours },
      { type: 'erasure.due_soon', hours },
      ({ reference, account_id, due_at, state, failure }) =>
        deps.logger.warn('request is due soon', {
          ...{ reference, account: account_id, due_at, hours, state },
          ...(failure && { failure: failure.name, where: failure.where }),
        }),
    );
  }
}

/** Marks requests one by one, and tells of those that this process has marked. */
async function report(
  { db, note, now }: AlarmDependencies,
  filter: Filter,
  mark: Partial<Pick<ErasureRequest, 'overdue' | 'alarmed'>>,
  news: Pick<NewsItem, 'type' | 'hours'>,
  tell: (request: Alarmed) => void,
): Promise<void> {
  const requests = requestsOf(db);
  const found = await requests.find<Alarmed>(filter, { projection: READ }).limit(AT_ONCE).toArray();
  for (const request of found) {
    const { _id, account_id } = request;
    const noted = await note(account_id, { ...news, at: now() });
    const update = { $set: mark, ...noted } as mongoose.mongo.UpdateFilter<ErasureRequest>;
    const marked = await requests.updateOne({ ...filter, _id, account_id }, update);
    if (marked.modifiedCount === 1) tell(request);
  }
}
