import { LetheError } from '../../base/errors.ts';
import { inEveryWriting } from '../../engine/subject.ts';
import type { Account } from '../../ledger/accounts/accounts.ts';
import { type ErasureRequest, requestsOf } from '../../ledger/requests/ledger.ts';
import { readProgress, type ScanProgress } from '../../ledger/scan/progress.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { type AcceptDependencies, findUnfinished, isAffiliated, rehearseForget, subjectOf } from './accept.ts';

/** What can be said of a number to who asks whether it is gone. */
const STANDINGS = ['gone', 'on_its_way', 'failed', 'never_asked'] as const;

export interface NumberStanding {
  readonly state: (typeof STANDINGS)[number];
  readonly suppressed: boolean;
  /** The newest request for the number that was not called off; null when nobody asked. */
  readonly request: ErasureRequest | null;
  /** Of the scan that the request waits for. */
  readonly progress: ScanProgress | undefined;
  /** Of a number that is gone: has it come on record again since? */
  readonly heldAgain: boolean;
}

/** How a number stands on an account: by look-ups in indexes, and nothing of the records is read. */
export async function readStanding(
  deps: AcceptDependencies,
  account: Account,
  number: PhoneNumber,
  now: Date,
): Promise<NumberStanding> {
  const tokens = deps.tokens.allTokens(account._id, number);
  const subject = subjectOf(deps, { account, number }, now);
  const [suppressed, request] = await Promise.all([
    deps.suppressions.has(inEveryWriting(subject), tokens),
    requestsOf(deps.db).findOne(
      { account_id: account._id, token: { $in: [...tokens] }, profile: 'forget', state: { $ne: 'cancelled' } },
      { sort: { created_at: -1 }, projection: { announced: 0, sealed: 0, lease: 0 } },
    ),
  ]);
  const state = stateOf(request);
  return {
    state,
    suppressed,
    request,
    progress: request ? (await readProgress(deps.db, [request])).get(request) : undefined,
    heldAgain: state === 'gone' && (await isAffiliated(deps, subject, tokens, false)),
  };
}

function stateOf(request: ErasureRequest | null): NumberStanding['state'] {
  if (request === null) return 'never_asked';
  if (request.state === 'completed') return 'gone';
  return request.state === 'failed' ? 'failed' : 'on_its_way';
}

export interface Preview {
  /** Records that would be erased, by the names of the data map. */
  readonly counts: Readonly<Record<string, number>>;
  /** The reference of the request that is under way already. */
  readonly already: string | null;
}

/** What a forget would erase: nothing is changed, and a number that nobody holds is no error. */
export async function previewForget(
  deps: AcceptDependencies,
  input: { readonly account: Account; readonly actor: string; readonly number: PhoneNumber },
  now: Date,
): Promise<Preview> {
  const { account, number } = input;
  const [unfinished, counts] = await Promise.all([
    findUnfinished(deps, account, deps.tokens.allTokens(account._id, number)),
    rehearseForget(deps, { ...input, unsuppress: false }, now).catch((error: unknown) => {
      if (error instanceof LetheError && error.errorName === 'no_affiliation') return {};
      throw error;
    }),
  ]);
  return { counts, already: unfinished?.reference ?? null };
}
