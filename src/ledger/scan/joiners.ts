import mongoose from 'mongoose';
import type { Seal } from '../../base/keys/seal.ts';
import { hasComeRound, type Position } from '../../engine/scan/circle.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import type { Account } from '../accounts/accounts.ts';
import { type ErasureRequest, requestsOf } from '../requests/ledger.ts';
import type { StoredPosition } from './position.ts';

const { EJSON } = mongoose.mongo.BSON;

/** A request that waits for a pass over its account's records. */
export interface Joiner {
  readonly request: Pick<
    ErasureRequest,
    '_id' | 'account_id' | 'reference' | 'generation' | 'token' | 'due_at' | 'scan' | 'keep_suppression'
  >;
  readonly number: PhoneNumber;
  /** Where the pass stood when the request joined it. */
  readonly joined: Position;
}

const READ = {
  account_id: 1,
  reference: 1,
  generation: 1,
  token: 1,
  due_at: 1,
  scan: 1,
  keep_suppression: 1,
  sealed: 1,
} as const;

/** Seals an `_id`, which may be a number or hold one. */
export function sealPosition(seal: Seal, account: Account, position: Position): StoredPosition {
  const { turn, place, after } = position;
  if (after === undefined) return { turn, place };
  return { turn, place, after: seal.closeText(EJSON.stringify({ after }, { relaxed: false }), contextOf(account)) };
}

/** @throws ErasureFailure `unsealable` */
export function openPosition(seal: Seal, account: Account, { turn, place, after }: StoredPosition): Position {
  if (after === undefined) return { turn, place };
  const opened = EJSON.parse(seal.openText(after, contextOf(account)), { relaxed: false }) as { after: unknown };
  return { turn, place, after: plainId(opened.after) };
}

const contextOf = (account: Account) => `scan:${account._id}`;

/** Canonical EJSON gives numbers their BSON types; `_id`s read by the driver are plain. */
function plainId(value: unknown): unknown {
  const { Int32, Double } = mongoose.mongo;
  return value instanceof Int32 || value instanceof Double ? value.valueOf() : value;
}

export interface Joiners {
  readonly all: readonly Joiner[];
  /** Requests whose number cannot be opened with the keys at hand. */
  readonly unreadable: readonly Joiner['request'][];
}

/**
 * The requests that wait for a pass over this account's records; those that come new join where the pass stands.
 * @param profile whose requests are scanned for
 */
export async function loadJoiners(
  db: mongoose.mongo.Db,
  seal: Seal,
  account: Account,
  position: Position,
): Promise<Joiners> {
  const requests = requestsOf(db);
  const rows = await requests
    .find({ account_id: account._id, unfinished: true, state: 'scanning' }, { projection: READ })
    .toArray();
  const fresh = rows.filter((row) => row.scan?.joined === undefined && row.scan?.done === undefined);
  if (fresh.length > 0) {
    const joined = sealPosition(seal, account, position);
    await requests.bulkWrite(
      fresh.map(({ _id, account_id, generation }) => ({
        updateOne: {
          filter: { _id, account_id, unfinished: true, state: 'scanning', generation },
          update: { $set: { 'scan.joined': joined } },
        },
      })),
      { ordered: false },
    );
  }
  const all: Joiner[] = [];
  const unreadable: Joiner['request'][] = [];
  for (const row of rows) {
    if (row.scan?.done !== undefined) continue;
    const { sealed, ...request } = row;
    try {
      if (sealed === undefined) throw new TypeError('a request without its number');
      const stored = request.scan?.joined;
      all.push({
        request,
        number: seal.open(sealed, row.reference),
        joined: stored === undefined ? position : openPosition(seal, account, stored),
      });
    } catch {
      unreadable.push(request);
    }
  }
  return { all, unreadable };
}

/** Those for which the pass has come round. */
export function arrived(joiners: readonly Joiner[], position: Position): Joiner[] {
  return joiners.filter(({ joined }) => hasComeRound(joined, position));
}

/**
 * Tells requests that the pass has come round for them, so that a worker goes on with them.
 * @returns them with their next generation, for the queue
 */
export async function releaseJoiners(
  db: mongoose.mongo.Db,
  some: readonly Joiner['request'][],
  now: Date,
  graceMs: number,
): Promise<Pick<ErasureRequest, 'account_id' | 'reference' | 'generation'>[]> {
  if (some.length === 0) return [];
  await requestsOf(db).bulkWrite(
    some.map(({ _id, account_id, generation }) => ({
      updateOne: {
        // Optimistic lock: a request that a worker took up meanwhile is left to it.
        filter: { _id, account_id, unfinished: true, state: 'scanning', generation },
        update: {
          $set: { 'scan.done': now, not_before: now, look_at: new Date(now.getTime() + graceMs) },
          $unset: { 'scan.joined': '' },
          $inc: { generation: 1 },
        },
      },
    })),
    { ordered: false },
  );
  return some.map(({ account_id, reference, generation }) => ({ account_id, reference, generation: generation + 1 }));
}
