import type mongoose from 'mongoose';
import type { Head } from './chain.ts';
import { AUDIT, AUDIT_HEADS, type AuditEntry, type AuditSeal } from './entry.ts';
import type { KeptHeads } from './outside.ts';

type Db = mongoose.mongo.Db;

/** What `lethe audit verify` finds wrong with a chain. */
export interface AuditFault {
  readonly account: string;
  readonly seq: number;
  /** The last of several in a row that are missing. */
  readonly through?: number;
  readonly fault:
    | 'changed'
    | 'missing'
    | 'out of order'
    | 'of a token key that is not at hand'
    | 'not what the head says'
    | 'not what was kept outside';
}

/** A chain as it was read: keep its end elsewhere, and it tells later whether it was cut off. */
export interface AuditChain {
  readonly account: string;
  /** How many entries there are. */
  readonly entries: number;
  readonly first: number;
  readonly last: number;
  /** The last entry's mac and time. A time that is none is left out. */
  readonly mac: string;
  readonly at?: Date;
}

/** Who watches a verification. */
export interface AuditWatch {
  /** Told of each chain at its end. */
  readonly onChain?: (chain: AuditChain) => void;
  /** Told now and then how many entries have been read in all. */
  readonly onRead?: (entries: number) => void;
  /** Ends of chains that were kept outside of the database. */
  readonly kept?: KeptHeads | undefined;
  /** Ends it: what was found so far has been told. */
  readonly signal?: AbortSignal;
}

/** How many entries are read from one word of `onRead` to the next. */
const TOLD_EVERY = 500;

/** Entries in memory at once: the driver's own batches may have 16 MB. */
const BATCH = 1_000;

/**
 * Walks the chains and yields what is wrong: an entry changed, one taken out (also at the end: the head remembers how
 * far the chain went), two in each other's place. Takes the same memory however long they are.
 * @param account one account; all of them without
 */
export async function* verifyAudit(
  db: Db,
  seal: AuditSeal,
  account?: string,
  watch: AuditWatch = {},
): AsyncGenerator<AuditFault> {
  const read = { entries: 0 };
  if (account !== undefined) {
    yield* verifyChain(db, seal, account, watch, read);
    return;
  }
  const seen = new Set<string>();
  for (let next = await accountAfter(db, ''); next !== null; next = await accountAfter(db, next)) {
    if (watch.signal?.aborted) return;
    seen.add(next);
    yield* verifyChain(db, seal, next, watch, read);
  }
  for (const [gone, heads] of watch.kept ?? []) if (!seen.has(gone)) yield* findGap(gone, 1, lastOf(heads));
}

/** The accounts that have entries, in the order of their ids. */
export async function* eachAuditedAccount(db: Db): AsyncGenerator<string> {
  for (let next = await accountAfter(db, ''); next !== null; next = await accountAfter(db, next)) yield next;
}

/** The first account behind another that has an entry or a head. Each look is one of an index. */
async function accountAfter(db: Db, account: string): Promise<string | null> {
  const [entry, head] = await Promise.all([
    db
      .collection<AuditEntry>(AUDIT)
      .findOne({ account_id: { $gt: account } }, { sort: { account_id: 1, seq: 1 }, projection: { account_id: 1 } }),
    db.collection<Head>(AUDIT_HEADS).findOne({ _id: { $gt: account } }, { sort: { _id: 1 }, projection: { _id: 1 } }),
  ]);
  const found = [entry?.account_id, head?._id].filter((one) => one !== undefined).sort();
  return found[0] ?? null;
}

async function* verifyChain(
  db: Db,
  seal: AuditSeal,
  account: string,
  { onChain, onRead, signal, kept: all }: AuditWatch,
  read: { entries: number },
): AsyncGenerator<AuditFault> {
  const kept = all?.get(account) ?? new Map<number, string>();
  // Read the head first, or entries appended meanwhile would look missing.
  const head = await db.collection<Head>(AUDIT_HEADS).findOne({ _id: account });
  const entries = db
    .collection<AuditEntry>(AUDIT)
    .find({ account_id: account }, { batchSize: BATCH })
    .sort({ account_id: 1, seq: 1 });
  let count = 0;
  let first = 0;
  let before = { seq: 0, mac: '' };
  let last: AuditEntry | undefined;
  let sound = true;
  for await (const entry of entries) {
    if (signal?.aborted) return;
    read.entries += 1;
    if (read.entries % TOLD_EVERY === 0) onRead?.(read.entries);
    const expected = before.seq + 1;
    yield* findGap(account, expected, entry.seq - 1);
    const genuine = seal.isGenuine(entry);
    const { seq } = entry;
    if (!genuine) yield { account, seq, fault: faultOf(entry, seal) };
    else if (sound && seq === expected && entry.previous !== before.mac) yield { account, seq, fault: 'out of order' };
    else if (seq === head?.seq && head.mac !== undefined && head.mac !== entry.mac)
      yield { account, seq, fault: 'not what the head says' };
    else if (kept.has(seq) && kept.get(seq) !== entry.mac) yield { account, seq, fault: 'not what was kept outside' };
    // After a bad entry, do not judge the next one's link.
    sound = genuine;
    first ||= seq;
    count += 1;
    before = entry;
    last = entry;
  }
  yield* findGap(account, before.seq + 1, Math.max(head?.seq ?? 0, lastOf(kept)));
  if (last) onChain?.({ account, entries: count, first, last: last.seq, mac: String(last.mac), ...timeOf(last) });
}

function lastOf(heads: ReadonlyMap<number, string>): number {
  let last = 0;
  for (const seq of heads.keys()) last = Math.max(last, seq);
  return last;
}

/** The database may hold anything. */
function timeOf({ at }: AuditEntry): { at?: Date } {
  return at instanceof Date && !Number.isNaN(at.getTime()) ? { at } : {};
}

/** One fault however many are missing: a forged number would be as many as it says. */
function* findGap(account: string, from: number, through: number): Generator<AuditFault> {
  if (through >= from) yield { account, seq: from, ...(through > from && { through }), fault: 'missing' };
}

/** Does the account have any entry? */
export async function hasChain(db: Db, account: string): Promise<boolean> {
  const [head, entry] = await Promise.all([
    db.collection<Head>(AUDIT_HEADS).findOne({ _id: account }),
    db.collection<AuditEntry>(AUDIT).findOne({ account_id: account }),
  ]);
  return head !== null || entry !== null;
}

/** How far around its place an entry that is not genuine there is tried: each place costs a hash. */
const REACH = 16;

/** An entry that would be genuine a few places away was moved; any other was changed, its place or the rest of it. */
function faultOf(entry: AuditEntry, seal: AuditSeal): AuditFault['fault'] {
  if (!seal.hasKeyOf(entry)) return 'of a token key that is not at hand';
  // No chain is that long, and counting on from there comes to no end.
  if (!Number.isSafeInteger(entry.seq)) return 'changed';
  for (let seq = Math.max(1, entry.seq - REACH); seq <= entry.seq + REACH; seq += 1) {
    if (seal.isGenuine({ ...entry, seq })) return 'out of order';
  }
  return 'changed';
}
