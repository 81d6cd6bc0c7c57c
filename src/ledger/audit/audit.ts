import mongoose from 'mongoose';
import { isDuplicateKey } from '../../base/db/faults.ts';
import { coalesce } from '../../lib/coalesce.ts';
import { AUDIT, AUDIT_HEADS, type AuditEntry, type AuditEvent, type AuditSeal } from './entry.ts';
import { ChainBusy, untilAppended } from './until-appended.ts';

export interface Audit {
  /**
   * Appends an event to its account's chain. Acts that come side by side are appended by one write. An event whose `once`
   * is there already is left as it is.
   */
  append(event: AuditEvent): Promise<void>;
  /**
   * As `append`, inside a transaction.
   * @param events one, or several of one account
   * @throws ChainBusy when the chain moved on meanwhile
   */
  appendWithin(events: AuditEvent | readonly AuditEvent[], session: mongoose.mongo.ClientSession): Promise<void>;
  /**
   * Appends an event whose counts are not known yet: takes our place in the chain first, since a long transaction could
   * lose it to a faster one and be repeated.
   * @returns writes the counts, in the same transaction
   * @throws ChainBusy as `appendWithin` does
   */
  beginWithin(
    event: Omit<AuditEvent, 'counts'>,
    session: mongoose.mongo.ClientSession,
  ): Promise<(counts: AuditEvent['counts']) => Promise<void>>;
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
/** How long entries are tried for while other processes append to the same chain. */
const APPEND_MS = 8_000;

export function createAudit(db: mongoose.mongo.Db, seal: AuditSeal): Audit {
  const entries = db.collection<AuditEntry>(AUDIT);
  const heads = db.collection<Head>(AUDIT_HEADS);
  const last = (account: string, session?: mongoose.mongo.ClientSession) =>
    entries.findOne(
      { account_id: account },
      { sort: { seq: -1 }, projection: { seq: 1, mac: 1 }, ...(session && { session }) },
    );

  const appendJoined = coalesce<AuditEvent, void>(async (account, events) => {
    await untilAppended(async () => {
      const fresh = await withoutRepeats(account, events);
      const chain = link(fresh, fresh.length > 0 ? await last(account) : null, seal);
      const end = chain.at(-1);
      if (!end) return;
      await entries.insertMany(chain, { ordered: true }).catch(refusePlace);
      await heads.updateOne({ _id: account }, { $max: { seq: end.seq } }, { upsert: true });
    }, APPEND_MS);
    return events.map(() => undefined);
  }, JOINED_AT_MOST);

  const insertWithin = async (chain: readonly AuditEntry[], session: mongoose.mongo.ClientSession): Promise<void> => {
    const end = chain.at(-1);
    if (!end) return;
    await entries.insertMany(chain, { session }).catch(refusePlace);
    await heads.updateOne({ _id: end.account_id }, { $max: { seq: end.seq } }, { upsert: true, session });
  };

  const withoutRepeats = async (account: string, events: readonly AuditEvent[]): Promise<AuditEvent[]> => {
    const marks = events.flatMap((event) => (event.once === undefined ? [] : [event.once]));
    if (marks.length === 0) return [...events];
    const known = await entries
      .find({ account_id: account, once: { $in: marks } }, { projection: { once: 1 } })
      .toArray();
    const seen = new Set(known.map((entry) => entry.once));
    return events.filter((event) => {
      if (event.once === undefined) return true;
      const first = !seen.has(event.once);
      seen.add(event.once);
      return first;
    });
  };

  return {
    append: (event) => appendJoined(event.account, event),
    async appendWithin(events, session) {
      const all = [events].flat();
      const [first] = all;
      if (!first) return;
      if (all.some((event) => event.account !== first.account)) throw new TypeError('events of one account');
      await insertWithin(link(all, await last(first.account, session), seal), session);
    },
    async beginWithin(event, session) {
      const before = await last(event.account, session);
      const begun = link([{ ...event, counts: {} }], before, seal);
      await insertWithin(begun, session);
      return async (counts) => {
        for (const { _id, ...entry } of link([{ ...event, counts }], before, seal))
          await entries.replaceOne({ account_id: event.account, seq: entry.seq }, entry, { session });
      };
    },
  };
}

/** Another process appended first, or repeated one of these events: link again behind what is there now. */
function refusePlace(error: unknown): never {
  throw isDuplicateKey(error) ? new ChainBusy() : error;
}

function link(
  events: readonly AuditEvent[],
  before: Pick<AuditEntry, 'seq' | 'mac'> | null,
  seal: AuditSeal,
): AuditEntry[] {
  let { seq, mac: previous } = before ?? { seq: 0, mac: '' };
  return events.map(({ account, ...event }) => {
    seq += 1;
    const body = { ...event, account_id: account, seq, previous };
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
  // Read heads first, or entries appended meanwhile would look missing.
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
    // After a bad entry, do not judge the next one's link.
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

/** Does the account have any entry? */
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
