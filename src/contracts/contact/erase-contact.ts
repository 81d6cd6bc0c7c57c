import type mongoose from 'mongoose';
import { inTransaction } from '../../base/db/transaction.ts';
import { ErasureFailure } from '../../base/errors.ts';
import type { Tokens } from '../../base/keys/token.ts';
import { changeAtOnce, selectAtOnce, TooManyRecords } from '../../engine/at-once.ts';
import type { FoundFile } from '../../engine/file-fields.ts';
import { profileFor } from '../../engine/map/profile.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import { compilePlan } from '../../engine/plan.ts';
import { referencesOf } from '../../engine/references.ts';
import type { RecordStore } from '../../engine/store.ts';
import { inEveryWriting, numberSubject } from '../../engine/subject.ts';
import type { Account } from '../../ledger/accounts/accounts.ts';
import type { StatedCountriesOf } from '../../ledger/accounts/countries.ts';
import type { Audit } from '../../ledger/audit/audit.ts';
import { untilAppended } from '../../ledger/audit/until-appended.ts';
import { AUDIT_WORDS } from '../../ledger/audit/words.ts';
import type { FileOwner, Files } from '../../ledger/recordings/files.ts';
import { changeBelow } from '../../ledger/references/below.ts';
import { createFollower } from '../../ledger/references/follower.ts';
import { coalesce } from '../../lib/coalesce.ts';
import { randomText } from '../../lib/random-text.ts';
import type { PhoneNumber } from '../../phone/number.ts';

export interface ContactDependencies {
  readonly db: mongoose.mongo.Db;
  readonly dataMap: DataMap;
  readonly store: RecordStore;
  readonly statedCountriesOf: StatedCountriesOf;
  readonly tokens: Tokens;
  readonly audit: Audit;
  readonly files: Files;
  /** The law it is done under, for the audit. */
  readonly reason: string;
  /** Records that may be changed in the one transaction. */
  readonly limit: number;
}

export interface ContactErasure {
  readonly account: Account;
  /** The key or the person that asks, as the audit names them. */
  readonly actor: string;
  readonly number: PhoneNumber;
}

export interface ErasedContact {
  /** Call and message records that were changed. */
  readonly records: number;
  /** Owner of the recording files to remove now; undefined: there are none. */
  readonly files?: FileOwner;
}

/** A transaction of MongoDB may take a minute; a customer waits for less. */
const LONGEST_MS = 20_000;

/**
 * Erases a person's words from the account's calls and messages, and from those that their records are known by, in one transaction with its audit entry and the
 * outbox of recording files: all of it happened when this returns, and none of it when it throws. Numbers and
 * suppressions stay (NDPR article 3.1(9), as the contract's document reads it).
 * @returns the function that does so
 */
export function createContactErasure(
  deps: ContactDependencies,
): (input: ContactErasure, now: Date) => Promise<ErasedContact> {
  const { db, store, tokens, audit, files } = deps;
  const { dataMap } = deps;
  const profile = profileFor('contact', dataMap);
  const tree = referencesOf(dataMap, profile);
  const { rules } = compilePlan(dataMap, profile);
  // One at a time for each account: all append to one chain, and side by side they would make each other begin anew.
  const inTurn = coalesce<() => Promise<void>, void>((_account, works) => Promise.all(works.map((work) => work())), 1);

  /** @throws TooManyRecords, ErasureFailure, and what the database throws: then nothing was changed, or all of it */
  return async ({ account, actor, number }, now) => {
    const token = tokens.current(account._id, number);
    // Numbers of every country are served: one is national where its account says nothing else. No scan makes up for a
    // writing that is too rare for the look-ups.
    const subject = inEveryWriting(
      numberSubject(number, account.records_id, token, now, deps.statedCountriesOf(account)),
    );
    await Promise.all(
      rules.map(async (rule) => {
        if (await store.isUnreadable(rule, subject.account)) throw new ErasureFailure('unsupported_type', rule.key);
      }),
    );
    const owner = { account: account._id, reference: randomText(15) };
    let erased: ErasedContact = { records: 0 };
    const follower = createFollower(db, dataMap, { profile, tree, account: subject.account, subject, now });
    const erase = async (session: mongoose.mongo.ClientSession) => {
      // First, before anything slow: an entry appended meanwhile would make all of it be done again.
      const writeCounts = await audit.beginWithin(
        {
          account: account._id,
          actor,
          action: AUDIT_WORDS.contact.action,
          reason: deps.reason,
          at: now,
          reference: owner.reference,
          token: subject.token,
        },
        session,
      );
      const roots = await follower.readRoots(() => true, session);
      const selection = await selectAtOnce(db, rules, subject, deps.limit, session);
      await changeAtOnce(db, selection, subject, session);
      const below = await changeBelow(db, follower, subject.account, roots, deps.limit, session);
      const counts = countRecords(selection.records, below.changed);
      const records = Object.values(counts).reduce((sum, count) => sum + count, 0);
      if (records > deps.limit) throw new TooManyRecords('more records than may be changed at once');
      await writeCounts(counts);
      const found = withoutRepeats([...selection.files, ...below.files]);
      await files.add(owner, found, session);
      erased = { records, ...(found.length > 0 && { files: owner }) };
    };
    const until = performance.now() + LONGEST_MS;
    await inTurn(account._id, () =>
      untilAppended((leftMs) => inTransaction(db, erase, leftMs), until - performance.now()),
    );
    return erased;
  };
}

type Records = ReadonlyMap<string, ReadonlySet<string>>;

/** One that holds the number, and belongs to a record of the person's, is one record. */
function countRecords(...all: readonly Records[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of new Set(all.flatMap((records) => [...records.keys()])))
    counts[name] = new Set(all.flatMap((records) => [...(records.get(name) ?? [])])).size;
  return counts;
}

const withoutRepeats = (files: readonly FoundFile[]): FoundFile[] => [
  ...new Map(files.map((file) => [file.reference, file])).values(),
];
