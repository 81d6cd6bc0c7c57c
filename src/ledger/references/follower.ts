import type mongoose from 'mongoose';
import { ErasureFailure } from '../../base/errors.ts';
import { blameRecord, type Refused } from '../../engine/by-halves.ts';
import { collectionOf } from '../../engine/collection.ts';
import { allOf, type Filter } from '../../engine/filter.ts';
import { type Profile, profileFor } from '../../engine/map/profile.ts';
import { type CollectionMap, type DataMap, nameOf } from '../../engine/map/schema.ts';
import { undated, within } from '../../engine/moment.ts';
import { reachOf } from '../../engine/owner.ts';
import { spotsOf } from '../../engine/plan.ts';
import { keyMatcher, keysIn, type Reference, type ReferenceTree, selectionsByKeys } from '../../engine/references.ts';
import type { Rewrite } from '../../engine/rewrite/edits.ts';
import { rewrite } from '../../engine/rewrite/rewrite.ts';
import { rewriteTheirs } from '../../engine/rewrite/rewrite-theirs.ts';
import { entriesOfCollection, rewriteRulesFor } from '../../engine/rewrite-rules.ts';
import { wholeReader } from '../../engine/rewrite-whole.ts';
import { selectAnywhere } from '../../engine/selections.ts';
import { NEWEST } from '../../engine/store/joining.ts';
import type { AccountValue, Subject } from '../../engine/subject.ts';
import { createNumberMatcher } from '../../phone/matcher.ts';
import { addKeys, createAllKeysOf, createKeysOf, type Keys } from './keys-of.ts';

type Session = mongoose.mongo.ClientSession;
type Document = Readonly<Record<string, unknown>>;
type Records = AsyncIterable<Document> | Iterable<Document>;

/** Within a transaction what it sees; else what is newest. */
const readingIn = (session?: Session) => (session ? { session } : NEWEST);

/** Whose records are followed to those that are known by them. */
export interface Followed {
  readonly profile: Profile;
  /** The profile's references. */
  readonly tree: ReferenceTree;
  readonly account: AccountValue;
  /** A person's. Without it records were chosen by their id or their age: all that belongs to them goes, as wholes. */
  readonly subject?: Subject;
  /** Of what belongs to a person's records that stay as they are, only that from before this moment. */
  readonly before?: Date;
  readonly now: Date;
}

/** The keys of some records, and the records that several people share where the map does not say what becomes of that. */
export interface ReadKeys {
  readonly keys: Keys;
  readonly refused: readonly Refused[];
}

/** Finds what is known by some records, and says what becomes of it. */
export interface Follower {
  readonly tree: ReferenceTree;
  /** The children that are still to be changed. */
  selections(reference: Reference, keys: readonly unknown[]): Filter[];
  /** Those of which nobody can tell whether they are from before the moment. */
  oddTimes(reference: Reference, keys: readonly unknown[]): Filter[];
  /** The children that are still to be acted on, and have to be waited for. */
  scheduled(reference: Reference, keys: readonly unknown[]): Filter[];
  /** What becomes of a child; null where the map does not say when one happened, and that matters. */
  reader(reference: Reference, keys: readonly unknown[]): ((document: Document) => Rewrite) | null;
  /** The keys of records that are the person's, as far as they say so; those of entries that do not change are followed. */
  readKeys(entry: CollectionMap, records: Records, session?: Session): Promise<ReadKeys>;
  /** The keys of the person's records in entries that lead to others. @param pick among those entries */
  readRoots(pick: (entry: CollectionMap) => boolean, session?: Session): Promise<ReadKeys>;
}

