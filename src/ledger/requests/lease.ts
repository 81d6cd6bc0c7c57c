import type { Seal } from '../../base/keys/seal.ts';
import type { Refused } from '../../engine/by-halves.ts';
import type { Announced, Left } from '../../engine/sweep.ts';
import { recordKey } from '../../lib/record-key.ts';
import { pushKeys, type SealedKeys, type StoredKeys } from '../references/keys.ts';
import { assertHeld, guardOf, type Hold, LeaseLost, type LeaseOptions, newHold } from '../work/lease.ts';
import { openAnnounced, openRefused, storeAnnounced, storeRefused } from './announced.ts';
import { type ErasureRequest, MOST_ATTEMPTS, type RequestFailure, type RequestState } from './ledger.ts';
import type { LedgerUpdate, LedgerWrites, RequestEnding } from './ledger-writes.ts';

/** What claiming a request can come to. */
export type Claim =
  | { readonly outcome: 'claimed'; readonly request: ErasureRequest; readonly lease: Lease }
  | { readonly outcome: 'finished' }
  /** It waits for a scan, which calls for it again. */
  | { readonly outcome: 'parked' }
  /** Not now: leased by another worker, or told to wait, until this moment. */
  | { readonly outcome: 'later'; readonly at: Date };

/** The right to work on one request. Every write is guarded by it: after a takeover they match nothing. */
export interface Lease {
  /** Keys of the person's records, as far as they are written down, by the entry of the records that name them. */
  references(): StoredKeys;
  /** Drops the keys: nothing is left that was known by them. @throws LeaseLost */
  dropReferences(): Promise<void>;
  /** What a worker before this one has left. @throws ErasureFailure `unsealable` */
  left(): Left;
  /**
   * Writes down what is about to be changed, before it is changed, and counts what the last write announced: that has
   * been changed since. A killed worker's successor finds the announcement, repeats the change and counts it once.
   * @throws LeaseLost
   */
  announce(
    batch: readonly Announced[],
    done: readonly Announced[],
    state: RequestState,
    /** Of the batch's records: written down with them, since they may be gone or unfindable afterwards. */
    keys?: SealedKeys,
    /** All records known to refuse their change. */
    refused?: readonly Refused[],
  ): Promise<void>;
  /**
   * Renews during long searches. Otherwise the lease expires between two of them and the request passes from worker to
   * worker. @throws LeaseLost
   */
  renew(): Promise<void>;
  /** All records changed so far: what the ledger has counted, and the batch it has not counted yet. */
  erasedWith(done: readonly Announced[]): Record<string, number>;
  /**
   * The end: counts, drops the sealed number, frees the number for a new request.
   * @param ending written in the same transaction, so that a late worker cannot settle a newer request
   * @param options.isUnscanned the account's records are not read: that stays with the request
   * @param options.notScanned mapped collections that are not read: they stay with it, too
   * @returns null: it is completed; else the request as it stands: the same was asked again meanwhile, and what has
   * come since may be why, so look again
   * @throws LeaseLost
   */
  complete(
    done: readonly Announced[],
    ending: RequestEnding | null,
    options?: { readonly isUnscanned: boolean; readonly notScanned?: readonly string[] },
  ): Promise<ErasureRequest | null>;
  /** Leaves the request to the next scan, which lets it go when it has come round. @throws LeaseLost */
  park(done: readonly Announced[], refused?: readonly Refused[], standing?: RequestFailure | null): Promise<void>;
  /** Gives the request back: to be taken up again at `at`. @throws LeaseLost */
  release(next: Released): Promise<void>;
}

/** How a request is given back. */
interface Released {
  readonly state: RequestState;
  readonly at: Date;
  readonly done?: readonly Announced[];
  /** Those that refused their change so far; without any, the next attempt tries all of them again. */
  readonly refused?: readonly Refused[];
  /** The attempt failed for this. */
  readonly failure?: RequestFailure;
  /** What is known to stand in the way, in an attempt that goes on; null: nothing any more. */
  readonly standing?: RequestFailure | null;
  readonly wait?: ErasureRequest['wait'];
  /** When the last scheduled message is due. */
  readonly waitUntil?: Date;
  readonly fileLeft?: ErasureRequest['file_left'];
  /** What the last scan said counts no more: the next one begins anew. */
  readonly forgetScan?: boolean;
}

