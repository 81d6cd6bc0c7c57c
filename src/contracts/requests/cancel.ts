import type mongoose from 'mongoose';
import { inTransaction } from '../../base/db/transaction.ts';
import type { Seal } from '../../base/keys/seal.ts';
import type { Tokens } from '../../base/keys/token.ts';
import { numberSubject } from '../../engine/subject.ts';
import type { Account } from '../../ledger/accounts/accounts.ts';
import type { CountriesOf } from '../../ledger/accounts/countries.ts';
import type { Audit } from '../../ledger/audit/audit.ts';
import { untilAppended } from '../../ledger/audit/until-appended.ts';
import { type ErasureRequest, requestsOf, suppressionContext } from '../../ledger/requests/ledger.ts';
import type { Suppressions } from '../../ledger/suppression/suppression.ts';
import type { NoteNews } from '../../ledger/webhooks/news.ts';

export interface CancelDependencies {
  readonly db: mongoose.mongo.Db;
  readonly seal: Seal;
  readonly tokens: Tokens;
  readonly suppressions: Suppressions;
  readonly audit: Audit;
  readonly countriesOf: CountriesOf;
  /** Notes what webhooks are to be told. */
  readonly note: NoteNews;
}

/** Why a request cannot be cancelled. */
export const CANCEL_REFUSALS = {
  unknown: 'no request of this account has this reference',
  finished: 'the request is finished',
  begun: 'the erasure has begun: what is erased cannot be brought back',
  no_grace: 'the request was accepted without a time in which it can be cancelled',
} as const;
type CancelRefusal = keyof typeof CANCEL_REFUSALS;

/** How long it is tried for while others append to the account's chain. */
const CHAIN_MS = 8_000;

type Outcome = { readonly request: ErasureRequest } | { readonly refusal: CancelRefusal };

/**
 * Calls a request off before anything was erased: the number is suppressed as it was before, or not, and the sealed number
 * is gone; one transaction with the entry of the audit. A request that a worker has taken up goes on.
 * @param by the id of the key, or who else it was
 * @returns the request as it stands then, or why not
 * @throws ErasureFailure `unsealable`; what the database throws
 */
export async function cancelRequest(
  deps: CancelDependencies,
  { account, reference, by }: { readonly account: Account; readonly reference: string; readonly by: string },
  now: Date,
): Promise<Outcome> {
  const { db, seal, tokens, suppressions, audit, countriesOf, note } = deps;
  const key = { account_id: account._id, reference };
  const free = { ...key, unfinished: true as const, state: 'accepted' as const, lease: { $exists: false } };
  const news = await note(account._id, { type: 'erasure.cancelled', at: now });
  let outcome: Outcome = { refusal: 'unknown' };
  const attempt = () =>
    inTransaction(db, async (session) => {
      const known = await requestsOf(db).findOne(key, { session });
      // An attempt before this one was committed, and its answer lost.
      const isDone =
        known?.state === 'cancelled' && known.cancelled_by === by && known.cancelled_at?.getTime() === +now;
      const refusal = isDone ? null : refusalOf(known);
      outcome = refusal === null && known ? { request: known } : { refusal: refusal ?? 'unknown' };
      if (refusal !== null || known?.sealed === undefined || known.suppressed_before === undefined) return;
      // Whoever claims it meanwhile makes one of the two begin anew.
      const cancelled = await requestsOf(db).findOneAndUpdate(
        free,
        {
          $set: { state: 'cancelled', cancelled_at: now, cancelled_by: by },
          $unset: { unfinished: '', sealed: '', suppressed_before: '', asked_again: '' },
          ...news,
        },
        { session, returnDocument: 'after' },
      );
      outcome = cancelled ? { request: cancelled } : { refusal: 'begun' };
      if (!cancelled) return;
      const number = seal.open(known.sealed, reference);
      const all = [...tokens.allTokens(account._id, number), known.token];
      const subject = numberSubject(number, account.records_id, known.token, now, countriesOf(account));
      const open = (text: string) => seal.openText(text, suppressionContext(reference));
      await suppressions.restore(subject, all, known.suppressed_before, open, session);
      await audit.appendWithin(
        {
          ...{ account: account._id, actor: by, action: 'request.cancel', reason: 'called_off', at: now },
          ...{ counts: {}, reference, token: known.token },
        },
        session,
      );
    });
  await untilAppended(attempt, CHAIN_MS);
  return outcome;
}

function refusalOf(request: ErasureRequest | null): CancelRefusal | null {
  if (request === null) return 'unknown';
  if (request.unfinished !== true) return 'finished';
  if (request.suppressed_before === undefined) return 'no_grace';
  return request.state === 'accepted' && !request.lease ? null : 'begun';
}