export function createFollower(db: mongoose.mongo.Db, dataMap: DataMap, followed: Followed): Follower {
  const { profile, tree, account, subject, before, now } = followed;
  const keysOf = keysOfFollowed(dataMap, followed);
  const matcher = subject && createNumberMatcher([subject.number], subject.countries);
  const words = { get: () => subject };
  const ownership = profileFor('forget', dataMap);
  /** What belongs to a record that changes goes with it, whenever it happened. */
  const boundOf = ({ parent }: Reference) => (tree.isMeant(parent) ? undefined : before);

  /** In somebody else's record the number says nothing of whose the others are. One that is known by others is theirs. */
  const isTheirs = (entry: CollectionMap, document: Document): boolean => {
    if (matcher === undefined || entry.via !== undefined) return true;
    const rules = rewriteRulesFor(entriesOfCollection(dataMap, entry), ownership, account);
    const { found } = rewrite(document, rules, words, matcher, now);
    const here = found.filter(({ as, name }) => as === 'mapped' && name === nameOf(entry));
    return here.length === 0 || here.some(({ own }) => own);
  };
  const find = async function* (entry: CollectionMap, filters: readonly Filter[], session?: Session) {
    const options = { promoteLongs: false, ...readingIn(session) };
    for (const filter of filters) yield* collectionOf(db, entry, account).find(filter, options);
  };
  const childrenBy = (reference: Reference, keys: readonly unknown[]) => {
    const scope = reachOf(reference.child, account);
    return selectionsByKeys(reference, keys).map((one) => allOf(scope, one));
  };
  const assertNoOrphans = async (entry: CollectionMap, document: Document, session?: Session) => {
    for (const { reference, only } of tree.orphans) {
      if (reference.parent !== entry) continue;
      const collection = collectionOf(db, reference.child, account);
      for (const filter of childrenBy(reference, keysIn(document, reference)))
        if (await collection.findOne(allOf(filter, only), { projection: { _id: 1 }, ...readingIn(session) }))
          throw new ErasureFailure('orphaned_records', nameOf(entry));
    }
  };
  const noteKeys = async (
    entry: CollectionMap,
    records: Records,
    into: Keys,
    refused: Refused[],
    session?: Session,
  ) => {
    const name = nameOf(entry);
    for await (const document of records) {
      try {
        if (!isTheirs(entry, document)) continue;
        await assertNoOrphans(entry, document, session);
        for (const [child, keys] of keysOf(name, document)) addKeys(into, child, keys);
      } catch (error) {
        const failure = blameRecord(error);
        if (failure === null) throw error;
        refused.push({ name, id: document._id, why: failure.failure, where: failure.where ?? name });
      }
    }
  };
  /** Records that stay as they are lead on to others: their keys take the place of those by which they were found. */
  const goOn = async (keys: Keys, refused: Refused[], session?: Session) => {
    for (const reference of tree.all) {
      const { child } = reference;
      const some = keys.get(nameOf(child));
      if (some === undefined || tree.isChanged(child)) continue;
      keys.delete(nameOf(child));
      await noteKeys(child, find(child, childrenBy(reference, some), session), keys, refused, session);
    }
  };

  return {
    tree,
    selections(reference, keys) {
      const { at, redacted } = reference.child;
      const bound = boundOf(reference);
      const also = allOf(
        bound && at ? within(at, { to: bound }) : {},
        profile.marks && redacted !== undefined ? { [redacted]: null } : {},
      );
      return childrenBy(reference, keys).map((one) => allOf(one, also));
    },
    oddTimes(reference, keys) {
      const { at } = reference.child;
      if (at === undefined || boundOf(reference) === undefined) return [];
      return childrenBy(reference, keys).flatMap((one) => undated(at).map((odd) => allOf(one, odd)));
    },
    scheduled(reference, keys) {
      const { pending } = reference.child;
      if (pending === undefined || subject === undefined || before !== undefined) return [];
      return childrenBy(reference, keys).map((one) => allOf(one, { [pending.path]: { $in: [...pending.values] } }));
    },
    reader(reference, keys) {
      const { child, field } = reference;
      if (boundOf(reference) && child.at === undefined) return null;
      const has = keyMatcher(keys);
      if (matcher === undefined || subject === undefined) return wholeReader(child, profile, { field, has }, now);
      const rules = rewriteRulesFor(entriesOfCollection(dataMap, child), profile, account, () => true, tree.isMeant);
      const link = { name: nameOf(child), field, has, shared: child.shared };
      return (document) => rewriteTheirs(document, rules, link, subject.number, words, matcher, now);
    },
    async readKeys(entry, records, session) {
      const [keys, refused]: [Keys, Refused[]] = [new Map(), []];
      await noteKeys(entry, records, keys, refused, session);
      await goOn(keys, refused, session);
      return { keys, refused };
    },
    async readRoots(pick, session) {
      const [keys, refused]: [Keys, Refused[]] = [new Map(), []];
      if (subject === undefined) return { keys, refused };
      for (const entry of new Set(tree.all.map(({ parent }) => parent))) {
        if (entry.owner.kind === 'via' || !pick(entry)) continue;
        const filters = spotsOf(entry).map((spot) => selectAnywhere(spot, subject));
        await noteKeys(entry, find(entry, filters, session), keys, refused, session);
      }
      await goOn(keys, refused, session);
      return { keys, refused };
    },
  };
}

function keysOfFollowed(dataMap: DataMap, { tree, subject }: Followed): (name: string, document: Document) => Keys {
  if (subject === undefined) return createAllKeysOf(tree, dataMap);
  const keysOf = createKeysOf(tree, dataMap, subject.countries);
  return (name, document) => keysOf(name, document, subject.number);
}
