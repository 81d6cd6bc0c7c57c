import mongoose from 'mongoose';
import type { Signer } from '../../base/keys/signer.ts';
import type { ProfileName } from '../../engine/map/categories.ts';
import { profileFor } from '../../engine/map/profile.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import { digestOf } from '../../lib/digest.ts';
import { readVersion } from '../../lib/version.ts';
import type { Head } from '../audit/chain.ts';
import { AUDIT_HEADS } from '../audit/entry.ts';
import { type ErasureRequest, requestsOf } from '../requests/ledger.ts';
import {
  RECEIPT_HEADS,
  RECEIPT_TYPE,
  RECEIPTS,
  type ReceiptClaims,
  type ReceiptDraft,
  type ReceiptHead,
  type ReceiptRow,
} from './receipt.ts';

type Session = mongoose.mongo.ClientSession;

/** Signed proof of what was completed. */
export interface Receipts {
  /**
   * Signs a receipt for each request that ends in this transaction, linked behind its account's last one. Repeated with
   * its transaction: what is signed is what the ledger says then.
   * @returns the requests, as they end
   */
  issue(drafts: readonly ReceiptDraft[], session: Session): Promise<ErasureRequest[]>;
  find(account: string, reference: string): Promise<ReceiptRow | null>;
}

/** The signing key comes with the ledger: whoever completes requests has it. */
export interface ReceiptDependencies {
  readonly db: mongoose.mongo.Db;
  readonly signer: Signer;
  readonly dataMap: DataMap;
}

export function createReceipts({ db, signer, dataMap }: ReceiptDependencies): Receipts {
  const receipts = db.collection<ReceiptRow>(RECEIPTS);
  const common = { lethe: readVersion(), data_map: digestOf(JSON.stringify(dataMap)) };
  const profiles = new Map<ProfileName, ReceiptClaims['profile']>();
  const profileOf = (name: ProfileName) => {
    const known = profiles.get(name) ?? { name, digest: digestOf(JSON.stringify(profileFor(name, dataMap))) };
    profiles.set(name, known);
    return known;
  };

  return {
    find: (account, reference) => receipts.findOne({ account_id: account, reference }),
    async issue(drafts, session) {
      if (drafts.length === 0) return [];
      // In one order, so that two transactions that meet do not wait for each other.
      const accounts = [...new Set(drafts.map(({ request }) => request.account_id))].sort();
      const ids = drafts.map(({ request }) => request._id);
      const found = await requestsOf(db)
        .find({ account_id: { $in: accounts }, _id: { $in: ids } }, { session })
        .toArray();
      const requests = new Map(found.map((request) => [request._id.toHexString(), request]));
      const { own, audits } = await readTips(db, accounts, session);
      const known = new Set(own.keys());
      const rows: ReceiptRow[] = [];
      for (const draft of drafts) {
        const request = requests.get(draft.request._id.toHexString());
        if (request === undefined) throw new TypeError('a receipt for a request that is not there');
        const { account_id } = request;
        const last = own.get(account_id);
        const claims: ReceiptClaims = {
          ...claimsOf(request, draft),
          profile: profileOf(request.profile),
          ...common,
          audit: { entry: audits.get(account_id)?.seq ?? 0, mac: audits.get(account_id)?.mac ?? '' },
          serial: (last?.seq ?? 0) + 1,
          previous: last?.hash ?? null,
        };
        const jws = await signer.sign(JSON.stringify(claims), RECEIPT_TYPE);
        const hash = digestOf(jws);
        own.set(account_id, { _id: account_id, seq: claims.serial, hash });
        rows.push({
          _id: new mongoose.mongo.ObjectId(),
          account_id,
          reference: request.reference,
          seq: claims.serial,
          mark: `${signer.keyId}.${hash}`,
          token: draft.token,
          jws,
          created_at: request.completed_at ?? new Date(),
        });
      }
      await moveHeads(
        db,
        accounts.flatMap((account) => own.get(account) ?? []),
        known,
        session,
      );
      await receipts.insertMany(rows, { session });
      return found;
    },
  };
}

/** The tips of the accounts' chains of receipts and of audits, by the account. */
async function readTips(db: mongoose.mongo.Db, accounts: readonly string[], session: Session) {
  const among = { _id: { $in: [...accounts] } };
  // One after the other: a session has one operation at a time.
  const own = await db.collection<ReceiptHead>(RECEIPT_HEADS).find(among, { session }).toArray();
  const audits = await db.collection<Head>(AUDIT_HEADS).find(among, { session }).toArray();
  return {
    own: new Map(own.map((head) => [head._id, head])),
    audits: new Map(audits.map((head) => [head._id, head])),
  };
}

/** The heads at their new places. @throws a duplicate key error when another transaction made the first one */
async function moveHeads(
  db: mongoose.mongo.Db,
  moved: readonly ReceiptHead[],
  known: ReadonlySet<string>,
  session: Session,
): Promise<void> {
  const heads = db.collection<ReceiptHead>(RECEIPT_HEADS);
  const fresh = moved.filter(({ _id }) => !known.has(_id));
  if (fresh.length > 0) await heads.insertMany(fresh, { session });
  const others = moved.filter(({ _id }) => known.has(_id));
  if (others.length > 0)
    await heads.bulkWrite(
      others.map(({ _id, seq, hash }) => ({ updateOne: { filter: { _id }, update: { $set: { seq, hash } } } })),
      { session },
    );
}

/** What the ledger and the draft say of one request. @throws TypeError when it is not completed */
function claimsOf(
  request: ErasureRequest,
  { token, looks }: ReceiptDraft,
): Omit<ReceiptClaims, 'profile' | 'data_map' | 'lethe' | 'audit' | 'serial' | 'previous'> {
  const { reference, account_id: account, created_at, due_at, completed_at, erased, scan, selector } = request;
  const late = selector.by === 'number' ? selector.late : undefined;
  if (completed_at === undefined) throw new TypeError('a receipt for a request that is not completed');
  return {
    version: 1,
    reference,
    account,
    token,
    accepted: created_at.toISOString(),
    due: due_at.toISOString(),
    completed: completed_at.toISOString(),
    erased,
    elsewhere: (scan?.elsewhere ?? []).reduce((sum, { count }) => sum + count, 0),
    files_missing: request.files_missing ?? 0,
    looks: { ...looks, ...(looks.scan === 'made' && scan?.done && { scanned: scan.done.toISOString() }) },
    ...(request.profile === 'forget' && { suppressed: request.keep_suppression }),
    ...(late && { follows: { reference: late.reference, before: late.before.toISOString() } }),
  };
}
