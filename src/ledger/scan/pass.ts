import { setImmediate as turnOfLoop } from 'node:timers/promises';
import mongoose from 'mongoose';
import type { Seal } from '../../base/keys/seal.ts';
import type { Logger } from '../../base/log.ts';
import type { Producer } from '../../base/queue/producer.ts';
import type { Times } from '../../base/times.ts';
import type { Replacements } from '../../engine/map/strategies.ts';
import { mayHoldNumber } from '../../engine/rewrite/bson-walk.ts';
import type { Rewrite } from '../../engine/rewrite/edits.ts';
import { BEGINNING, nextPlace, type Position } from '../../engine/scan/circle.ts';
import { type Place, readPlace } from '../../engine/scan/read-place.ts';
import type { NumberMatcher } from '../../phone/matcher.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import type { Account, Accounts } from '../accounts/accounts.ts';
import type { Files } from '../recordings/files.ts';
import { REQUEST_CALL, requestsOf } from '../requests/ledger.ts';
import { callWorker } from '../work/call.ts';
import { assertHeld, guardOf, type Hold, newHold } from '../work/lease.ts';
import { freeAt, leased } from '../work/row.ts';
import { commitFinds, type FoundRecord, type Scene } from './commit.ts';
import { arrived, type Joiner, loadJoiners, openPosition, releaseJoiners, sealPosition } from './joiners.ts';
import { type ScanRow, scansOf } from './ledger.ts';

const { BSON } = mongoose.mongo;

/** A place with what the data map says of its records. */
export interface ScanPlace extends Place {
  rewrite(document: Record<string, unknown>, numbers: ScanNumbers, now: Date): Rewrite;
}

/** The numbers that a pass searches for. */
interface ScanNumbers {
  readonly matcher: NumberMatcher;
  /** What is written in place of each. */
  readonly words: ReadonlyMap<PhoneNumber, Replacements>;
}

/** The circle of one account. */
export interface Circle {
  /** Stands for the list of places: positions in another list mean other records. */
  readonly digest: string;
  readonly places: readonly ScanPlace[];
  /** @param tokens of each number, which stand for it where the map says so */
  createNumbers(tokens: ReadonlyMap<PhoneNumber, string>): ScanNumbers;
}

export interface ScanDependencies {
  readonly db: mongoose.mongo.Db;
  readonly accounts: Pick<Accounts, 'find'>;
  readonly seal: Seal;
  readonly files: Pick<Files, 'add'>;
  readonly producer: Pick<Producer, 'add'>;
  readonly circleOf: (account: Account) => Circle;
  readonly logger: Logger;
  readonly times: Pick<Times, 'leaseMs' | 'renewBelowMs' | 'graceMs' | 'scanIntervalMs' | 'scanTurnMs'>;
  readonly now: () => Date;
}

export type ScanOutcome =
  | { readonly outcome: 'finished' }
  /** Come back then: somebody else has it, it is not time yet, or others shall have their turn. */
  | { readonly outcome: 'later'; readonly at: Date };

/** A turn over more records than this is made once an interval. */
const SMALL = 100_000;
/** Records the server sends at once. */
const READ_AT_ONCE = 1_000;
/** Records with finds that are changed in one transaction. */
const CHANGED_AT_ONCE = 50;
/** How long the loop of events may be held. */
const HOLD_MS = 15;
/** How often the ledger is asked who waits, while nobody's turn has come round. */
const LOOK_MS = 10_000;

/**
 * Goes on with the pass over one account's records: reads on in the circle, changes what it finds, and tells each
 * request when the pass has come round for it. Safe to be killed anywhere: its successor reads on from the last
 * position that was written down, and finds nothing in records that were changed.
 * @throws LeaseLost when another worker took over; what the database throws while it is away
 */
export async function runScan(deps: ScanDependencies, accountId: string, signal: AbortSignal): Promise<ScanOutcome> {
  const { db, now } = deps;
  const hold = newHold(deps);
  const row = await scansOf(db).findOneAndUpdate(
    { account_id: accountId, unfinished: true, not_before: { $lte: now() }, ...freeAt(now()) },
    { $set: leased(hold.lease) },
    { returnDocument: 'after' },
  );
  if (row === null) return notNow(deps, accountId);
  const account = await deps.accounts.find(accountId);
  if (account === null) throw new TypeError('a pass over the records of no account');
  const pass = await openPass(deps, row, hold, account);
  try {
    return await goRound(deps, pass, signal);
  } catch (error) {
    // Best effort: a lease that cannot be given back now runs out by itself.
    await keep(deps, pass, {}, { lease: '' }).catch(() => {});
    throw error;
  }
}

