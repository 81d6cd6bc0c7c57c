import type mongoose from 'mongoose';
import { isTransient } from '../../base/db/connection.ts';
import { inTransaction } from '../../base/db/transaction.ts';
import type { FoundRecord } from '../../engine/by-id.ts';
import { collectionOf } from '../../engine/collection.ts';
import { fileFieldsOf } from '../../engine/file-fields.ts';
import { allOf } from '../../engine/filter.ts';
import { scopeOf } from '../../engine/owner.ts';
import { type AccountValue, assertAccount } from '../../engine/subject.ts';
import { coalesce } from '../../lib/coalesce.ts';
import { isSpeakable } from '../../phone/hide-digits.ts';
import { type Account, randomText } from '../accounts/accounts.ts';
import type { Audit } from '../audit/audit.ts';
import type { Act } from '../audit/entry.ts';
import { untilAppended } from '../audit/until-appended.ts';
import { changeWithin } from '../recordings/change-with-files.ts';
import type { FileAct, Files } from '../recordings/files.ts';

/** What somebody does at once to records that were found by their id. */
interface RecordAct extends Pick<Act, 'action' | 'reason'> {
  readonly account: Account;
  /** The id of the key that asks. */
  readonly keyId: string;
  /** What the records were found by. The audit calls the act by it, unless a number may stand in it. */
  readonly id: string;
  readonly found: readonly FoundRecord[];
}

/** Does an act. @returns how many records it changed, by the names of the data map */
export type PerformAct = (act: RecordAct) => Promise<Readonly<Record<string, number>>>;

export interface RecordActDependencies {
  readonly db: mongoose.mongo.Db;
  readonly audit: Audit;
  readonly files: Files;
  readonly now: () => Date;
}

/** Acts of one transaction. */
const JOINED_AT_MOST = 32;
/** How long they are tried for while others append to the account's chain. */
const CHAIN_MS = 8_000;
/** How long an answer waits for files to be removed. */
const FILES_MS = 5_000;

interface Outcome {
  readonly changed: Readonly<Record<string, number>>;
  readonly act: FileAct;
}

/**
 * Changes records by their id: the change, its place in the audit and the files to be removed are one transaction. Acts
 * of one account that come side by side share it, because all of them append to the same chain; one that cannot be done
 * does not hinder the others.
 * @returns the function that does an act, and tells how many records it changed, by the names of the data map: none of
 * them when there was nothing left to change, and then there is no entry in the audit
 */
export function createRecordActs(deps: RecordActDependencies): PerformAct {
  const { db, audit, files, now } = deps;

  const together = async (acts: readonly RecordAct[]): Promise<Outcome[]> => {
    let outcomes: Outcome[] = [];
    const transaction = () =>
      inTransaction(db, async (session) => {
        outcomes = [];
        for (const act of acts) outcomes.push(await change(act, session));
        const entries = acts.flatMap((act, index) => entryOf(act, outcomes[index], now()));
        await audit.appendWithin(entries, session);
      });
    await untilAppended(transaction, CHAIN_MS);
    return outcomes;
  };

  const change = async ({ account, found }: RecordAct, session: mongoose.mongo.ClientSession): Promise<Outcome> => {
    const act = { account: account._id, act: randomText(15) };
    const changed: Record<string, number> = {};
    for (const one of found) {
      if (await changeById(deps, one, account.records_id, act, now(), session))
        changed[one.rule.name] = (changed[one.rule.name] ?? 0) + 1;
    }
    return { changed, act };
  };

  const joined = coalesce<RecordAct, Outcome | { failure: unknown }>(async (_account, acts) => {
    try {
      return await together(acts);
    } catch (error) {
      if (acts.length === 1 || isTransient(error)) throw error;
    }
    // One of them cannot be done; which one is seen when each is tried alone.
    const outcomes: (Outcome | { failure: unknown })[] = [];
    for (const act of acts) outcomes.push(...(await together([act]).catch((failure: unknown) => [{ failure }])));
    return outcomes;
  }, JOINED_AT_MOST);

  return async (act) => {
    const outcome = await joined(act.account._id, act);
    if ('failure' in outcome) throw outcome.failure;
    // What cannot be removed now is in the outbox, and workers go on with it.
    if (files.stored && Object.keys(outcome.changed).length > 0)
      await files.removeNow(outcome.act, AbortSignal.timeout(FILES_MS)).catch(() => {});
    return outcome.changed;
  };
}

function entryOf(act: RecordAct, outcome: Outcome | undefined, at: Date): Act[] {
  if (!outcome || Object.keys(outcome.changed).length === 0) return [];
  const { account, keyId, action, reason, id } = act;
  const reference = isSpeakable(id) ? id : outcome.act.act;
  return [{ account: account._id, actor: keyId, action, reason, reference, at, counts: outcome.changed }];
}

/**
 * Does to a record that was found what its profile says, unless it was redacted before, as part of a transaction. The
 * files it refers to are written down with it: remove them by `files.removeNow(act, …)` once it is committed.
 * @param act what the files are written down under
 * @returns whether the record was changed: a repeat finds nothing to do
 * @throws TypeError without an account; ErasureFailure `unusable_file`, `unsupported_type`: nothing is changed then
 */
async function changeById(
  deps: { readonly db: mongoose.mongo.Db; readonly files: Files },
  { rule, record }: FoundRecord,
  account: AccountValue,
  act: FileAct,
  now: Date,
  session: mongoose.mongo.ClientSession,
): Promise<boolean> {
  assertAccount(account);
  const change = rule.change(now);
  const { redacted } = rule.entry;
  const marks = change.kind === 'update' && redacted !== undefined && redacted in change.always;
  const filter = allOf(scopeOf(rule.entry, account), rule.only, marks ? { [redacted]: null } : {});
  const fields = deps.files.stored ? fileFieldsOf(rule.entry, change) : [];
  const place = { collection: collectionOf(deps.db, rule.entry, account), filter, change, fields, where: rule.key };
  return (await changeWithin(deps, act, place, [record._id], session)) === 1;
}