/** Shortest pause before a request that could not be claimed is tried again. */
const CLAIM_AGAIN_MS = 50;

/**
 * Claims a request for this worker, if nobody else holds it and its time has come.
 * Two workers with one request: the ledger decides, not the queue.
 */
export async function claimRequest(
  ledger: LedgerWrites,
  key: { account: string; reference: string },
  options: LeaseOptions & { readonly seal: Seal },
): Promise<Claim> {
  const now = options.now();
  const hold = newHold(options);
  const request = await ledger.claim({ ...key, now, lease: hold.lease });
  if (!request) return { outcome: 'finished' };
  if (request.lease?.owner === hold.lease.owner)
    return { outcome: 'claimed', request, lease: leaseOn(ledger, request, hold, options) };
  if (request.state === 'scanning' && request.scan?.done === undefined) return { outcome: 'parked' };
  const leased = request.lease?.until.getTime() ?? 0;
  const soonest = now.getTime() + CLAIM_AGAIN_MS;
  return { outcome: 'later', at: new Date(Math.max(request.not_before.getTime(), leased, soonest)) };
}

function leaseOn(
  ledger: LedgerWrites,
  request: ErasureRequest,
  hold: Hold,
  { seal, now }: { readonly seal: Seal; readonly now: () => Date },
): Lease {
  const guard = guardOf(request, hold);
  const total = { ...request.erased };
  let references: StoredKeys = request.references ?? {};
  /** How many the row names; what a worker before this one has left is not counted, and written anew. */
  let written = request.refused === undefined ? 0 : -1;
  const newly = (refused: readonly Refused[]): Pick<ErasureRequest, 'refused'> => {
    if (refused.length === written) return {};
    written = refused.length;
    return { refused: storeRefused(seal, refused, request.reference) };
  };
  return {
    references: () => references,
    left: () => ({
      announced: openAnnounced(seal, request.announced ?? [], request.reference),
      refused: openRefused(seal, request.refused ?? [], request.reference),
    }),
    async dropReferences() {
      await assertHeld(ledger.keep(guard, { $unset: { references: '' } }));
      references = {};
    },
    erasedWith: (done) => addCounts({ ...total }, countRecords(done)),
    async announce(batch, done, state, keys = {}, refused = []) {
      const announced = storeAnnounced(seal, batch, request.reference);
      const update = {
        $set: { announced, state, ...hold.extend(), ...newly(refused) },
        ...pushKeys(keys),
        ...counting(done),
      };
      await assertHeld(ledger.keep(guard, update as LedgerUpdate));
      references = withKeys(references, keys);
      addCounts(total, countRecords(done));
    },
    async renew() {
      if (hold.isEnding()) await assertHeld(ledger.keep(guard, { $set: hold.extend() }));
    },
    async complete(done, ending, scanned = { isUnscanned: false }) {
      const update = { ...completion(request, now(), scanned), ...counting(done) };
      if (await ledger.end({ ...guard, asked_again: { $exists: false } }, update as LedgerUpdate, ending)) return null;
      // What has come since was not there when the scan passed.
      await assertHeld(ledger.keep(guard, { $unset: { asked_again: '', 'scan.done': '' } }));
      const asked = await ledger.read(guard);
      if (!asked) throw new LeaseLost();
      return asked;
    },
    async park(done, refused = [], standing = null) {
      const { $set, $unset } = parking(now(), standing);
      const update = { $set: { ...$set, ...newly(refused) }, $unset, ...counting(done) };
      await assertHeld(ledger.release(guard, update as LedgerUpdate));
    },
    async release(next) {
      const { done, refused = [] } = next;
      const { $set, $unset, $inc, ...rest } = releasing(request, next);
      const update = {
        $set: { ...$set, ...(done && refused.length > 0 && newly(refused)) },
        $unset,
        $inc: { ...$inc, ...counting(done ?? []).$inc },
        ...rest,
      };
      await assertHeld(ledger.release(guard, update as LedgerUpdate));
    },
  };
}

/** What completing writes and drops, but for the counts. */
function completion(
  { due_at }: ErasureRequest,
  at: Date,
  { isUnscanned, notScanned = [] }: NonNullable<Parameters<Lease['complete']>[2]>,
) {
  return {
    $set: {
      ...{ state: 'completed', completed_at: at, ...(at > due_at && { overdue: true }) },
      ...(isUnscanned && { 'scan.off': true }),
      ...(notScanned.length > 0 && { 'scan.not_scanned': [...notScanned] }),
    },
    $unset: { ...PERSONAL, ...WORKING, ...WAITED },
  };
}

