import type mongoose from 'mongoose';
import { isTransient } from '../../base/db/faults.ts';
import { inTransaction } from '../../base/db/transaction.ts';
import { LetheError } from '../../base/errors.ts';
import { TooManyRecords } from '../../engine/at-once.ts';
import { type FoundRecord, writingsOf } from '../../engine/by-id.ts';
import { collectionOf } from '../../engine/collection.ts';
import { assertErased } from '../../engine/faults.ts';
import { fileFieldsOf } from '../../engine/file-fields.ts';
import { allOf, type Filter } from '../../engine/filter.ts';
import { arrayOf, readPath } from '../../engine/map/paths.ts';
import type { Profile } from '../../engine/map/profile.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import { scopeOf } from '../../engine/owner.ts';
import { keyMatcher, referencesOf } from '../../engine/references.ts';
import { statementsWithin } from '../../engine/rewrite/apply.ts';
import { wholeReader } from '../../engine/rewrite-whole.ts';
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
import { type Below, changeBelow, refuseShared } from '../references/below.ts';
import { createFollower } from '../references/follower.ts';
import { addKeys, type Keys } from '../references/keys-of.ts';

/** An erasure of records that were found by their id. */
interface RecordErasure extends Pick<AuditEvent, 'action' | 'reason'> {
  readonly account: Account;
  /** The key or the person that asks, as the audit names them. */
  readonly actor: string;
  /** What the records were found by. The audit's reference, unless a number may stand in it. */
  readonly id: string;
  readonly found: readonly FoundRecord[];
  /** The profile by which what belongs to the records goes with them; undefined: it stays. */
  readonly follow?: Profile;
}

/** Erases records at once. @returns how many were changed, by the names of the data map */
export type EraseNow = (erasure: RecordErasure) => Promise<Readonly<Record<string, number>>>;

export interface EraseNowDependencies {
  readonly db: mongoose.mongo.Db;
  readonly dataMap: DataMap;
  readonly audit: Audit;
  readonly files: Files;
  readonly now: () => Date;
}

/** Erasures of one transaction. */
const JOINED_AT_MOST = 32;
/** How long they are tried for while others append to the account's chain. */
const CHAIN_MS = 8_000;
/** Records that belong to those of one erasure: one transaction changes them all. */
const MOST_BELOW = 10_000;
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

  const change = async (erasure: RecordErasure, session: mongoose.mongo.ClientSession): Promise<Outcome> => {
    const { account, found } = erasure;
    const owner = { account: account._id, reference: randomText(15) };
    const changed: Record<string, number> = {};
    const count = (name: string, more: number) => {
      changed[name] = (changed[name] ?? 0) + more;
    };
    // The keys of what belongs to the records, before they change.
    const below = await followBelow(deps, erasure, now(), session);
    for (const one of found) if (await changeOne(deps, erasure, one, owner, now(), session)) count(one.rule.name, 1);
    const { changed: further, files: more } = await below();
    for (const [name, records] of further) count(name, records.size);
    if (files.stored && more.length > 0) await files.add(owner, more, session);
    return { changed, files: owner };
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

const NOTHING_BELOW: Below = { changed: new Map(), files: [] };

/** @returns what changes the records that belong to those of an erasure, once those are changed */
async function followBelow(
  { db, dataMap }: Pick<EraseNowDependencies, 'db' | 'dataMap'>,
  { account: { records_id: account }, found, follow }: RecordErasure,
  now: Date,
  session: mongoose.mongo.ClientSession,
): Promise<() => Promise<Below>> {
  const tree = follow && referencesOf(dataMap, follow);
  if (!tree || !found.some(({ rule }) => tree.isParent(rule.entry))) return async () => NOTHING_BELOW;
  const follower = createFollower(db, dataMap, { profile: follow, tree, account, now });
  const roots: Keys = new Map();
  for (const { rule, record } of found) {
    const itself = allOf({ _id: record._id } as Filter, scopeOf(rule.entry, account));
    // Read again: no digit of an Int64 is lost.
    const records = collectionOf(db, rule.entry, account).find(itself, { promoteLongs: false, session });
    const keys = refuseShared(await follower.readKeys(rule.entry, records, session));
    for (const [child, some] of keys) addKeys(roots, child, some);
  }
  return async () => {
    try {
      return await changeBelow(db, follower, account, { keys: roots, refused: [] }, MOST_BELOW, session);
    } catch (error) {
      if (!(error instanceof TooManyRecords)) throw error;
      throw new LetheError('unavailable', `More than ${MOST_BELOW} records belong to it. Nothing was changed.`);
    }
  };
}

function entryOf(erasure: RecordErasure, outcome: Outcome | undefined, at: Date): AuditEvent[] {
  if (!outcome || Object.keys(outcome.changed).length === 0) return [];
  const { account, actor, action, reason, id } = erasure;
  const reference = isSpeakable(id) ? id : outcome.files.reference;
  return [{ account: account._id, actor, action, reason, reference, at, counts: outcome.changed }];
}

/** @returns whether the record was changed */
function changeOne(
  deps: Pick<EraseNowDependencies, 'db' | 'files'>,
  { account: { records_id: account }, follow }: RecordErasure,
  found: FoundRecord,
  owner: FileOwner,
  now: Date,
  session: mongoose.mongo.ClientSession,
): Promise<boolean> {
  if (arrayOf(found.rule.entry.id ?? '') === '') return changeById(deps, found, account, owner, now, session);
  if (follow === undefined) throw new TypeError('a record with several ids is changed by a profile');
  return changeByIdWithin(deps, follow, found, account, owner, now, session);
}

/**
 * As `changeById`, of a record that holds several ids: where each has fields of its own, only those with this one change.
 * @throws ErasureFailure `shared_record` for a field that they have in common
 */
async function changeByIdWithin(
  { db, files }: Pick<EraseNowDependencies, 'db' | 'files'>,
  profile: Profile,
  { rule, record, id }: FoundRecord,
  account: AccountValue,
  owner: FileOwner,
  now: Date,
  session: mongoose.mongo.ClientSession,
): Promise<boolean> {
  const { entry } = rule;
  const field = readPath(entry.id ?? '');
  const array = `${arrayOf(field.text)}.`;
  const isEachOwn = [...entry.numbers, ...entry.fields].some(({ path }) => path.startsWith(array));
  const has = isEachOwn ? keyMatcher(writingsOf(id)) : () => true;
  const scope = scopeOf(entry, account);
  const collection = collectionOf(db, entry, account);
  const unmarked = entry.redacted === undefined ? {} : { [entry.redacted]: null };
  const itself = allOf({ _id: record._id } as Filter, scope, rule.only, unmarked);
  const document = await collection.findOne(itself, { promoteLongs: false, session });
  if (document === null) return false;
  const rewrite = wholeReader(entry, profile, { field, has }, now)(document);
  assertErased(rewrite, rule.name);
  if (rewrite.fate === 'unchanged') return false;
  if (files.stored) await files.add(owner, rewrite.files, session);
  // Each change names the value that was read: an element that has moved meanwhile is not taken for another.
  const statements = statementsWithin(document, rewrite, scope);
  const { matchedCount, deletedCount } = await collection.bulkWrite(statements, { session });
  return matchedCount + deletedCount > 0;
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
