import { setImmediate as turnOfLoop } from 'node:timers/promises';
import type mongoose from 'mongoose';
import type { Seal } from '../../base/keys/seal.ts';
import { type LateLimit, lateKey } from '../../engine/late.ts';
import { hasComeRound, type Position, type Stop, stopAhead } from '../../engine/scan/circle.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { openAnnounced } from '../requests/announced.ts';
import { type ErasureRequest, type LateRecords, requestsOf } from '../requests/ledger.ts';

/** A request that waits for a pass over its account's records. */
export interface Joiner {
  readonly request: Pick<
    ErasureRequest,
    '_id' | 'account_id' | 'reference' | 'generation' | 'token' | 'created_at' | 'due_at' | 'erased'
  >;
  readonly number: PhoneNumber;
  /** Only such records are searched for. */
  readonly late?: LateLimit;
  /** From where on the pass reads for the request. */
  readonly joined: Stop;
  /** What the request's row says of the scan; kept up by whoever writes there, which is the holder of the pass alone. */
  notes: ErasureRequest['scan'];
}

const READ = {
  account_id: 1,
  reference: 1,
  generation: 1,
  token: 1,
  created_at: 1,
  due_at: 1,
  erased: 1,
  scan: 1,
  sealed: 1,
  selector: 1,
} as const;

/** Numbers unsealed between two turns of the loop of events. */
const OPENED_AT_ONCE = 500;

export interface Joiners {
  readonly all: readonly Joiner[];
  /** Requests whose number cannot be opened with the keys at hand. */
  readonly unreadable: readonly Joiner['request'][];
}

/** What a pass knows when it looks who waits for it. */
export interface PassState {
  /** Lethe's account. */
  readonly account: string;
  readonly position: Position;
  /** How many places there are. */
  readonly places: number;
  /** Records read so far. */
  readonly read: number;
  /** Numbers opened before, by reference; added to. */
  readonly opened: Map<string, PhoneNumber>;
}

/** The requests that wait for a pass over an account's records; those that come new join at the place that begins next. */
export async function loadJoiners(db: mongoose.mongo.Db, seal: Seal, pass: PassState): Promise<Joiners> {
  const { account, opened } = pass;
  const requests = requestsOf(db);
  const rows = await requests
    .find(
      { account_id: account, unfinished: true, state: 'scanning', 'scan.done': { $exists: false } },
      { projection: READ },
    )
    .toArray();
  const joined = stopAhead(pass.position, pass.places);
  const fresh = rows.filter((row) => row.scan?.joined === undefined);
  if (fresh.length > 0) {
    await requests.bulkWrite(
      fresh.map(({ _id, account_id, generation }) => ({
        updateOne: {
          filter: { _id, account_id, unfinished: true, state: 'scanning', generation },
          update: {
            $set: { 'scan.joined': joined, 'scan.from': pass.read },
            // What was there when it was asked again is read from now on, and looked for by index afterwards.
            $unset: { asked_again: '' },
          },
        },
      })),
      { ordered: false },
    );
  }
  const all: Joiner[] = [];
  const unreadable: Joiner['request'][] = [];
  for (const [index, row] of rows.entries()) {
    if (index % OPENED_AT_ONCE === OPENED_AT_ONCE - 1) await turnOfLoop();
    const { sealed, scan, selector, ...request } = row;
    const number = opened.get(row.reference) ?? openNumber(seal, sealed, row.reference);
    if (number === null) unreadable.push(request);
    else {
      opened.set(row.reference, number);
      const late = selector.by === 'number' && selector.late ? limitOf(seal, selector.late, row.reference) : undefined;
      all.push({ request, number, joined: scan?.joined ?? joined, notes: scan, ...(late && { late }) });
    }
  }
  return { all, unreadable };
}

/** Reads anew what the rows say of the scan, after a transaction of which nobody knows whether it was committed. */
export async function refreshNotes(db: mongoose.mongo.Db, joiners: Iterable<Joiner>): Promise<void> {
  for (const joiner of joiners) {
    const { _id, account_id } = joiner.request;
    joiner.notes = (await requestsOf(db).findOne({ _id, account_id }, { projection: { scan: 1 } }))?.scan;
  }
}

/** @throws ErasureFailure `unsealable` */
function limitOf(seal: Seal, { before, undated, records }: LateRecords, reference: string): LateLimit {
  const keys = openAnnounced(seal, records, reference).flatMap(({ name, ids }) => ids.map((id) => lateKey(name, id)));
  return { before, undated, records: new Set(keys) };
}

function openNumber(seal: Seal, sealed: string | undefined, reference: string): PhoneNumber | null {
  try {
    return sealed === undefined ? null : seal.open(sealed, reference);
  } catch {
    return null;
  }
}

/** Sorts the joiners into those for whom the pass has come round, and those who wait on. */
export function sortOut(joiners: readonly Joiner[], position: Position): { done: Joiner[]; waiting: Joiner[] } {
  const done: Joiner[] = [];
  const waiting: Joiner[] = [];
  for (const joiner of joiners) (hasComeRound(joiner.joined, position) ? done : waiting).push(joiner);
  return { done, waiting };
}

type Released = Pick<ErasureRequest, 'account_id' | 'reference' | 'created_at' | 'due_at' | 'generation'>;

/**
 * Tells requests that the pass is done with them, so that a worker goes on with them.
 * @param unsealable their number could not be opened, and so was not searched for
 * @returns them with their next generation, for the queue
 */
export async function releaseJoiners(
  db: mongoose.mongo.Db,
  some: readonly Joiner['request'][],
  { now, graceMs, unsealable = false }: { now: Date; graceMs: number; unsealable?: boolean },
): Promise<Released[]> {
  const failures = [{ name: 'unsealable' as const, where: 'number' }];
  await requestsOf(db).bulkWrite(
    some.map(({ _id, account_id, generation }) => ({
      updateOne: {
        // Optimistic lock: a request that was called for again meanwhile is looked at again.
        filter: { _id, account_id, unfinished: true, state: 'scanning', generation },
        update: {
          $set: {
            'scan.done': now,
            not_before: now,
            look_at: new Date(now.getTime() + graceMs),
            ...(unsealable && { 'scan.failures': failures, 'scan.failed': 1 }),
          },
          $unset: { 'scan.joined': '', 'scan.from': '' },
          $inc: { generation: 1 },
        },
      },
    })),
    { ordered: false },
  );
  return some.map(({ account_id, reference, created_at, due_at, generation }) => ({
    ...{ account_id, reference, created_at, due_at },
    generation: generation + 1,
  }));
}