async function notNow({ db, now, times }: ScanDependencies, account: string): Promise<ScanOutcome> {
  const row = await scansOf(db).findOne({ account_id: account, unfinished: true });
  if (row === null) return { outcome: 'finished' };
  const soonest = now().getTime() + Math.min(times.leaseMs, 1_000);
  return {
    outcome: 'later',
    at: new Date(Math.max(row.not_before.getTime(), row.lease?.until.getTime() ?? 0, soonest)),
  };
}

/** One worker's hold on a pass. */
interface Pass {
  readonly row: ScanRow;
  readonly hold: Hold;
  readonly account: Account;
  readonly circle: Circle;
  position: Position;
  read: number;
  began: Date;
}

async function openPass(deps: ScanDependencies, row: ScanRow, hold: Hold, account: Account): Promise<Pass> {
  const circle = deps.circleOf(account);
  const pass = { row, hold, account, circle, read: row.read, began: row.began_at ?? deps.now() };
  if (row.places === circle.digest) return { ...pass, position: openPosition(deps.seal, account, row.position) };
  // Another circle: where requests joined the old one means nothing here.
  await requestsOf(deps.db).updateMany(
    { account_id: account._id, unfinished: true, state: 'scanning' },
    { $unset: { 'scan.joined': '' } },
  );
  return { ...pass, position: { ...BEGINNING, turn: row.position.turn + 2 }, read: 0, began: deps.now() };
}

/** Writes down where the pass stands. @throws LeaseLost */
async function keep(
  { db, seal }: ScanDependencies,
  { row, hold, account, circle, position, read, began }: Pass,
  set: Partial<ScanRow> = {},
  unset: Partial<Record<'lease' | 'unfinished', ''>> = {},
  only: { readonly asked?: number } = {},
): Promise<boolean> {
  const { matchedCount } = await scansOf(db).updateOne(
    { ...guardOf(row, hold), ...only },
    {
      $set: {
        position: sealPosition(seal, account, position),
        places: circle.digest,
        read,
        began_at: began,
        ...(unset.lease === undefined && hold.extend()),
        ...set,
      },
      ...(Object.keys(unset).length > 0 && { $unset: unset }),
    },
  );
  return matchedCount === 1;
}

async function goRound(deps: ScanDependencies, pass: Pass, signal: AbortSignal): Promise<ScanOutcome> {
  const { db, now, times } = deps;
  const until = now().getTime() + times.scanTurnMs;
  for (;;) {
    const asked = (await scansOf(db).findOne({ _id: pass.row._id }, { projection: { asked: 1 } }))?.asked ?? 0;
    const { all, unreadable } = await loadJoiners(db, deps.seal, pass.account, pass.position);
    await tell(deps, unreadable);
    const waiting = all.filter((joiner) => !arrived([joiner], pass.position).includes(joiner));
    await tell(
      deps,
      arrived(all, pass.position).map(({ request }) => request),
    );
    if (waiting.length === 0) {
      if (await keep(deps, pass, {}, { lease: '', unfinished: '' }, { asked })) return { outcome: 'finished' };
      // Somebody has asked meanwhile, or the lease is lost: the next write tells.
      await assertHeld(keep(deps, pass));
      continue;
    }
    const rest = restUntil(pass, waiting, now(), times.scanIntervalMs);
    const at = rest ?? (signal.aborted || now().getTime() > until ? now() : undefined);
    if (at !== undefined) {
      await assertHeld(
        keep(deps, pass, { not_before: at, look_at: new Date(at.getTime() + times.graceMs) }, { lease: '' }),
      );
      return { outcome: 'later', at };
    }
    await readOn(deps, pass, waiting, signal);
  }
}

