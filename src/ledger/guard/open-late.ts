import mongoose from 'mongoose';
import { isDuplicateKey } from '../../base/db/faults.ts';
import { inTransaction } from '../../base/db/transaction.ts';
import type { Seal } from '../../base/keys/seal.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Audit } from '../audit/audit.ts';
import { untilAppended } from '../audit/until-appended.ts';
import { LATE_REASON } from '../audit/words.ts';
import { storeAnnounced } from '../requests/announced.ts';
import { lateToken } from '../requests/late-token.ts';
import { type ErasureRequest, requestsOf } from '../requests/ledger.ts';
import { draftRequest } from '../requests/open-request.ts';
import type { NoteNews } from '../webhooks/news.ts';
import type { LatePerson } from './look.ts';

export interface OpenLateDependencies {
  readonly db: mongoose.mongo.Db;
  readonly seal: Seal;
  readonly audit: Pick<Audit, 'appendWithin'>;
  readonly deadlineMs: number;
  readonly graceMs: number;
  readonly now: () => Date;
  /** Notes what webhooks are to be told. */
  readonly note: NoteNews;
}

/** The audit's word for who found it. */
const GUARD_ACTOR = 'guard';
/** How long another process may take the account's next place in the audit first. */
const CHAIN_MS = 8_000;

interface OpenedLate {
  readonly request: Pick<ErasureRequest, 'account_id' | 'reference' | 'generation'>;
  /** Is it new? */
  readonly fresh: boolean;
}

interface HowLate {
  /** Do records without a time count? */
  readonly undated: boolean;
  /** Does the number belong on the suppression list? */
  readonly suppressed: boolean;
  /** Looks at the records again: a request that ended since they were read has erased them. */
  readonly isStillLate: () => Promise<boolean>;
}

/**
 * Opens a request for a person's late records, with its audit entry, in one transaction. One that is unfinished is told to
 * look once more instead.
 * @returns null: nothing of it is there any more
 */
export async function openLate(
  deps: OpenLateDependencies,
  account: Account,
  { number, tombstone, named, counts }: LatePerson,
  { isStillLate, ...how }: HowLate,
): Promise<OpenedLate | null> {
  const { db, seal, audit, deadlineMs, graceMs, now } = deps;
  const { token, reference, cut_off: before } = tombstone;
  const found = [...named].map(([name, ids]) => ({ target: name, name, ids }));
  const draft = draftRequest({
    account_id: account._id,
    profile: 'forget',
    selector: { by: 'number', late: { before, ...how, reference, records: [] } },
    token: lateToken(token),
    requested_by: GUARD_ACTOR,
    keep_suppression: how.suppressed,
    seal: (own) => seal.close(number, own),
    now: now(),
    deadlineMs,
    graceMs,
  });
  const { $push } = await deps.note(account._id, { type: 'erasure.late_record', at: now() });
  const late = { before, ...how, reference, records: storeAnnounced(seal, found, draft.reference) };
  const request: ErasureRequest = { ...draft, selector: { by: 'number', late }, ...($push && { news: [$push.news] }) };
  const write = () =>
    inTransaction(db, async (session) => {
      await requestsOf(db).insertOne(request, { session });
      await audit.appendWithin(
        {
          account: account._id,
          actor: GUARD_ACTOR,
          action: 'data.late',
          reason: LATE_REASON,
          at: now(),
          counts,
          reference: request.reference,
          token,
        },
        session,
      );
    });
  const { account_id, profile } = request;
  const key = { account_id, profile, token: request.token, unfinished: true as const };
  const tellUnfinished = async (): Promise<OpenedLate['request'] | null> => {
    const unfinished = await requestsOf(db).findOne(key, {
      projection: { reference: 1, account_id: 1, generation: 1 },
    });
    if (unfinished === null) return null;
    const records = storeAnnounced(seal, found, unfinished.reference);
    const told = await requestsOf(db).updateOne(
      { ...key, reference: unfinished.reference },
      {
        // A fresh id, so that the update really writes and conflicts with a completion under way.
        $set: { asked_again: new mongoose.mongo.ObjectId() },
        ...(records.length > 0 && { $push: { 'selector.late.records': { $each: records } } as never }),
      },
    );
    // Null: it was completed meanwhile.
    return told.matchedCount === 1 ? unfinished : null;
  };
  for (;;) {
    const told = await tellUnfinished();
    if (told !== null) return { request: told, fresh: false };
    if (!(await isStillLate())) return null;
    try {
      await untilAppended(write, CHAIN_MS);
      return { request, fresh: true };
    } catch (error) {
      // Somebody opened one meanwhile.
      if (!isDuplicateKey(error)) throw error;
    }
  }
}
