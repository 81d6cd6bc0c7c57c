import type mongoose from 'mongoose';
import type { KeyIdState } from '../base/keys/in-use.ts';
import type { Producer } from '../base/queue/producer.ts';
import { requestsOf } from '../ledger/requests/ledger.ts';
import { scansOf } from '../ledger/scan/ledger.ts';
import { shareReading } from '../lib/share.ts';
import { readVersion } from '../lib/version.ts';
import { readDeadlines } from './deadlines.ts';
import type { Check } from './readiness.ts';
import { judgeStatus, type Status } from './status.ts';
import { readWorkers } from './workers.ts';

type Db = mongoose.mongo.Db;

/** How the pass over one account's records stands. */
interface ScanState {
  readonly account: string;
  /** Of the turn under way, of as many records as the last whole turn read; null before there was one. */
  readonly turn_percent: number | null;
  /** Requests that wait for it. */
  readonly joiners: number;
  /** True: the records of this account are not read. */
  readonly off: boolean;
}

/** What has come in and what was done lately, over all accounts. */
interface Throughput {
  readonly minutes: number;
  readonly accepted: number;
  readonly completed: number;
}

/** The whole installation, for those who run it. */
export interface System {
  readonly status: Status;
  /** Null where the ledger cannot be read. */
  readonly throughput: Throughput | null;
  readonly scans: readonly ScanState[];
  readonly keys: readonly KeyIdState[];
}

export interface SystemSources {
  readonly db: Db;
  readonly producer: Pick<Producer, 'counts' | 'ages'>;
  readonly readiness: () => Promise<Check[]>;
  readonly keyIds: () => Promise<KeyIdState[]>;
  readonly dueSoonMs: number;
}

/** Several people look at once, every few seconds. */
const FRESH_MS = 2_000;
/** How far back throughput looks: long enough for a steady figure, short enough to be cheap at any load. */
const THROUGHPUT_MINUTES = 10;
/** Scans that are told. */
const MOST_SCANS = 200;

/** @returns the reader of an installation's state: what cannot be read is left out, and the rest told all the same */
export function createSystemReader(sources: SystemSources): (now: Date) => Promise<System> {
  const { db, producer, readiness, keyIds, dueSoonMs } = sources;
  const orNull = <Value>(reading: Promise<Value>) => reading.catch(() => null);
  return shareReading(async (now) => {
    const [checks, deadlines, workers, queues, ages, throughput, scans, keys] = await Promise.all([
      readiness(),
      orNull(readDeadlines(db, now, dueSoonMs)),
      orNull(readWorkers(db, now)),
      orNull(producer.counts()),
      orNull(producer.ages(now)),
      orNull(readThroughput(db, now)),
      orNull(readScans(db)),
      orNull(keyIds()),
    ]);
    const seen = { version: readVersion(), checks, deadlines, workers, queues, ages };
    const status = judgeStatus({ ...seen, areWorkersOptional: false });
    return { status, throughput, scans: scans ?? [], keys: keys ?? [] };
  }, FRESH_MS);
}

/** By two indexes, each over the last minutes alone. */
async function readThroughput(db: Db, now: Date): Promise<Throughput> {
  const since = { $gte: new Date(now.getTime() - THROUGHPUT_MINUTES * 60_000) };
  const [accepted, completed] = await Promise.all([
    requestsOf(db).countDocuments({ created_at: since }),
    requestsOf(db).countDocuments({ completed_at: since }),
  ]);
  return { minutes: THROUGHPUT_MINUTES, accepted, completed };
}

async function readScans(db: Db): Promise<ScanState[]> {
  const [rows, waiting, off] = await Promise.all([
    scansOf(db)
      .find({ unfinished: true }, { projection: { account_id: 1, turn_read: 1, size: 1 } })
      .limit(MOST_SCANS)
      .toArray(),
    requestsOf(db)
      .aggregate<{ _id: string; count: unknown }>([
        { $match: { unfinished: true, due_at: { $gt: new Date(0) }, state: 'scanning' } },
        { $group: { _id: '$account_id', count: { $sum: 1 } } },
      ])
      .toArray(),
    db
      .collection<{ _id: string }>('lethe_accounts')
      .find({ scan: 'off' }, { projection: { _id: 1 } })
      .limit(MOST_SCANS)
      .toArray(),
  ]);
  const joiners = new Map(waiting.map(({ _id, count }) => [_id, Number(count)]));
  return [
    ...rows.map(({ account_id, turn_read, size }) => ({
      account: account_id,
      turn_percent: size ? Math.min(100, Math.round((100 * turn_read) / size)) : null,
      joiners: joiners.get(account_id) ?? 0,
      off: false,
    })),
    ...off.map(({ _id }) => ({ account: _id, turn_percent: null, joiners: 0, off: true })),
  ];
}