/** When a large account's next turn begins: once an interval, and in time for the request that is due first. */
function restUntil(pass: Pass, waiting: readonly Joiner[], now: Date, intervalMs: number): Date | undefined {
  const { row, position, began } = pass;
  const isBeginning = position.place === 0 && position.after === undefined;
  if (!isBeginning || (row.size ?? 0) <= SMALL || row.began_at === undefined) return undefined;
  const due = Math.min(...waiting.map(({ request }) => request.due_at.getTime()));
  // Twice the last turn's length: it may have grown.
  const latest = due - 2 * (row.took_ms ?? 0);
  const next = new Date(Math.min(began.getTime() + intervalMs, latest));
  return next > now ? next : undefined;
}

async function tell(deps: ScanDependencies, some: readonly Joiner['request'][]): Promise<void> {
  const released = await releaseJoiners(deps.db, some, deps.now(), deps.times.graceMs);
  await Promise.all(released.map((request) => callWorker(deps, REQUEST_CALL, request)));
}

/** Reads on until somebody's turn has come round, a while has passed, or it is told to stop. */
async function readOn(
  deps: ScanDependencies,
  pass: Pass,
  waiting: readonly Joiner[],
  signal: AbortSignal,
): Promise<void> {
  const { now } = deps;
  const numbers = pass.circle.createNumbers(new Map(waiting.map(({ number, request }) => [number, request.token])));
  const joiners = new Map(waiting.map((joiner) => [joiner.number, joiner]));
  const since = now().getTime();
  const isOver = () =>
    signal.aborted || now().getTime() - since > LOOK_MS || arrived(waiting, pass.position).length > 0;
  do {
    const place = pass.circle.places[pass.position.place];
    if (place !== undefined) {
      const scene: Scene = { place, joiners, rewrite: (document) => place.rewrite(document, numbers, now()) };
      const isThrough = await readPlaceOn(deps, pass, scene, numbers.matcher, isOver, signal);
      if (!isThrough) return;
    }
    await leavePlace(deps, pass);
  } while (!isOver());
}

/** @returns false: there is more of the place */
async function readPlaceOn(
  deps: ScanDependencies,
  pass: Pass,
  scene: Scene,
  matcher: NumberMatcher,
  isOver: () => boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const found: FoundRecord[] = [];
  let held = performance.now();
  const commit = async () => {
    await commitFinds(deps, scene, found.splice(0));
    if (pass.hold.isEnding()) await assertHeld(keep(deps, pass));
  };
  for await (const { bytes, id } of readPlace(scene.place, pass.position.after, READ_AT_ONCE, idOf, signal)) {
    if (mayHoldNumber(bytes, matcher)) {
      const document = BSON.deserialize(bytes, { promoteLongs: false });
      const rewrite = scene.rewrite(document);
      if (rewrite.fate !== 'unchanged' || rewrite.failures.length > 0 || rewrite.waiting.length > 0)
        found.push({ document, rewrite });
    }
    pass.read += 1;
    if (found.length >= CHANGED_AT_ONCE) {
      pass.position = { ...pass.position, after: id };
      await commit();
      if (isOver()) return false;
    }
    if (performance.now() - held < HOLD_MS) continue;
    await turnOfLoop();
    held = performance.now();
    if (found.length > 0 && !isOver()) continue;
    pass.position = { ...pass.position, after: id };
    await commit();
    if (isOver()) return false;
  }
  await commit();
  return !signal.aborted;
}

/** The `_id` of a raw record: MongoDB stores it first, and other engines need not. */
function idOf(bytes: Uint8Array): unknown {
  const lazy = mongoose.mongo.BSON.onDemand.parseToElements(bytes);
  for (const [, nameOffset, nameLength, offset, length] of lazy) {
    if (nameLength !== 3 || Buffer.from(bytes.subarray(nameOffset, nameOffset + 3)).toString() !== '_id') continue;
    // One element as a document of its own: its length, the element, a zero.
    const element = bytes.subarray(nameOffset - 1, offset + length);
    const document = Buffer.alloc(element.length + 5);
    document.writeInt32LE(document.length, 0);
    document.set(element, 4);
    return BSON.deserialize(document)._id;
  }
  return undefined;
}

async function leavePlace(deps: ScanDependencies, pass: Pass): Promise<void> {
  pass.position = nextPlace(pass.position, pass.circle.places.length);
  if (pass.position.place !== 0) return;
  const now = deps.now();
  const whole = { size: pass.read, took_ms: now.getTime() - pass.began.getTime() };
  Object.assign(pass.row, whole);
  pass.read = 0;
  pass.began = now;
  await assertHeld(keep(deps, pass, whole));
}
