import mongoose from 'mongoose';
import { isDuplicateKey } from '../../base/db/faults.ts';
import { coalesce } from '../../lib/coalesce.ts';
import { type Act, AUDIT, AUDIT_HEADS, type AuditEntry, type AuditSeal } from './entry.ts';
import { ChainBusy } from './until-appended.ts';

export interface Audit {
  /**
   * Appends an act to its account's chain. Acts that come side by side are appended by one write. An act whose `once`
   * is there already is left as it is.
   */
  append(act: Act): Promise<void>;
  /**
   * As `append`, inside a transaction.
   * @param acts one, or several of one account
   * @throws ChainBusy when the chain moved on meanwhile
   */
  appendWithin(acts: Act | readonly Act[], session: mongoose.mongo.ClientSession): Promise<void>;
  /**
   * Appends an act whose counts are not known yet. Others wait for the end of the transaction: what it takes long to do
   * after this is not done in vain because one of them was faster.
   * @returns writes the counts, in the same transaction
   * @throws ChainBusy as `appendWithin` does
   */
  beginWithin(
    act: Omit<Act, 'counts'>,
    session: mongoose.mongo.ClientSession,
  ): Promise<(counts: Act['counts']) => Promise<void>>;
}

/** What `lethe audit verify` finds wrong with a chain. */
export interface AuditFault {
  readonly account: string;
  readonly seq: number;
  /** The last of several in a row that are missing. */
  readonly through?: number;
  readonly fault: 'changed' | 'missing' | 'out of order' | 'of a token key that is not at hand';
}

interface Head {
  readonly _id: string;
  readonly seq: number;
}

const JOINED_AT_MOST = 200;
const TRIES = 50;

export function createAudit(db: mongoose.mongo.Db, seal: AuditSeal): Audit {
  const entries = db.collection<AuditEntry>(AUDIT);
  const heads = db.collection<Head>(AUDIT_HEADS);
  const last = (account: string, session?: mongoose.mongo.ClientSession) =>
    entries.findOne(
      { account_id: account },
      { sort: { seq: -1 }, projection: { seq: 1, mac: 1 }, ...(session && { session }) },
    );

  const appendJoined = coalesce<Act, void>(async (account, acts) => {
    for (let turn = 1; ; turn += 1) {
      const fresh = await withoutRepeats(account, acts);
      if (fresh.length === 0) break;
      const chain = link(fresh, await last(account), seal);
      try {
        await entries.insertMany(chain, { ordered: true });
        await heads.updateOne({ _id: account }, { $max: { seq: chain.at(-1)?.seq ?? 0 } }, { upsert: true });
        break;
      } catch (error) {
        // Another process appended first, or repeated one of these acts: link again behind what is there now.
        if (!isDuplicateKey(error) || turn >= TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * turn));
      }
    }
    return acts.map(() => undefined);
  }, JOINED_AT_MOST);

  const insertWithin = async (chain: readonly AuditEntry[], session: mongoose.mongo.ClientSession): Promise<void> => {
    const end = chain.at(-1);
    if (!end) return;
    try {
      await entries.insertMany(chain, { session });
    } catch (error) {
      throw isDuplicateKey(error) ? new ChainBusy() : error;
    }
    await heads.updateOne({ _id: end.account_id }, { $max: { seq: end.seq } }, { upsert: true, session });
  };

  const withoutRepeats = async (account: string, acts: readonly Act[]): Promise<Act[]> => {
    const marks = acts.flatMap((act) => (act.once === undefined ? [] : [act.once]));
    if (marks.length === 0) return [...acts];
    const known = await entries
      .find({ account_id: account, once: { $in: marks } }, { projection: { once: 1 } })
      .toArray();
    const seen = new Set(known.map((entry) => entry.once));
    return acts.filter((act) => {
      if (act.once === undefined) return true;
      const first = !seen.has(act.once);
      seen.add(act.once);
      return first;
    });
  };

  return {
    append: (act) => appendJoined(act.account, act),
    async appendWithin(acts, session) {
      const all = [acts].flat();
      const [first] = all;
      if (!first) return;
      if (all.some((act) => act.account !== first.account)) throw new TypeError('acts of one account');
      await insertWithin(link(all, await last(first.account, session), seal), session);
    },
    async beginWithin(act, session) {
      const before = await last(act.account, session);
      const begun = link([{ ...act, counts: {} }], before, seal);
      await insertWithin(begun, session);
      return async (counts) => {
        for (const { _id, ...entry } of link([{ ...act, counts }], before, seal))
          await entries.replaceOne({ account_id: act.account, seq: entry.seq }, entry, { session });
      };
    },
  };
}

