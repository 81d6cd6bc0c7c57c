import type mongoose from 'mongoose';
import { inTransaction } from '../../base/db/transaction.ts';
import { ErasureFailure } from '../../base/errors.ts';
import { blameRecord, type Refused } from '../../engine/by-halves.ts';
import { collectionOf } from '../../engine/collection.ts';
import { updateFailure } from '../../engine/faults.ts';
import { allBut, allOf, type Filter } from '../../engine/filter.ts';
import type { Profile } from '../../engine/map/profile.ts';
import { type CollectionMap, type DataMap, nameOf } from '../../engine/map/schema.ts';
import { ownerFilter, whereFilter } from '../../engine/owner.ts';
import { isShared, keyMatcher, keysIn, type Reference, referencesOf, selectByKeys } from '../../engine/references.ts';
import { replacementFor, statementsFor } from '../../engine/rewrite/apply.ts';
import type { Rewrite } from '../../engine/rewrite/edits.ts';
import { rewrite } from '../../engine/rewrite/rewrite.ts';
import { rewriteTheirs } from '../../engine/rewrite/rewrite-theirs.ts';
import { entriesOfCollection, rewriteRulesFor } from '../../engine/rewrite-rules.ts';
import type { Subject } from '../../engine/subject.ts';
import type { Target } from '../../engine/target.ts';
import type { CountryCode } from '../../phone/countries.ts';
import { createNumberMatcher } from '../../phone/matcher.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { createNumberReader } from '../../phone/reader.ts';
import type { FileOwner, Files } from '../recordings/files.ts';

type Document = Readonly<Record<string, unknown>>;
type Statement = mongoose.mongo.AnyBulkWriteOperation<mongoose.mongo.Document>;

export interface ReferenceDependencies {
  readonly db: mongoose.mongo.Db;
  readonly dataMap: DataMap;
  readonly countries: readonly CountryCode[];
  readonly files: Pick<Files, 'add' | 'stored'>;
}

/** Records known by others, of one request. */
export interface References {
  /** Does the map name any? */
  readonly any: boolean;
  /**
   * The keys that records have for their children, by the entry of the children; read while the records still have them.
   * @param name of the parents' entry
   * @returns beside the keys the records that several people share, and of which the map does not say what becomes of that
   */
  readKeys(
    name: string,
    ids: readonly unknown[],
  ): Promise<{ readonly keys: Map<string, unknown[]>; readonly refused: readonly Refused[] }>;
  /** @param keys by entry @returns one target an entry that has keys */
  targets(keys: ReadonlyMap<string, readonly unknown[]>): Target[];
}

/** The keys that a record has for its children, by the entry of the children. @throws ErasureFailure `shared_record` */
export type KeysOf = (name: string, document: Document, number: PhoneNumber) => Map<string, unknown[]>;

export function createKeysOf(dataMap: DataMap, profile: Profile, countries: readonly CountryCode[]): KeysOf {
  const byParent = groupByParent(referencesOf(dataMap, profile));
  const reader = createNumberReader(countries);
  return (name, document, number) => {
    const keys = new Map<string, unknown[]>();
    for (const reference of byParent.get(name) ?? []) {
      const found = keysIn(document, reference);
      if (found.length === 0) continue;
      if (isShared(document, reference, profile, number, reader)) {
        if (reference.child.shared === 'keep') continue;
        throw new ErasureFailure('shared_record', name);
      }
      const child = nameOf(reference.child);
      keys.set(child, [...(keys.get(child) ?? []), ...found]);
    }
    return keys;
  };
}

/** Keys asked for in one query. */
const KEYS_AT_ONCE = 1_000;

/** @param owner whose recordings are removed with the records */
export function createReferences(
  deps: ReferenceDependencies,
  profile: Profile,
  subject: Subject,
  owner: FileOwner,
): References {
  const { db, dataMap, countries } = deps;
  const references = referencesOf(dataMap, profile);
  const byParent = groupByParent(references);
  const keysOfRecord = createKeysOf(dataMap, profile, countries);
  const keysOf = (name: string, document: Document) => keysOfRecord(name, document, subject.number);
  const matcher = createNumberMatcher([subject.number], countries);
  const words = new Map([[subject.number, subject]]);
  /** In somebody else's record the number says nothing of whose the others are. One that is known by others is theirs. */
  const isTheirs = (parent: CollectionMap, document: Document): boolean => {
    if (parent.via !== undefined) return true;
    const rules = rewriteRulesFor(entriesOfCollection(dataMap, parent), profile, subject.account);
    const { found } = rewrite(document, rules, words, matcher, subject.now);
    const here = found.filter(({ as, name }) => as === 'mapped' && name === nameOf(parent));
    return here.length === 0 || here.some(({ own }) => own);
  };

  return {
    any: references.length > 0,
    async readKeys(name, ids) {
      const all = new Map<string, unknown[]>();
      const [first] = byParent.get(name) ?? [];
      const refused: Refused[] = [];
      if (first === undefined || ids.length === 0) return { keys: all, refused };
      const parents = collectionOf(db, first.parent, subject.account).find(
        allOf(scopeOfEntry(first.parent, subject), { _id: { $in: [...ids] } } as Filter),
        { promoteLongs: false },
      );
      for await (const document of parents) {
        if (!isTheirs(first.parent, document)) continue;
        try {
          for (const [child, keys] of keysOf(name, document)) all.set(child, [...(all.get(child) ?? []), ...keys]);
        } catch (error) {
          const failure = blameRecord(error);
          if (failure === null) throw error;
          refused.push({ name, id: document._id, why: failure.failure, where: failure.where ?? name });
        }
      }
      return { keys: all, refused };
    },
    targets: (keys) =>
      references.flatMap((reference) => {
        const own = keys.get(nameOf(reference.child)) ?? [];
        return own.length > 0 ? [childTarget(deps, profile, subject, owner, reference, own)] : [];
      }),
  };
}

