import mongoose from 'mongoose';
import type { Config } from '../../base/config.ts';
import { isDuplicateKey, isTransient } from '../../base/db/faults.ts';
import { inTransaction } from '../../base/db/transaction.ts';
import { LetheError } from '../../base/errors.ts';
import type { Seal } from '../../base/keys/seal.ts';
import type { Tokens } from '../../base/keys/token.ts';
import type { Plan } from '../../engine/plan.ts';
import type { RecordStore } from '../../engine/store.ts';
import { inEveryWriting, numberSubject, type Subject, withDoubtful } from '../../engine/subject.ts';
import type { Account } from '../../ledger/accounts/accounts.ts';
import type { CountriesOf } from '../../ledger/accounts/countries.ts';
import { type ErasureRequest, requestsOf, suppressionContext } from '../../ledger/requests/ledger.ts';
import { draftRequest } from '../../ledger/requests/open-request.ts';
import type { SuppressedBefore, Suppressions } from '../../ledger/suppression/suppression.ts';
import type { PhoneNumber } from '../../phone/number.ts';

export interface AcceptDependencies {
  /** How long a request can be cancelled that does not say so itself. */
  readonly config: Pick<Config, 'FORGET_GRACE_MINUTES'>;
  readonly db: mongoose.mongo.Db;
  readonly plan: Plan;
  readonly store: RecordStore;
  readonly countriesOf: CountriesOf;
  readonly suppressions: Suppressions;
  readonly tokens: Tokens;
  readonly seal: Seal;
  readonly deadlineMs: number;
  /** How long the relay leaves a fresh request to the queue. */
  readonly graceMs: number;
}

export interface ForgetInput {
  readonly account: Account;
  /** The key or the person that asks, as the audit names them. */
  readonly actor: string;
  readonly number: PhoneNumber;
  /** Take the number off the suppression list once it is erased. */
  readonly unsuppress: boolean;
  /** The batch that the number came with. */
  readonly batch?: string;
  /** How long the request can be cancelled, in minutes: nobody works on it before. The deadline does not move. */
  readonly graceMinutes?: number | undefined;
}

export interface Accepted {
  readonly request: Pick<ErasureRequest, 'reference' | 'account_id' | 'created_at' | 'generation' | 'grace_until'>;
  /** False: an unfinished request for the same number answered. */
  readonly fresh: boolean;
}

const MINUTE_MS = 60_000;

/** How long the queue keeps a request's job back, in milliseconds. */
export function delayOf({ grace_until: until }: Accepted['request'], now: Date): number {
  return until === undefined ? 0 : Math.max(0, until.getTime() - now.getTime());
}

/** A request for a number that has an unfinished one. */
interface Repeat {
  readonly subject: Subject;
  readonly allTokens: readonly string[];
  readonly unsuppress: boolean;
  readonly now: Date;
}

/**
 * Accepts a forget request: when this returns, the number is suppressed and the request is durable, both or neither
 * (one transaction, majority, journalled). It does not touch the queue.
 * @throws LetheError `no_affiliation` when the account holds nothing on the number; `unavailable` when nothing could
 * be made durable
 */
export async function acceptForget(deps: AcceptDependencies, input: ForgetInput, now: Date): Promise<Accepted> {
  const { account, number } = input;
  const allTokens = deps.tokens.allTokens(account._id, number);
  const subject = subjectOf(deps, input, now);
  const [unfinished, affiliated] = await Promise.all([
    findUnfinished(deps, account, allTokens),
    isAffiliated(deps, subject, allTokens, input.unsuppress),
  ]);
  const repeat: Repeat = { subject, allTokens, unsuppress: input.unsuppress, now };
  if (unfinished && (await noteRepeat(deps, unfinished, repeat))) return { request: unfinished, fresh: false };
  if (!affiliated) throw new LetheError('no_affiliation');

  const request = draftRequest({
    account_id: account._id,
    profile: 'forget',
    selector: { by: 'number' },
    token: subject.token,
    requested_by: input.actor,
    keep_suppression: !input.unsuppress,
    ...(input.batch !== undefined && { batch: input.batch }),
    seal: (reference) => deps.seal.close(number, reference),
    now,
    deadlineMs: deps.deadlineMs,
    graceMs: deps.graceMs,
    // Later than the deadline would be a promise broken from the beginning.
    cancellableMs: Math.min((input.graceMinutes ?? deps.config.FORGET_GRACE_MINUTES) * MINUTE_MS, deps.deadlineMs / 2),
  });
  const { suppressions } = deps;
  const write = (suppress: (session: mongoose.mongo.ClientSession) => Promise<unknown>) =>
    inTransaction(deps.db, async (session) => {
      const before = request.grace_until && (await lookBefore(deps, subject, allTokens, request.reference, session));
      // Insert the request first: the unique index stops a duplicate before it changes anything.
      await requestsOf(deps.db).insertOne({ ...request, ...(before && { suppressed_before: before }) }, { session });
      await suppress(session);
    });
  const add = (session: mongoose.mongo.ClientSession) => suppressions.add(subject, allTokens, now, session);
  const claimPlatformRow = async (session: mongoose.mongo.ClientSession) =>
    (await suppressions.claimPlatformRow(subject, allTokens, session)) || add(session);
  for (const suppress of [add, claimPlatformRow]) {
    try {
      await write(suppress);
      break;
    } catch (error) {
      if (!isDuplicateKey(error) && !isTransient(error)) throw error;
      // Either a duplicate was accepted first, or our commit's reply was lost. The ledger says which.
      const winner = await findUnfinished(deps, account, allTokens);
      if (winner?.reference === request.reference) return { request: winner, fresh: true };
      if (winner && (await noteRepeat(deps, winner, repeat))) return { request: winner, fresh: false };
      // Or the platform's own blacklist has a unique index, and a row of this number: claim it.
      if (suppress === claimPlatformRow || !isDuplicateKey(error)) throw error;
    }
  }
  return { request, fresh: true };
}