/** What is written and dropped when a request is left to the next scan, but for the counts. */
function parking(at: Date, standing: RequestFailure | null) {
  return {
    $set: {
      ...{ state: 'scanning', not_before: NEVER, look_at: NEVER, 'scan.since': at, announced: [] },
      ...(standing && { failure: standing }),
    },
    $unset: { lease: '', 'scan.joined': '', 'scan.from': '', ...(!standing && { failure: '' }), ...WAITED },
  };
}

/** What giving back writes and drops, but for the counts. */
function releasing(
  request: ErasureRequest,
  { state, at, done, refused = [], failure, standing, wait, waitUntil, fileLeft, forgetScan = false }: Released,
) {
  return {
    $set: {
      ...{ state, not_before: at, look_at: at },
      ...(done && { announced: [] }),
      ...((failure ?? standing) && { failure: failure ?? standing }),
      ...(failure && { failing_since: request.failing_since ?? failure.at }),
      ...(wait && { wait }),
      ...(waitUntil && { wait_until: waitUntil }),
      ...(fileLeft && { file_left: fileLeft }),
    },
    $unset: {
      lease: '',
      ...(forgetScan && FORGOTTEN),
      ...(wait && { failing_since: '' }),
      ...(done && refused.length === 0 && { refused: '' }),
      ...(standing === null && { failure: '' }),
      ...(!waitUntil && { wait_until: '' }),
      ...(!fileLeft && { file_left: '' }),
    },
    $inc: { failures: failure ? 1 : 0, ...(failure && { [`causes.${failure.name}`]: 1 }) },
    ...(failure && { $push: { attempts: { $each: [failure], $slice: -MOST_ATTEMPTS } } }),
  };
}

/** What says who was asked for: gone with completion. */
const PERSONAL = { sealed: '', sealed_writings: '', references: '', suppressed_before: '' } as const;

/** What only the work on a request needs. */
const WORKING = {
  ...{ unfinished: '', lease: '', announced: '', refused: '' },
  ...{ failure: '', failing_since: '', 'scan.joined': '' },
} as const;

/** What a wait has left with a request. */
const WAITED = { wait: '', wait_until: '', file_left: '' } as const;

/** No clock calls for the request: the relay sees to it that its scan has a job. */
const NEVER = new Date('9999-01-01T00:00:00Z');

/** What a scan leaves with a request, but for the places where numbers were found. */
const FORGOTTEN = {
  'scan.since': '',
  'scan.done': '',
  'scan.joined': '',
  'scan.from': '',
  'scan.failures': '',
  'scan.failed': '',
  'scan.scheduled': '',
} as const;

function withKeys(references: StoredKeys, keys: SealedKeys): StoredKeys {
  const added = Object.entries(keys).map(([child, sealed]) => [child, [...(references[child] ?? []), sealed]]);
  return { ...references, ...Object.fromEntries(added) };
}

/** The part of an update that adds records to the ledger's counts. */
function counting(done: readonly Announced[]): { $inc?: Record<string, number> } {
  const counts = Object.entries(countRecords(done));
  return counts.length > 0
    ? { $inc: Object.fromEntries(counts.map(([name, count]) => [`erased.${name}`, count])) }
    : {};
}

/** Records by collection; a record found at two places of one collection in the same batch is one record. */
function countRecords(batch: readonly Announced[]): Record<string, number> {
  const byName = new Map<string, Announced[]>();
  for (const one of batch) byName.set(one.name, [...(byName.get(one.name) ?? []), one]);
  return Object.fromEntries([...byName].map(([name, same]) => [name, countDistinct(same)]));
}

/** A place names no record twice, and most batches are of one place. */
function countDistinct(batch: readonly Announced[]): number {
  const [first, ...others] = batch;
  if (first && others.length === 0) return first.ids.length;
  return new Set(batch.flatMap(({ ids }) => ids.map(recordKey))).size;
}

function addCounts(total: Record<string, number>, more: Record<string, number>): Record<string, number> {
  for (const [name, count] of Object.entries(more)) total[name] = (total[name] ?? 0) + count;
  return total;
}
