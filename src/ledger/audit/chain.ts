import mongoose from 'mongoose';
import { isDuplicateKey } from '../../base/db/faults.ts';
import { AUDIT, AUDIT_HEADS, type AuditEntry, type AuditEvent, type AuditSeal } from './entry.ts';
import { ChainBusy } from './until-appended.ts';

type Db = mongoose.mongo.Db;
type Session = mongoose.mongo.ClientSession;

/** How far an account's chain goes: what the next entry is linked behind, whatever has become of the entries. */
export interface Head {
  /** The account. */
  readonly _id: string;
  /** The last entry's place; 0 before the first. */
  readonly seq: number;
  /** The last entry's mac. Heads of earlier versions have none. */
  readonly mac?: string;
}

/** Where the next entry goes. */
export interface Tip {
  readonly seq: number;
  readonly mac: string;
}

/** An event with the id of its entry. The id tells after a fault whether the entry is there. */
export interface Identified {
  readonly _id: mongoose.mongo.ObjectId;
  readonly event: AuditEvent;
}

/** The entries and heads of all accounts, as those who append to them see them. */
export interface Chains {
  /** The account's tip. A head that its writer died before moving is moved up to the entries that follow it. */
  tip(account: string, session?: Session): Promise<Tip>;
  /** Moves the head to an entry that was appended, unless somebody has moved it further. */
  moveHead(account: string, tip: Tip, session?: Session): Promise<void>;
}

/** Entries read at once behind a head that was left behind. */
const BEHIND_AT_ONCE = 500;

export function createChains(db: Db, seal: AuditSeal): Chains {
  const entries = db.collection<AuditEntry>(AUDIT);
  const heads = db.collection<Head>(AUDIT_HEADS);
  const within = (session?: Session) => (session ? { session } : {});

  /** Made by an insert: an upsert in a transaction that is repeated may break a unique index (CVE-2025-10060). */
  const readHead = async (account: string, session?: Session): Promise<Head> => {
    const head = await heads.findOne({ _id: account }, within(session));
    if (head) return head;
    const last = await entries.findOne({ account_id: account }, { sort: { seq: -1 }, ...within(session) });
    const fresh = { _id: account, seq: last?.seq ?? 0, mac: last?.mac ?? '' };
    await heads.insertOne(fresh, within(session)).catch(refusePlace);
    return fresh;
  };

  const macAt = async (account: string, seq: number, session?: Session): Promise<string> =>
    (await entries.findOne({ account_id: account, seq }, { projection: { mac: 1 }, ...within(session) }))?.mac ?? '';

  const moveHead: Chains['moveHead'] = async (account, { seq, mac }, session) => {
    await heads.updateOne({ _id: account, seq: { $lte: seq } }, { $set: { seq, mac } }, within(session));
  };

  return {
    moveHead,
    async tip(account, session) {
      const head = await readHead(account, session);
      let tip: Tip = { seq: head.seq, mac: head.mac ?? (await macAt(account, head.seq, session)) };
      for (;;) {
        const behind = await entries
          .find({ account_id: account, seq: { $gt: tip.seq } }, { sort: { seq: 1 }, ...within(session) })
          .limit(BEHIND_AT_ONCE)
          .toArray();
        const moved = behind.reduce((at, entry) => stepTo(at, entry, seal), tip);
        if (moved.seq === tip.seq) return tip;
        tip = moved;
        await moveHead(account, tip, session);
      }
    },
  };
}

/** An entry that nobody with a key has written takes its place in the row, and no entry is linked behind it. */
function stepTo(tip: Tip, entry: AuditEntry, seal: AuditSeal): Tip {
  if (entry.seq !== tip.seq + 1) return tip;
  const follows = entry.previous === tip.mac && seal.isGenuine(entry);
  return { seq: entry.seq, mac: follows ? entry.mac : tip.mac };
}

/** Another process appended first, or repeated one of these events: link again behind what is there now. */
export function refusePlace(error: unknown): never {
  throw isDuplicateKey(error) ? new ChainBusy() : error;
}

/** The entries of events, in their places behind the tip. */
export function link(events: readonly Identified[], tip: Tip, seal: AuditSeal): AuditEntry[] {
  let { seq, mac: previous } = tip;
  return events.map(({ _id, event: { account, ...event } }) => {
    seq += 1;
    const body = { ...event, account_id: account, seq, previous };
    const entry: AuditEntry = { _id, ...body, mac: seal.mac(body) };
    previous = entry.mac;
    return entry;
  });
}

/** Gives events the ids of their entries. */
export function identify(events: readonly AuditEvent[]): Identified[] {
  return events.map((event) => ({ _id: new mongoose.mongo.ObjectId(), event }));
}
