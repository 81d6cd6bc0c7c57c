import mongoose from 'mongoose';
import type { Seal } from '../../base/keys/seal.ts';
import type { Logger } from '../../base/log.ts';
import type { Producer } from '../../base/queue/producer.ts';
import type { Times } from '../../base/times.ts';
import { allOf, type Filter } from '../../engine/filter.ts';
import { BEGINNING, nextPlace, type Position } from '../../engine/scan/circle.ts';
import { idOf, positionBehind, readBatches, readPlace } from '../../engine/scan/read-place.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import type { Account, Accounts } from '../accounts/accounts.ts';
import { REQUEST_CALL, requestsOf } from '../requests/ledger.ts';
import type { Circle, ScanPlace } from '../scan/circle.ts';
import { openPosition, type StoredPosition, sealPosition } from '../scan/position.ts';
import { accountsWithTombstones, adoptCompleted, type Tombstone, tombstonesOf } from '../tombstones/tombstones.ts';
import { callWorker } from '../work/call.ts';
import { createLook, isStillLate, type LatePerson, type Look, type LookDependencies, type LookRule } from './look.ts';
import { type OpenLateDependencies, openLate } from './open-late.ts';
import { type GuardRow, guardOf } from './row.ts';

const { ObjectId } = mongoose.mongo;

export interface GuardDependencies extends LookDependencies, OpenLateDependencies {
  readonly accounts: Pick<Accounts, 'find'>;
  readonly circleOf: (account: Account) => Circle;
  /** Is the number on the account's suppression list, as a token? */
  readonly isSuppressed: (account: Account, number: PhoneNumber) => Promise<boolean>;
  readonly producer: Pick<Producer, 'add'>;
  readonly logger: Logger;
  readonly times: Pick<Times, 'guardLookBackMs' | 'guardRoundMs' | 'guardTurnMs'>;
}

/** Records the server sends at once. */
const READ_AT_ONCE = 1_000;

/**
 * Looks, in every account in which somebody was forgotten, for records of theirs that came late, and opens requests for
 * them. Everything inserted since the last look is read; then everything there is, a part at a time. It ends when its
 * time is over: the next run begins with the accounts that have waited longest.
 * @returns how many requests were opened
 */
export async function runGuard(deps: GuardDependencies, signal: AbortSignal): Promise<number> {
  const { db, now, times, logger } = deps;
  if (times.guardLookBackMs === 0) {
    await leaveOut(deps, NOBODY);
    return 0;
  }
  await adoptOnce(deps);
  const until = now().getTime() + times.guardTurnMs;
  const rows = new Map((await guardOf(db).find().toArray()).map((row) => [row._id, row]));
  const accounts = await accountsWithTombstones(db);
  const lookedAt = (account: string) => rows.get(account)?.looked_at.getTime() ?? 0;
  accounts.sort((one, other) => lookedAt(one) - lookedAt(other));
  let opened = 0;
  for (const id of accounts) {
    if (signal.aborted || now().getTime() > until) break;
    const account = await deps.accounts.find(id);
    // Whose records are not read, the operator has said so.
    if (account === null || account.scan === 'off') {
      await leaveOut(deps, id);
      continue;
    }
    try {
      opened += await guardAccount(deps, account, rows.get(id), until, signal);
    } catch (error) {
      logger.warn('late records not looked for', { account: id, error });
    }
  }
  return opened;
}

/** Says that a version which has tombstones has run. */
const ADOPTED = 'adopted';

async function adoptOnce(deps: GuardDependencies): Promise<void> {
  if ((await guardOf(deps.db).findOne({ _id: ADOPTED })) !== null) return;
  await adoptCompleted(deps.db);
  await leaveOut(deps, ADOPTED);
}

/** In place of an account: nobody's records are looked through. */
const NOBODY = 'none';

/** Its lag is nobody's then. */
async function leaveOut({ db, now }: GuardDependencies, account: string): Promise<void> {
  await guardOf(db).updateOne(
    { _id: account },
    { $set: { looked_at: now(), tails: [], places: '' }, $unset: { watermark: '', round: '' } },
    { upsert: true },
  );
}

