import type mongoose from 'mongoose';
import { allOf, type Filter } from '../../engine/filter.ts';
import { readPath, valueAt, valuesAlong } from '../../engine/map/paths.ts';
import type { Profile } from '../../engine/map/profile.ts';
import { type CollectionMap, nameOf } from '../../engine/map/schema.ts';
import { isLeftBehind } from '../../engine/map/strategies.ts';
import { asOwned, isOwned, matchesWhere, whereFilter } from '../../engine/owner.ts';
import { KEYS_AT_ONCE, keyMatcher, readKey, writingsOf } from '../../engine/references.ts';
import { instancesAt, placeOf } from '../../engine/rewrite/places.ts';
import { createOpener } from '../../engine/rewrite/walk.ts';
import { wholeReader } from '../../engine/rewrite-whole.ts';
import type { AccountValue } from '../../engine/subject.ts';
import type { Finding } from './findings.ts';

type Document = mongoose.mongo.Document;

/** Looks whether what records name others by leads to any: one that leads to none is found by nobody's number. */
export interface Way {
  /** @returns when many records have come together: they have to be waited for before the next one */
  record(record: Document): Promise<void> | undefined;
  findings(): Promise<Finding[]>;
}

export interface WayOptions {
  /** The collection of the entry it leads to. */
  readonly parents: mongoose.mongo.Collection;
  /** Of forgetting: of what it changes nothing in any more nothing is left to be found. */
  readonly profile: Profile;
  readonly account: AccountValue | undefined;
  readonly describeId: (id: unknown) => string;
}

const MOST_IDS = 5;

/** Records that lead to none. */
interface Orphans {
  count: number;
  readonly ids: string[];
}

/** Does an erasure leave that? Contracts leave different words. */
const isWordOfOurs = (value: unknown) => typeof value === 'string' && isLeftBehind(value);
const isSomething = (value: unknown) => value !== null && value !== undefined && value !== '';
const valuesIn = (record: unknown, path: string) => valuesAlong(record, path.replaceAll('[]', '').split('.'));

/** @param entry one with `via` @param parent the entry it leads to */
export function lookAlong(
  entry: CollectionMap,
  parent: CollectionMap,
  { parents, profile, account, describeId }: WayOptions,
): Way {
  const { key = '', field = '', form } = entry.via ?? {};
  const { names } = placeOf(readPath(field));
  const path = readPath(key).dotted;
  const where = `${entry.collection}.${field}`;
  const read = wholeReader(entry, profile, { field: readPath(field), has: () => true }, new Date());
  const numbers = [
    ...entry.numbers.map((place) => place.path),
    ...entry.joined.flatMap(({ parts }) => parts),
    ...entry.json.filter((one) => one.numbers.length > 0).map((one) => one.path),
  ];
  const itself = asOwned(entry)?.owner;
  const unread: Orphans = { count: 0, ids: [] };
  const scanned: Orphans = { count: 0, ids: [] };
  let [seen, named, leading] = [0, 0, 0];
  let waiting: { id: unknown; keys: unknown[]; orphans: Orphans | null }[] = [];
  let keysWaiting = 0;

  const keysOf = (record: Document) => {
    const values = [...instancesAt({ path: [], value: record }, names, createOpener())];
    return values.flatMap(({ value }) => value).filter(isSomething);
  };
  /** Does any scan read it, though it leads nowhere? */
  const isScanned = (record: Document) => {
    if (entry.owner.kind !== 'via') return true;
    const own = itself?.kind === 'field' ? valueAt(record, itself.path) : undefined;
    return own !== undefined && own !== null;
  };
  /** Where it is counted when it leads to none; null where its number finds it, or nothing is left to be found. */
  const fateOf = (record: Document): Orphans | null => {
    // What holds a number itself is found by it.
    if (numbers.some((one) => valuesIn(record, one).some(isSomething))) return null;
    const { fate, edits, pulled, renamed, failures, waiting: scheduled } = read(record);
    const isLeft = fate === 'deleted' || edits.some(({ before }) => !isWordOfOurs(before));
    if (!isLeft && pulled.length + renamed.length + failures.length + scheduled.length === 0) return null;
    return isScanned(record) ? scanned : unread;
  };
  const look = async () => {
    const records = waiting;
    [waiting, keysWaiting] = [[], 0];
    const isThere = await findKeys(records.flatMap(({ keys }) => keys));
    for (const { id, keys, orphans } of records) {
      if (keys.some(isThere)) leading += 1;
      else if (orphans !== null) {
        orphans.count += 1;
        if (orphans.ids.length < MOST_IDS) orphans.ids.push(describeId(id));
      }
    }
  };
  const findKeys = async (values: readonly unknown[]) => {
    const keys = values.map((value) => readKey(value, form)).filter((one) => one !== undefined);
    const found: unknown[] = [];
    for (let from = 0; from < keys.length; from += KEYS_AT_ONCE) {
      const writings = keys.slice(from, from + KEYS_AT_ONCE).flatMap(writingsOf);
      const among = allOf(whereFilter(parent), { [path]: { $in: writings } } as Filter);
      const options = { projection: { [path]: 1 }, promoteLongs: false };
      for await (const one of parents.find(among, options)) found.push(...valuesIn(one, path));
    }
    const isKnown = keyMatcher(found);
    return (value: unknown) => isKnown(readKey(value, form));
  };

  return {
    record(record) {
      if (!matchesWhere(entry, record) || (account !== undefined && !isOwned(entry, account, record))) return undefined;
      seen += 1;
      const keys = keysOf(record);
      if (keys.length > 0) named += 1;
      waiting.push({ id: record._id, keys, orphans: fateOf(record) });
      keysWaiting += keys.length + 1;
      return keysWaiting < KEYS_AT_ONCE ? undefined : look();
    },
    async findings() {
      await look();
      const finding = (severity: Finding['severity'], message: string, ids?: readonly string[]): Finding => ({
        ...{ severity, where, message, ...(ids && { ids }) },
      });
      if (named > 0 && leading === 0) {
        // Nobody has records yet.
        if ((await parents.findOne({}, { projection: { _id: 1 } })) === null) return [];
        const held =
          form === undefined ? ', or does it hold that within a text (form: ...{key}...)?' : ` in the form ${form}?`;
        return [
          finding(
            'error',
            `none of ${named} records names a ${key} of ${nameOf(parent)}, so no erasure finds these records: is the path right${held}`,
          ),
        ];
      }
      const lost = (severity: Finding['severity'], { count, ids }: Orphans, what: string) =>
        count === 0
          ? []
          : [finding(severity, `${count} of ${seen} records lead to no record of ${nameOf(parent)}: ${what}`, ids)];
      return [
        ...lost('error', unread, 'no erasure and no scan finds them'),
        ...lost('warning', scanned, 'the scan finds numbers in them, and nothing else of theirs goes'),
      ];
    },
  };
}