function groupByParent(references: readonly Reference[]): Map<string, Reference[]> {
  const groups = new Map<string, Reference[]>();
  for (const reference of references) {
    const parent = nameOf(reference.parent);
    groups.set(parent, [...(groups.get(parent) ?? []), reference]);
  }
  return groups;
}

/** Records without an account of their own are their parents' account's. */
function scopeOfEntry(entry: CollectionMap, subject: Subject): Filter {
  const where = whereFilter(entry);
  return entry.owner.kind === 'via' ? where : allOf(ownerFilter(entry, subject.account), where);
}

/** The children of a person's records as a target: read, rewritten, and written only as long as they are what was read. */
function childTarget(
  { db, dataMap, countries, files }: ReferenceDependencies,
  profile: Profile,
  subject: Subject,
  owner: FileOwner,
  reference: Reference,
  keys: readonly unknown[],
): Target {
  const { child } = reference;
  const name = nameOf(child);
  const key = `${name}<${nameOf(reference.parent)}`;
  const collection = collectionOf(db, child, subject.account);
  const scope = scopeOfEntry(child, subject);
  const entries = entriesOfCollection(dataMap, child);
  const rules = rewriteRulesFor(entries, profile, subject.account, () => true);
  const matcher = createNumberMatcher([subject.number], countries);
  const words = new Map([[subject.number, subject]]);
  const link = { name, field: reference.field, has: keyMatcher(keys), shared: child.shared };
  const read = (document: Document) =>
    rewriteTheirs(document, rules, link, subject.number, words, matcher, subject.now);
  const rewritten = (document: Document): Rewrite => {
    const result = read(document);
    const [failure] = result.failures;
    if (failure) throw new ErasureFailure(failure.why, `${name}.${failure.path}`);
    return result;
  };
  async function* changing(filter: Filter): AsyncGenerator<{ document: Document; rewrite: Rewrite }> {
    for await (const document of collection.find(filter, { promoteLongs: false })) {
      const rewrite = rewritten(document);
      if (rewrite.fate !== 'unchanged') yield { document, rewrite };
    }
  }
  const selections = Array.from({ length: Math.ceil(keys.length / KEYS_AT_ONCE) }, (_, index) =>
    allOf(scope, selectByKeys(reference, keys.slice(index * KEYS_AT_ONCE, (index + 1) * KEYS_AT_ONCE))),
  );
  const find = async (limit: number, except: readonly unknown[] = []): Promise<unknown[]> => {
    const ids: unknown[] = [];
    for (const selection of selections)
      for await (const document of collection.find(allOf(selection, allBut(except)), { promoteLongs: false })) {
        const { fate, failures } = read(document);
        // One that cannot be changed is found like the others, so that its change fails, and no other's.
        if (fate === 'unchanged' && failures.length === 0) continue;
        ids.push(document._id);
        if (ids.length >= limit) return ids;
      }
    return ids;
  };
  const changeWithin = (id: unknown) =>
    inTransaction(db, async (session) => {
      const itself = allOf(scope, { _id: id } as Filter);
      const document = await collection.findOne(itself, { promoteLongs: false, session });
      if (document === null) return;
      const rewrite = rewritten(document);
      if (rewrite.fate === 'unchanged') return;
      if (files.stored) await files.add(owner, rewrite.files, session);
      const statements = statementsFor(document, rewrite, scope) ?? [replacementFor(document, rewrite, scope)];
      await collection.bulkWrite(statements, { session });
    });
  return {
    key,
    name,
    find,
    async change(ids, also = {}) {
      const statements: Statement[] = [];
      const apart: unknown[] = [];
      const among = { _id: { $in: [...ids] } } as Filter;
      // Records found by their number are announced here, too, and need not be the person's by any key.
      for (const selection of selections)
        for await (const { document, rewrite } of changing(allOf(selection, also, among))) {
          const made = rewrite.files.length > 0 && files.stored ? null : statementsFor(document, rewrite, scope);
          if (made === null) apart.push(document._id);
          else statements.push(...made);
        }
      try {
        if (statements.length > 0) await collection.bulkWrite(statements, { ordered: false });
        for (const id of apart) await changeWithin(id);
      } catch (error) {
        throw updateFailure(error, { key });
      }
    },
    describe() {
      throw new TypeError('records known by others are changed by reading them');
    },
    remains: async () => (await find(1)).length > 0,
    isUnreadable: async () => false,
  };
}
