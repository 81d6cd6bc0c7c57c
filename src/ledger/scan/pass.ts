import type mongoose from 'mongoose';
import type { Seal } from '../../base/keys/seal.ts';
import type { Logger } from '../../base/log.ts';
import type { Producer } from '../../base/queue/producer.ts';
import type { Times } from '../../base/times.ts';
import { BEGINNING, nextPlace, type Position } from '../../engine/scan/circle.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import type { Account, Accounts } from '../accounts/accounts.ts';
import type { Files } from '../recordings/files.ts';
import { requestsOf } from '../requests/ledger.ts';
import { assertHeld, guardOf, type Hold, newHold } from '../work/lease.ts';
import { freeAt, leased } from '../work/row.ts';
import type { Circle, ScanNumbers } from './circle.ts';
import { type ScanRow, scansOf } from './ledger.ts';
import { openPosition, sealPosition } from './position.ts';

export interface ScanDependencies {
  readonly db: mongoose.mongo.Db;
  readonly accounts: Pick<Accounts, 'find'>;
  readonly seal: Seal;
  readonly files: Pick<Files, 'add'>;
  readonly producer: Pick<Producer, 'add'>;
  readonly circleOf: (account: Account) => Circle;
  /** A turn over more records than this is made once an interval. */
  readonly smallAccount: number;
  /** A turn over more than these rests for a while after the one before. */
  readonly fewRecords: number;
  readonly logger: Logger;
  readonly times: Pick<Times, 'leaseMs' | 'renewBelowMs' | 'graceMs' | 'scanIntervalMs' | 'scanTurnMs' | 'scanLookMs'>;
  readonly now: () => Date;
}

/** One worker's hold on the pass over an account's records. */
export interface Pass {
  readonly row: ScanRow;
  readonly hold: Hold;
  readonly account: Account;
  readonly circle: Circle;
  /** Everything before it is done: read, changed, counted. */
  position: Position;
  /** Of the row: records read in all turns, and in this one. */
  read: number;
  turnRead: number;
  skipped: boolean;
  /** When this turn began to read; before it does, when the last one did. */
  began: Date | undefined;
  workedMs: number;
  /** The last whole turn, if there was one. */
  whole: Pick<ScanRow, 'size' | 'took_ms'>;
  /** Numbers opened before, by reference. */
  readonly opened: Map<string, PhoneNumber>;
  /** The numbers last searched for: they are compiled again only for other ones. */
  compiled: { readonly key: string; readonly numbers: ScanNumbers } | undefined;
}

/**
 * Takes the pass over an account's records for this worker.
 * @returns null: nobody waits for it, it is not its time yet, or somebody else has it
 * @throws TypeError when there is no such account
 */
export async function claimPass(deps: ScanDependencies, accountId: string): Promise<Pass | null> {
  const { db, now } = deps;
  const hold = newHold(deps);
  const row = await scansOf(db).findOneAndUpdate(
    { account_id: accountId, unfinished: true, not_before: { $lte: now() }, ...freeAt(now()) },
    { $set: leased(hold.lease) },
    { returnDocument: 'after' },
  );
  if (row === null) return null;
  try {
    const account = await deps.accounts.find(accountId);
    if (account === null) throw new TypeError('a pass over the records of no account');
    return await openPass(deps, row, hold, account);
  } catch (error) {
    await dropPass(deps, { row, hold });
    throw error;
  }
}

