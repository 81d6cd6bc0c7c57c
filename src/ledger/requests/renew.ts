import type mongoose from 'mongoose';
import { isDuplicateKey } from '../../base/db/faults.ts';
import { inTransaction } from '../../base/db/transaction.ts';
import type { SealedPlace } from '../../base/keys/rewrap.ts';
import { keyIdOf, type Seal } from '../../base/keys/seal.ts';
import type { Tokens } from '../../base/keys/token.ts';
import { numberSubject } from '../../engine/subject.ts';
import type { Accounts } from '../accounts/accounts.ts';
import type { CountriesOf } from '../accounts/countries.ts';
import { sealedInKeys } from '../references/keys.ts';
import type { Suppressions } from '../suppression/suppression.ts';
import { sealedInIds } from './announced.ts';
import { type ErasureRequest, REQUESTS, requestsOf, suppressionContext } from './ledger.ts';
import { sealedInWritings } from './writings.ts';

/** A condition on the key of the partial index. */
const OPEN = { unfinished: true as const, due_at: { $gt: new Date(0) } };

/** Open requests, as a place where sealed texts stand. */
export const SEALED_REQUESTS: SealedPlace<ErasureRequest> = {
  collection: REQUESTS,
  filter: OPEN,
  sealedIn: ({
    reference,
    sealed,
    sealed_writings,
    references = {},
    announced = [],
    refused = [],
    selector,
    suppressed_before: before,
  }) => [
    ...(sealed === undefined ? [] : [{ path: 'sealed', text: sealed, context: reference }]),
    ...sealedInWritings(sealed_writings, reference),
    ...sealedInKeys(references, reference),
    ...sealedInIds({ announced, refused, 'selector.late.records': lateRecords(selector) }, reference),
    ...(before?.row === undefined
      ? []
      : [{ path: 'suppressed_before.row', text: before.row, context: suppressionContext(reference) }]),
  ],
};

function lateRecords(selector: ErasureRequest['selector']) {
  return selector.by === 'number' ? (selector.late?.records ?? []) : [];
}

export interface RenewDependencies {
  readonly db: mongoose.mongo.Db;
  readonly seal: Seal;
  readonly tokens: Tokens;
  readonly suppressions: Suppressions;
  readonly accounts: Pick<Accounts, 'find'>;
  readonly countriesOf: CountriesOf;
}

/**
 * Makes the tokens of open requests anew under the current key, and those of their suppressions: while a request is open its
 * number is at hand. Of a completed one the token is all there is.
 * @returns how many requests
 * @throws what the database throws
 */
export async function renewTokens(deps: RenewDependencies, now: Date): Promise<number> {
  const { db, tokens } = deps;
  // A token of a request about the past has its moment in it, too; one about late records says that it is one.
  const rows = requestsOf(db).find({
    ...OPEN,
    profile: 'forget',
    'selector.by': 'number',
    'selector.before': { $exists: false },
    'selector.late': { $exists: false },
  });
  let renewed = 0;
  for await (const request of rows) {
    const isCurrent = keyIdOf(request.token) === tokens.currentId;
    if (!isCurrent && request.sealed !== undefined && (await renewToken(deps, request, request.sealed, now)))
      renewed += 1;
  }
  return renewed;
}

/** Thrown inside the transaction to roll it back: the request was completed meanwhile. */
class Completed extends Error {}

async function renewToken(
  { db, seal, tokens, suppressions, accounts, countriesOf }: RenewDependencies,
  { _id, account_id, reference, token }: ErasureRequest,
  sealed: string,
  now: Date,
): Promise<boolean> {
  const account = await accounts.find(account_id);
  if (!account) return false;
  try {
    const number = seal.open(sealed, reference);
    const fresh = tokens.current(account_id, number);
    const subject = numberSubject(number, account.records_id, fresh, now, countriesOf(account));
    await inTransaction(db, async (session) => {
      const filter = { _id, account_id, unfinished: true as const, token };
      const changed = await requestsOf(db).updateOne(filter, { $set: { token: fresh } }, { session });
      if (changed.matchedCount === 0) throw new Completed();
      await suppressions.renewToken(subject, tokens.allTokens(account_id, number), session);
    });
    return true;
  } catch (error) {
    // Left as it is: one without its key, one whose number was asked for again or suppressed under both keys.
    if (error instanceof Completed || isDuplicateKey(error) || (error as Error).name === 'ErasureFailure') return false;
    throw error;
  }
}