async function guardAccount(
  deps: GuardDependencies,
  account: Account,
  row: GuardRow | undefined,
  until: number,
  signal: AbortSignal,
): Promise<number> {
  const { db, now } = deps;
  const circle = deps.circleOf(account);
  const first = await tombstonesOf(db).findOne({ account_id: account._id }, { sort: { _id: 1 } });
  if (first === null) return 0;
  const isOver = () => signal.aborted || now().getTime() > until;
  const isUndatedLate = ({ suppressed }: Tombstone, number: PhoneNumber) =>
    suppressed ? deps.isSuppressed(account, number) : Promise.resolve(false);
  const look = createLook(deps, account, { isUndatedLate });
  const known = new Map(row?.tails.map(({ place, at }) => [place, at]));
  // Records whose account only others tell are read with everything: their ids are not asked for by the account.
  const dated = circle.places.filter((place) => place.read === undefined);
  const tails = new Map(dated.map(({ key }) => [key, known.get(key) ?? first.cut_off]));
  let opened = 0;
  const settle = async (people: Map<PhoneNumber, LatePerson>) => {
    for (const person of people.values()) {
      const how = { isUndatedLate, isStillLate: () => isStillLate(look, circle, person) };
      if (await openFor(deps, account, person, how)) opened += 1;
    }
    people.clear();
  };
  const keep = (change: Partial<GuardRow> = {}, unset: Record<string, ''> = {}) =>
    keepRow(deps, account._id, circle, tails, change, unset);

  for (const place of dated) {
    const began = now();
    const from = new Date((tails.get(place.key) ?? first.cut_off).getTime() - deps.times.guardLookBackMs);
    const people = new Map<PhoneNumber, LatePerson>();
    for await (const { records } of readPlace(sinceOf(place, from), undefined, READ_AT_ONCE)) {
      await look(circle, place, records, people);
      await settle(people);
      const last = idOf(records.at(-1) as Uint8Array);
      if (isOver() && last instanceof ObjectId) {
        // What is left is read by the next run, from here.
        tails.set(place.key, earlier(began, new Date(last.getTimestamp().getTime() + deps.times.guardLookBackMs)));
        await keep();
        return opened;
      }
    }
    tails.set(place.key, began);
  }
  await keep();
  await readEverything(deps, account, circle, row, isOver, look, settle, keep);
  return opened;
}

const earlier = (one: Date, other: Date) => (one < other ? one : other);

/** What a place holds with an ObjectId of this moment or later. */
function sinceOf(place: ScanPlace, from: Date): ScanPlace {
  const least = ObjectId.createFromTime(Math.max(0, Math.floor(from.getTime() / 1000)));
  return { ...place, filter: allOf(place.filter, { _id: { $gte: least } } as Filter) };
}

type Keep = (change?: Partial<GuardRow>, unset?: Record<string, ''>) => Promise<void>;

/** Records whose `_id` tells nothing of when they were inserted are found by reading everything, once in a while. */
async function readEverything(
  { seal, now, times }: GuardDependencies,
  account: Account,
  circle: Circle,
  row: GuardRow | undefined,
  isOver: () => boolean,
  look: Look,
  settle: (people: Map<PhoneNumber, LatePerson>) => Promise<void>,
  keep: Keep,
): Promise<void> {
  const isSame = row?.places === circle.digest;
  const isDue = row?.read_at === undefined || now().getTime() - row.read_at.getTime() >= times.guardRoundMs;
  if (row?.round === undefined && !isDue) return;
  let position: Position = (row?.round && isSame && openRound(seal, account._id, row.round)) || BEGINNING;
  const people = new Map<PhoneNumber, LatePerson>();
  for (;;) {
    const place = circle.places[position.place];
    if (place !== undefined) {
      for await (const batch of readBatches(place, position.after, READ_AT_ONCE)) {
        await look(circle, place, batch.records, people);
        await settle(people);
        const behind = positionBehind(batch);
        if (behind === undefined) continue;
        position = { ...position, ...behind };
        if (!isOver()) continue;
        await keep({ round: sealPosition(seal, account._id, position) });
        return;
      }
    }
    position = { ...nextPlace(position, circle.places.length) };
    if (position.place === 0) break;
  }
  await keep({ read_at: now() }, { round: '' });
}

/** Null: sealed with a key that is gone. */
function openRound(seal: Seal, account: string, round: StoredPosition): Position | null {
  try {
    return openPosition(seal, account, round);
  } catch {
    return null;
  }
}

async function keepRow(
  { db, now }: GuardDependencies,
  account: string,
  circle: Circle,
  tails: ReadonlyMap<string, Date>,
  change: Partial<GuardRow>,
  unset: Record<string, ''>,
): Promise<void> {
  const all = [...tails].map(([place, at]) => ({ place, at }));
  const watermark = all.reduce((least, { at }) => earlier(least, at), now());
  await guardOf(db).updateOne(
    { _id: account },
    {
      $set: { tails: all, watermark, looked_at: now(), places: circle.digest, ...change },
      ...(Object.keys(unset).length > 0 && { $unset: unset }),
    },
    { upsert: true },
  );
}

/** @returns whether a request was opened: while the number is being forgotten anew, there is no need for another */
async function openFor(
  deps: GuardDependencies,
  account: Account,
  person: LatePerson,
  { isUndatedLate, isStillLate }: Pick<LookRule, 'isUndatedLate'> & { readonly isStillLate: () => Promise<boolean> },
): Promise<boolean> {
  const { db, tokens, logger } = deps;
  const all = tokens.allTokens(account._id, person.number);
  const anew = await requestsOf(db).findOne(
    { account_id: account._id, profile: 'forget', token: { $in: [...all] }, unfinished: true },
    { projection: { _id: 1 } },
  );
  if (anew !== null) return false;
  const suppressed = await isUndatedLate(person.tombstone, person.number);
  const opened = await openLate(deps, account, person, { undated: suppressed, suppressed, isStillLate });
  if (!opened?.fresh) return false;
  const { request } = opened;
  logger.warn('late record found', { account: account._id, reference: request.reference, counts: person.counts });
  await callWorker(deps, REQUEST_CALL, request);
  return true;
}