async function openPass(deps: ScanDependencies, row: ScanRow, hold: Hold, account: Account): Promise<Pass> {
  const circle = deps.circleOf(account);
  const { read, turn_read: turnRead, skipped, worked_ms: workedMs, began_at: began } = row;
  const whole = {
    ...(row.size !== undefined && { size: row.size }),
    ...(row.took_ms !== undefined && { took_ms: row.took_ms }),
  };
  const pass = { row, hold, account, circle, read, turnRead, skipped, workedMs, began, whole };
  const position = row.places === circle.digest ? positionOf(deps, row) : null;
  if (position !== null) return { ...pass, position, opened: new Map(), compiled: undefined };
  // Another circle: where requests joined the old one means nothing here.
  await requestsOf(deps.db).updateMany(
    { account_id: account._id, unfinished: true, state: 'scanning' },
    {
      $unset: { 'scan.joined': '', 'scan.from': '', 'scan.failures': '', 'scan.failed': '', 'scan.scheduled': '' },
    },
  );
  const anew = { ...BEGINNING, turn: row.position.turn + 2 };
  return { ...pass, position: anew, turnRead: 0, skipped: false, workedMs: 0, opened: new Map(), compiled: undefined };
}

/** Null: sealed with a key that is gone. */
function positionOf({ seal }: ScanDependencies, row: ScanRow): Position | null {
  try {
    return openPosition(seal, row.account_id, row.position);
  } catch {
    return null;
  }
}

/** What a write changes beside where the pass stands. */
export interface PassChange {
  readonly set?: Partial<Pick<ScanRow, 'not_before' | 'look_at'>>;
  readonly unset?: Partial<Record<'lease' | 'unfinished', ''>>;
  /** Only if nobody has asked since. */
  readonly asked?: number;
}

/**
 * Writes down where a pass stands.
 * @param after in place of the position's own `_id`, in a transaction that makes it true
 * @returns false: the lease is lost, or somebody has asked
 */
export async function keepPass(
  { db, seal }: ScanDependencies,
  pass: Pass,
  { set, unset = {}, asked }: PassChange = {},
  transaction?: { readonly after: unknown; readonly session: mongoose.mongo.ClientSession },
): Promise<boolean> {
  const { row, hold, account, circle } = pass;
  const position = transaction ? { ...pass.position, after: transaction.after } : pass.position;
  const { matchedCount } = await scansOf(db).updateOne(
    { ...guardOf(row, hold), ...(asked !== undefined && { asked }) },
    {
      $set: {
        position: sealPosition(seal, account._id, position),
        places: circle.digest,
        read: pass.read,
        turn_read: pass.turnRead,
        skipped: pass.skipped,
        worked_ms: Math.round(pass.workedMs),
        ...(pass.began && { began_at: pass.began }),
        ...pass.whole,
        ...(unset.lease === undefined && hold.extend()),
        ...set,
      },
      ...(Object.keys(unset).length > 0 && { $unset: unset }),
    },
    transaction && { session: transaction.session },
  );
  return matchedCount === 1;
}

/** As `keepPass`, while the pass goes on. @throws LeaseLost */
export function holdPass(...args: Parameters<typeof keepPass>): Promise<void> {
  return assertHeld(keepPass(...args));
}

/** Gives a pass back after an error. Best effort: a lease that cannot be given back now runs out by itself. */
export async function dropPass({ db }: ScanDependencies, { row, hold }: Pick<Pass, 'row' | 'hold'>): Promise<void> {
  await scansOf(db)
    .updateOne(guardOf(row, hold), { $unset: { lease: '' } })
    .catch(() => {});
}

/** The pass goes on with the next place; after the last one a turn is whole. */
export function leavePlace(pass: Pass): void {
  pass.position = nextPlace(pass.position, pass.circle.places.length);
  if (pass.position.place !== 0) return;
  if (!pass.skipped) pass.whole = { size: pass.turnRead, took_ms: Math.round(pass.workedMs) };
  pass.turnRead = 0;
  pass.skipped = false;
  pass.workedMs = 0;
}

/** As `leavePlace`, of a place that was not read to its end. */
export function skipPlace(pass: Pass): void {
  pass.skipped = true;
  leavePlace(pass);
}

/** Has nothing of this turn been read yet? */
export function isBeginning({ position }: Pick<Pass, 'position'>): boolean {
  return position.place === 0 && position.after === undefined;
}