function link(acts: readonly Act[], before: Pick<AuditEntry, 'seq' | 'mac'> | null, seal: AuditSeal): AuditEntry[] {
  let { seq, mac: previous } = before ?? { seq: 0, mac: '' };
  return acts.map(({ account, ...act }) => {
    seq += 1;
    const body = { ...act, account_id: account, seq, previous };
    const entry: AuditEntry = { _id: new mongoose.mongo.ObjectId(), ...body, mac: seal.mac(body) };
    previous = entry.mac;
    return entry;
  });
}

/**
 * Walks the chains and yields what is wrong: an entry changed, one taken out (also at the end: the head remembers how
 * far the chain went), two in each other's place.
 * @param account one account; all of them without
 */
export async function* verifyAudit(
  db: mongoose.mongo.Db,
  seal: AuditSeal,
  account?: string,
): AsyncGenerator<AuditFault> {
  const filter = account === undefined ? {} : { account_id: account };
  // Before the entries: a head that moves on while they are read would tell of entries that this walk has not seen.
  const heads = await db
    .collection<Head>(AUDIT_HEADS)
    .find(account === undefined ? {} : { _id: account })
    .toArray();
  const ends = new Map<string, number>();
  let before: AuditEntry | null = null;
  let sound = true;
  for await (const entry of db.collection<AuditEntry>(AUDIT).find(filter).sort({ account_id: 1, seq: 1 })) {
    const sameChain: boolean = before?.account_id === entry.account_id;
    if (!sameChain) sound = true;
    const expected: number = sameChain && before ? before.seq + 1 : 1;
    const previous: string = sameChain && before ? before.mac : '';
    yield* findGap(entry.account_id, expected, entry.seq - 1);
    const genuine = seal.isGenuine(entry);
    if (!genuine) yield { account: entry.account_id, seq: entry.seq, fault: faultOf(entry, seal) };
    else if (sound && entry.seq === expected && entry.previous !== previous)
      yield { account: entry.account_id, seq: entry.seq, fault: 'out of order' };
    // The link to an entry that is itself wrong says nothing about the one behind it.
    sound = genuine;
    ends.set(entry.account_id, entry.seq);
    before = entry;
  }
  for (const head of heads) yield* findGap(head._id, (ends.get(head._id) ?? 0) + 1, head.seq);
}

/** One fault however many are missing: a forged number would be as many as it says. */
function* findGap(account: string, from: number, through: number): Generator<AuditFault> {
  if (through >= from) yield { account, seq: from, ...(through > from && { through }), fault: 'missing' };
}

/** Was an act of this account ever written down? */
export async function hasChain(db: mongoose.mongo.Db, account: string): Promise<boolean> {
  const [head, entry] = await Promise.all([
    db.collection<Head>(AUDIT_HEADS).findOne({ _id: account }),
    db.collection<AuditEntry>(AUDIT).findOne({ account_id: account }),
  ]);
  return head !== null || entry !== null;
}

/** How far around its place an entry that is not genuine there is tried. */
const REACH = 10_000;

/** An entry that would be genuine in another place was moved; one that is genuine nowhere was changed. */
function faultOf(entry: AuditEntry, seal: AuditSeal): AuditFault['fault'] {
  if (!seal.hasKeyOf(entry)) return 'of a token key that is not at hand';
  // No chain is that long, and counting on from there comes to no end.
  if (!Number.isSafeInteger(entry.seq)) return 'changed';
  for (let seq = Math.max(1, entry.seq - REACH); seq <= entry.seq + REACH; seq += 1) {
    if (seal.isGenuine({ ...entry, seq })) return 'out of order';
  }
  return 'changed';
}