/** What a cancellation will leave of the suppression. */
function lookBefore(
  { suppressions, seal }: AcceptDependencies,
  subject: Subject,
  tokens: readonly string[],
  reference: string,
  session: mongoose.mongo.ClientSession,
): Promise<SuppressedBefore> {
  return suppressions.look(subject, tokens, (text) => seal.closeText(text, suppressionContext(reference)), session);
}

/**
 * The same request as a dry run: nothing is written.
 * @returns records that would be erased, by the names of the data map; names with none are left out
 * @throws LetheError `no_affiliation`
 */
export async function rehearseForget(
  deps: AcceptDependencies,
  input: ForgetInput,
  now: Date,
): Promise<Record<string, number>> {
  const { account, number } = input;
  const allTokens = deps.tokens.allTokens(account._id, number);
  const subject = subjectOf(deps, input, now);
  const [unfinished, affiliated] = await Promise.all([
    findUnfinished(deps, account, allTokens),
    isAffiliated(deps, subject, allTokens, input.unsuppress),
  ]);
  if (!unfinished && !affiliated) throw new LetheError('no_affiliation');
  const names = [...new Set(deps.plan.rules.map((rule) => rule.name))];
  const counts = await Promise.all(
    names.map(async (name): Promise<[string, number]> => {
      const rules = deps.plan.rules.filter((rule) => rule.name === name);
      return [name, await deps.store.count(rules, subject)];
    }),
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

/** Whose records: with what may be theirs, where the map has that erased. */
export function subjectOf(
  { tokens, countriesOf }: AcceptDependencies,
  { account, number }: Pick<ForgetInput, 'account' | 'number'>,
  now: Date,
): Subject {
  const token = tokens.current(account._id, number);
  return withDoubtful(numberSubject(number, account.records_id, token, now, countriesOf(account)));
}

export function findUnfinished(
  { db }: AcceptDependencies,
  account: Account,
  tokens: readonly string[],
): Promise<Accepted['request'] | null> {
  return requestsOf(db).findOne(
    { account_id: account._id, token: { $in: [...tokens] }, profile: 'forget', unfinished: true },
    { projection: { _id: 0, reference: 1, account_id: 1, created_at: 1, generation: 1, grace_until: 1 } },
  );
}

/**
 * Notes that an unfinished request was asked for again: whatever is on record now must be gone when it is completed.
 * The number is on the suppression list when this returns, as after the first time.
 * @returns false when the request was completed meanwhile, and answers for nothing any more
 */
async function noteRepeat(
  { db, suppressions }: AcceptDependencies,
  { account_id, reference }: Accepted['request'],
  repeat: Repeat,
): Promise<boolean> {
  const note = async (session?: mongoose.mongo.ClientSession) => {
    const noted = await requestsOf(db).updateOne(
      { account_id, reference, unfinished: true },
      {
        $set: {
          // A fresh id, so that the update really writes and conflicts with a completion under way.
          asked_again: new mongoose.mongo.ObjectId(),
          // If any caller wants the number to stay suppressed, it stays.
          ...(!repeat.unsuppress && { keep_suppression: true }),
        },
      },
      { ...(session && { session }) },
    );
    return noted.matchedCount === 1;
  };
  if (!(await note())) return false;
  if (await suppressions.hasToken(repeat.subject, repeat.allTokens)) return true;
  // The platform has taken the number off its list since.
  let open = false;
  try {
    await inTransaction(db, async (session) => {
      open = await note(session);
      if (open) await suppressions.add(repeat.subject, repeat.allTokens, repeat.now, session);
    });
    return open;
  } catch (error) {
    // Another call has put it there meanwhile.
    if (isDuplicateKey(error)) return true;
    throw error;
  }
}

/**
 * Does the account hold anything on the number? One indexed query a place, side by side. A tombstone on the suppression
 * list counts only when the request is to take the number off the list: otherwise there is nothing to do.
 */
export async function isAffiliated(
  deps: AcceptDependencies,
  subject: Subject,
  tokens: readonly string[],
  unsuppress: boolean,
): Promise<boolean> {
  const looks = [
    ...deps.plan.rules.map((rule) => deps.store.holds(rule, subject)),
    ...deps.plan.waits.map(async (wait) => (await deps.store.lastScheduled(wait, subject)) !== null),
    ...(unsuppress ? [deps.suppressions.hasToken(subject, tokens)] : []),
  ];
  if ((await Promise.all(looks)).some(Boolean)) return true;
  // Before anybody is told that nothing is held: the writings that are not usual, too.
  const every = inEveryWriting(subject);
  const rare = [
    ...deps.plan.rules.map((rule) => deps.store.holds(rule, every)),
    // What may be theirs is not nothing: the request names it as its failure, and the number is suppressed.
    ...deps.plan.rules.map((rule) => deps.store.isDoubtful(rule, every)),
    ...deps.plan.waits.map(async (wait) => (await deps.store.lastScheduled(wait, every)) !== null),
  ];
  return (await Promise.all(rare)).some(Boolean);
}
