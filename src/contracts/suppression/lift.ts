import type mongoose from 'mongoose';
import { inTransaction } from '../../base/db/transaction.ts';
import { LetheError } from '../../base/errors.ts';
import type { Subject } from '../../engine/subject.ts';
import type { Audit } from '../../ledger/audit/audit.ts';
import { untilAppended } from '../../ledger/audit/until-appended.ts';
import { requestsOf } from '../../ledger/requests/ledger.ts';
import type { SuppressedRows } from '../../ledger/suppression/suppressed.ts';

export interface LiftInput {
  /** The id of the account. */
  readonly account: string;
  readonly actor: string;
  readonly subject: Subject;
  /** Every token of the number. */
  readonly tokens: readonly string[];
  /** Why, in somebody's words, without a number. */
  readonly reason: string;
  readonly now: Date;
}

/** How long it is tried while other entries are appended to the account's audit. */
const CHAIN_MS = 8_000;

/**
 * Takes a number off the suppression list, and writes that into the audit, both or neither. Rows that the platform itself
 * has put there are the platform's.
 * @throws LetheError `no_records` when Lethe suppresses no such number; `conflict` while it is being forgotten: it must not
 * be written to before that is done
 */
export async function liftSuppression(
  { db, rows, audit }: { readonly db: mongoose.mongo.Db; readonly rows: SuppressedRows; readonly audit: Audit },
  { account, actor, subject, tokens, reason, now }: LiftInput,
): Promise<void> {
  const open = { account_id: account, token: { $in: [...tokens] }, profile: 'forget', unfinished: true } as const;
  const lift = () =>
    inTransaction(db, async (session) => {
      if ((await requestsOf(db).findOne(open, { session, projection: { _id: 1 } })) !== null)
        throw new LetheError('conflict', 'The number is being forgotten: it stays suppressed until that is done');
      if ((await rows.remove(subject, tokens, session)) === 0) throw new LetheError('no_records');
      await audit.appendWithin(
        { account, actor, action: 'suppression.lift', reason, at: now, counts: {}, token: subject.token },
        session,
      );
    });
  await untilAppended(lift, CHAIN_MS);
}
