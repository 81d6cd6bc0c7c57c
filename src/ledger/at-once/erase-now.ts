import type mongoose from 'mongoose';
import { isTransient } from '../../base/db/faults.ts';
import { inTransaction } from '../../base/db/transaction.ts';
import type { FoundRecord } from '../../engine/by-id.ts';
import { collectionOf } from '../../engine/collection.ts';
import { fileFieldsOf } from '../../engine/file-fields.ts';
import { allOf } from '../../engine/filter.ts';
import { scopeOf } from '../../engine/owner.ts';
import { type AccountValue, assertAccount } from '../../engine/subject.ts';
import { coalesce } from '../../lib/coalesce.ts';
import { randomText } from '../../lib/random-text.ts';
import { isSpeakable } from '../../phone/hide-digits.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuditEvent } from '../audit/entry.ts';
import { untilAppended } from '../audit/until-appended.ts';
import { changeWithin } from '../recordings/change-with-files.ts';
import type { FileOwner, Files } from '../recordings/files.ts';

/** An erasure of records that were found by their id. */
interface RecordErasure extends Pick<AuditEvent, 'action' | 'reason'> {
  readonly account: Account;
  /** The id of the key that asks. */
  readonly keyId: string;
  /** What the records were found by. The audit's reference, unless a number may stand in it. */
  readonly id: string;
  readonly found: readonly FoundRecord[];
}

/** Erases records at once. @returns how many were changed, by the names of the data map */
export type EraseNow = (erasure: RecordErasure) => Promise<Readonly<Record<string, number>>>;

export interface EraseNowDependencies {
  readonly db: mongoose.mongo.Db;
  readonly audit: Audit;
  readonly files: Files;
  readonly now: () => Date;
}

/** Erasures of one transaction. */
const JOINED_AT_MOST = 32;
/** How long they are tried for while others append to the account's chain. */
const CHAIN_MS = 8_000;
/** How long an answer waits for files to be removed. */
const FILES_MS = 5_000;

interface Outcome {
  readonly changed: Readonly<Record<string, number>>;
  readonly files: FileOwner;
}

/**
 * Changes records by their id: the change, its place in the audit and the files to be removed are one transaction.
 * Erasures of one account that come side by side share it, because all of them append to the same chain; one that cannot
 * be done does not hinder the others.
 * @returns the function that erases. It counts no record when nothing was left to change, and then there is no entry in
 * the audit
 */
export function createEraseNow(deps: EraseNowDependencies): EraseNow {
  const { db, audit, files, now } = deps;

  const together = async (erasures: readonly RecordErasure[]): Promise<Outcome[]> => {
    let outcomes: Outcome[] = [];
    const transaction = () =>
      inTransaction(db, async (session) => {
        outcomes = [];
        for (const erasure of erasures) outcomes.push(await change(erasure, session));
        const entries = erasures.flatMap((erasure, index) => entryOf(erasure, outcomes[index], now()));
        await audit.appendWithin(entries, session);
      });
    await untilAppended(transaction, CHAIN_MS);
    return outcomes;
  };

  const change = async ({ account, found }: RecordErasure, session: mongoose.mongo.ClientSession): Promise<Outcome> => {
    const files = { account: account._id, reference: randomText(15) };
    const changed: Record<string, number> = {};
    for (const one of found) {
      if (await changeById(deps, one, account.records_id, files, now(), session))
        changed[one.rule.name] = (changed[one.rule.name] ?? 0) + 1;
    }
    return { changed, files };
  };

  const joined = coalesce<RecordErasure, Outcome | { failure: unknown }>(async (_account, erasures) => {
    try {
      return await together(erasures);
    } catch (error) {
      if (erasures.length === 1 || isTransient(error)) throw error;
    }
    // One of them cannot be done: try each alone.
    const outcomes: (Outcome | { failure: unknown })[] = [];
    for (const erasure of erasures)
      outcomes.push(...(await together([erasure]).catch((failure: unknown) => [{ failure }])));
    return outcomes;
  }, JOINED_AT_MOST);

  return async (erasure) => {
    const outcome = await joined(erasure.account._id, erasure);
    if ('failure' in outcome) throw outcome.failure;
    // What cannot be removed now is in the outbox, and workers go on with it.
    if (files.stored && Object.keys(outcome.changed).length > 0)
      await files.removeNow(outcome.files, AbortSignal.timeout(FILES_MS)).catch(() => {});
    return outcome.changed;
  };
}

function entryOf(erasure: RecordErasure, outcome: Outcome | undefined, at: Date): AuditEvent[] {
  if (!outcome || Object.keys(outcome.changed).length === 0) return [];
  const { account, keyId, action, reason, id } = erasure;
  const reference = isSpeakable(id) ? id : outcome.files.reference;
  return [{ account: account._id, actor: keyId, action, reason, reference, at, counts: outcome.changed }];
}

/**
 * Does to a record that was found what its profile says, unless it was redacted before, as part of a transaction. The
 * files it refers to are written down with it: remove them by `files.removeNow(owner, …)` once it is committed.
 * @param owner whose the files are
 * @returns whether the record was changed: a repeat finds nothing to do
 * @throws TypeError without an account; ErasureFailure `unusable_file`, `unsupported_type`: nothing is changed then
 */
async function changeById(
  deps: { readonly db: mongoose.mongo.Db; readonly files: Files },
  { rule, record }: FoundRecord,
  account: AccountValue,
  owner: FileOwner,
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
  return (await changeWithin(deps, owner, place, [record._id], session)) === 1;
}
