import { readBatches } from '../../engine/scan/read-place.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import type { Account, Accounts } from '../accounts/accounts.ts';
import type { Circle } from '../scan/circle.ts';
import type { Suppressions } from '../suppression/suppression.ts';
import { readExported } from '../tombstones/export.ts';
import type { TombstoneStore } from '../tombstones/store.ts';
import { accountsWithTombstones, addTombstones, adoptCompleted, type Tombstone } from '../tombstones/tombstones.ts';
import { createLook, isStillLate, type LatePerson, type LookDependencies } from './look.ts';
import { type OpenLateDependencies, openLate } from './open-late.ts';

export interface ReconcileDependencies extends LookDependencies, OpenLateDependencies {
  readonly accounts: Pick<Accounts, 'find'>;
  readonly circleOf: (account: Account) => Circle;
  readonly suppressions: Pick<Suppressions, 'addToken'>;
  /** Where tombstones are kept outside of the database. */
  readonly store: TombstoneStore | null;
}

export interface ReconcileOptions {
  /** Only people who were forgotten at this moment or later: those a backup of that time does not know of. */
  readonly since?: Date | undefined;
  readonly onProgress: (progress: { place: string; read: number; total: number }) => void;
}

/** Tombstones that the ledger had lost. */
export interface Recovered {
  /** Tombstones written down outside that the ledger did not have. */
  readonly lost: number;
  /** Numbers that were put back on the suppression list, as tokens. */
  readonly suppressed: number;
  /** Lines of the export that cannot be read. */
  readonly unreadable: number;
  /** Accounts of tombstones that are not here. */
  readonly strangers: readonly string[];
}

/** What was found in one account. */
export interface Reconciled {
  readonly account: string;
  readonly read: number;
  /** Requests for people of whom something came back. */
  readonly references: readonly string[];
}

const READ_AT_ONCE = 1_000;

/**
 * Takes back into the ledger what was written down outside and a restored backup does not know: tombstones, and their
 * numbers' places on the suppression list. Safe to repeat.
 */
export async function recoverTombstones(deps: ReconcileDependencies): Promise<Recovered> {
  const { db, store, accounts, suppressions, now } = deps;
  await adoptCompleted(db);
  const { all, unreadable } = store === null ? { all: [], unreadable: 0 } : await readExported(store);
  const known = new Map<string, Account | null>();
  for (const { account_id } of all) if (!known.has(account_id)) known.set(account_id, await accounts.find(account_id));
  const lost = await addTombstones(
    db,
    all.filter(({ account_id }) => known.get(account_id)),
  );
  let suppressed = 0;
  for (const tombstone of latestOf(lost)) {
    const account = known.get(tombstone.account_id);
    if (!account || !tombstone.suppressed) continue;
    if (await suppressions.addToken(account.records_id, tombstone.token, now())) suppressed += 1;
  }
  const strangers = [...known].filter(([, account]) => account === null).map(([id]) => id);
  return { lost: lost.length, suppressed, unreadable, strangers };
}

/** Of each number the last word. */
function latestOf(some: readonly Tombstone[]): Tombstone[] {
  const latest = new Map<string, Tombstone>();
  for (const one of some) {
    const key = `${one.account_id} ${one.token}`;
    const known = latest.get(key);
    if (known === undefined || known.cut_off < one.cut_off) latest.set(key, one);
  }
  return [...latest.values()];
}

/**
 * Reads every record of every account in which somebody was forgotten, and opens a request for each person of whom
 * something is there that is older than their completion, or of which nothing tells when it came to be.
 */
export async function* reconcile(deps: ReconcileDependencies, options: ReconcileOptions): AsyncGenerator<Reconciled> {
  for (const id of await accountsWithTombstones(deps.db)) {
    const account = await deps.accounts.find(id);
    if (account !== null) yield await reconcileAccount(deps, account, options);
  }
}

async function reconcileAccount(
  deps: ReconcileDependencies,
  account: Account,
  { since, onProgress }: ReconcileOptions,
): Promise<Reconciled> {
  const circle = deps.circleOf(account);
  const look = createLook(deps, account, {
    isUndatedLate: async () => true,
    concerns: ({ cut_off }) => since === undefined || cut_off >= since,
  });
  const references = new Set<string>();
  let read = 0;
  for (const place of circle.places) {
    const people = new Map<PhoneNumber, LatePerson>();
    for await (const { records } of readBatches(place, undefined, READ_AT_ONCE)) {
      await look(circle, place, records, people);
      for (const person of people.values()) {
        const { suppressed } = person.tombstone;
        const opened = await openLate(deps, account, person, {
          ...{ undated: true, suppressed, isStillLate: () => isStillLate(look, circle, person) },
        });
        if (opened) references.add(opened.request.reference);
      }
      people.clear();
      read += records.length;
      onProgress({ place: place.key, read, total: 0 });
    }
  }
  return { account: account._id, read, references: [...references] };
}
