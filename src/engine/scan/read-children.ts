import type mongoose from 'mongoose';
import { collectionOf } from '../collection.ts';
import { allOf, type Filter } from '../filter.ts';
import type { FieldPath } from '../map/paths.ts';
import { reachOf, scopeOf } from '../owner.ts';
import { KEYS_AT_ONCE, keysIn, type Reference, selectionsByKeys } from '../references.ts';
import type { AccountValue } from '../subject.ts';
import { type Batch, filtersBehind, NEWEST, readRaw } from './read-place.ts';

/** Records with an account of their own whose children are read together. */
const PARENTS_AT_ONCE = 200;

/**
 * Reads an account's records that only others tell the account of, raw: those others in the order of their `_id`s, and
 * after some of them all that is known by them, over any number of hops.
 * @param way from the records with an account of their own to those that are read; at least one hop
 * @param after the `_id` of the former behind which to begin; undefined for the beginning
 * @param also a further condition on the records that are read
 * @throws TypeError without an account
 */
export async function* readChildren(
  db: mongoose.mongo.Db,
  way: readonly Reference[],
  account: AccountValue,
  after: unknown,
  batchSize: number,
  also: Filter = {},
): AsyncGenerator<Batch> {
  const [first] = way;
  if (first === undefined) throw new TypeError('records that are known by no others');
  const parents = collectionOf(db, first.parent, account);
  const { key } = first;
  for (const filter of filtersBehind(scopeOf(first.parent, account), after)) {
    const cursor = parents.find(filter, { projection: onlyKeys(key), promoteLongs: false, ...NEWEST }).sort({ _id: 1 });
    const keys: unknown[] = [];
    let count = 0;
    for await (const parent of cursor) {
      keys.push(...keysIn(parent, first));
      count += 1;
      if (count % PARENTS_AT_ONCE === 0) {
        yield* readBelow(db, way, account, keys.splice(0), batchSize, also);
        yield { records: [], position: { after: parent._id } };
      }
    }
    yield* readBelow(db, way, account, keys, batchSize, also);
  }
}

async function* readBelow(
  db: mongoose.mongo.Db,
  [hop, ...others]: readonly Reference[],
  account: AccountValue,
  keys: readonly unknown[],
  batchSize: number,
  also: Filter,
): AsyncGenerator<Batch> {
  if (hop === undefined) return;
  const { child } = hop;
  const collection = collectionOf(db, child, account);
  const [next] = others;
  const scope = reachOf(child, account);
  for (const selection of selectionsByKeys(hop, keys)) {
    const filter = allOf(scope, selection);
    if (next === undefined) {
      for await (const records of readRaw(collection, allOf(filter, also), batchSize, false))
        yield { records, position: 'stays' };
      continue;
    }
    const found: unknown[] = [];
    const options = { projection: onlyKeys(next.key), promoteLongs: false, ...NEWEST };
    for await (const record of collection.find(filter, options)) {
      found.push(...keysIn(record, next));
      if (found.length >= KEYS_AT_ONCE) yield* readBelow(db, others, account, found.splice(0), batchSize, also);
    }
    yield* readBelow(db, others, account, found, batchSize, also);
  }
}

const onlyKeys = ({ dotted }: FieldPath): Record<string, 1> => ({
  _id: 1,
  ...(!/^_id(\.|$)/.test(dotted) && { [dotted]: 1 as const }),
});
