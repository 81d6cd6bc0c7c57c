import { readPath } from '../../engine/map/paths.ts';
import { isLookedUp } from '../../engine/map/places.ts';
import { concerns, type Profile } from '../../engine/map/profile.ts';
import type { CollectionMap } from '../../engine/map/schema.ts';
import { makesAlike, type Strategy } from '../../engine/map/strategies.ts';
import { accountPathOf } from '../../engine/owner.ts';
import type { Collation } from '../collections/list.ts';
import { isSameCollation } from './collation.ts';
import type { Finding } from './findings.ts';

/** An index as MongoDB describes it; engines differ in further keys. */
export interface IndexDescription {
  readonly key: Readonly<Record<string, unknown>>;
  readonly unique?: boolean;
  readonly hidden?: boolean;
  readonly sparse?: boolean;
  readonly partialFilterExpression?: object;
  readonly collation?: Collation;
}

/** A collection as the server names it. */
export interface IndexPlace {
  /** Undefined: the platform's own. */
  readonly database?: string;
  readonly collection: string;
}

/**
 * Compares the indexes of a collection with what erasures ask of it.
 * @param place where the entry's collection is
 * @param profiles every profile, as the map lays its changes over them
 * @param collation the collection's own, which an index must share to serve its queries
 */
export function checkIndexes(
  entry: CollectionMap,
  place: IndexPlace,
  indexes: readonly IndexDescription[],
  profiles: readonly Profile[],
  collation: Collation | undefined,
): Finding[] {
  const collisions =
    entry.record === 'suppression'
      ? findSuppressionCollisions(entry, indexes)
      : profiles
          .filter((profile) => concerns(profile, entry) && profile.records[entry.record] === 'keep')
          .flatMap((profile) => findCollisions(entry, indexes, profile));
  const once = new Map(collisions.map((finding) => [`${finding.where}\0${finding.message}`, finding]));
  return [...findMissing(entry, place, indexes, collation), ...once.values()];
}

/** An index that a contract's looks need. */
interface Wanted {
  readonly path: string;
  readonly next?: string;
  readonly last?: '_id';
  readonly severity: Finding['severity'];
  readonly looks: string;
  readonly hint?: string;
}

/** Is the whole text around a number at this place a field? The scan finds the number in whatever stands there. */
export const isWholeText = ({ fields, scan }: Pick<CollectionMap, 'fields' | 'scan'>, number: string) =>
  scan && fields.some(({ path }) => path === number);

/** Every query names the account, then the number, the id or the time. Without such an index it reads all records. */
function findMissing(
  entry: CollectionMap,
  place: IndexPlace,
  indexes: readonly IndexDescription[],
  collation: Collation | undefined,
): Finding[] {
  const account = accountPathOf(entry);
  const byId = entry.products ?? entry.interaction ?? entry.resource;
  const wanted: Wanted[] = [
    ...entry.numbers
      .filter((place) => entry.owner.kind !== 'via' && isLookedUp(place))
      .map(({ path }) => ({
        path,
        looks: 'every look for a number',
        ...(isWholeText(entry, path)
          ? { severity: 'warning' as const, hint: '; a text that mentions numbers needs no index: around: text' }
          : { severity: 'error' as const }),
      })),
    // The last field of several has the most digits: every look begins with it.
    ...entry.joined
      .filter(() => entry.owner.kind !== 'via')
      .map(({ parts }) => ({ path: parts.at(-1) ?? '', severity: 'error' as const, looks: 'every look for a number' })),
    ...(byId !== undefined && entry.id !== undefined && entry.id !== '_id'
      ? [{ path: entry.id, severity: 'error' as const, looks: 'every look for an id' }]
      : []),
    ...(entry.via === undefined || entry.via.field === '_id'
      ? []
      : [{ path: entry.via.field, severity: 'warning' as const, looks: 'every look for what belongs to a record' }]),
    // Without it, all legs of the account are read to list the few of one call.
    ...(entry.resource === 'leg' && entry.conversation !== undefined
      ? [{ path: entry.conversation, severity: 'warning' as const, looks: 'every look for the legs of a call' }]
      : []),
    ...(entry.at === undefined
      ? []
      : // Behind a time the `_id`: pages of lists are sorted by both. One that lacks it serves every look all the same.
        [
          {
            path: entry.at.path,
            last: '_id' as const,
            severity: 'warning' as const,
            looks: 'every look for the age of records',
          },
        ]),
    // Runs daily over all records, nearly all redacted already: needs (account, redacted, time).
    ...(entry.interaction === undefined || entry.redacted === undefined || entry.at === undefined
      ? []
      : [
          {
            path: entry.redacted,
            next: entry.at.path,
            severity: 'warning' as const,
            looks: 'every look for what is due for redaction',
          },
        ]),
  ];
  return wanted.flatMap(({ path, next, last, severity, looks, hint = '' }): Finding[] => {
    const { dotted } = readPath(path);
    const fields = [account, dotted, next].filter((field) => field !== undefined);
    const serves = (index: IndexDescription) => {
      const keys = Object.entries(index.key);
      return (
        fields.every((field, position) => isKey(keys[position], field)) &&
        !index.hidden &&
        index.partialFilterExpression === undefined &&
        isSameCollation(index.collation, collation)
      );
    };
    if (indexes.some(serves)) return [];
    const keys = Object.fromEntries([...fields, ...(last ? [last] : [])].map((field) => [field, 1 as const]));
    return [
      {
        severity,
        where: `${entry.collection}.${path}`,
        message: `no index begins with ${fields.join(', ')}: ${looks} would read the whole collection${hint}`,
        remedy: `${inShell(place)}.createIndex(${JSON.stringify(keys)})`,
        index: { ...place, keys },
      },
    ];
  });
}

/**
 * Unique per account is fine: the platform's own row is taken over. Unique over all accounts, or on fields our rows lack,
 * would reject our inserts.
 */
function findSuppressionCollisions(entry: CollectionMap, indexes: readonly IndexDescription[]): Finding[] {
  const number = entry.numbers[0]?.path ?? '';
  const account = accountPathOf(entry);
  return indexes
    .filter((index) => index.unique && !isOwnIndex(index))
    .flatMap(({ key, partialFilterExpression }): Finding[] => {
      const keys = Object.keys(key).join(', ');
      const others = Object.keys(key).filter((name) => name !== account);
      const where = `${entry.collection}.${others.join('+')}`;
      const finding = (message: string): Finding[] => [{ severity: 'error', where, message }];
      if (number in key)
        return account === undefined || account in key
          ? []
          : finding(
              `a unique index on ${keys} without the account: a number on one account's list cannot be put on another's`,
            );
      return partialFilterExpression === undefined && !('_id' in key)
        ? finding(`a unique index on ${keys}: Lethe's own rows are alike in it, and the second is refused`)
        : [];
    });
}

/** Two people's erased values may be alike: a unique index over nothing else refuses the second erasure. */
function findCollisions(entry: CollectionMap, indexes: readonly IndexDescription[], profile: Profile): Finding[] {
  const account = accountPathOf(entry);
  const unique = indexes.filter((index) => index.unique);
  const isAlike = (strategy: Strategy) => makesAlike(strategy, profile.isWordOnly ?? false);
  const alike = new Set([
    ...(isAlike(profile.fields.number) ? entry.numbers : []).map(({ path }) => readPath(path).dotted),
    ...(isAlike(profile.fields.number) ? entry.joined : []).flatMap(({ parts }) => parts.slice(1)),
    ...entry.fields
      .filter((field) => isAlike(field.strategy ?? profile.fields[field.category]))
      .map((field) => readPath(field.path).dotted),
  ]);
  return unique.flatMap((index): Finding[] => {
    const keys = Object.keys(index.key);
    const touched = keys.filter((key) => alike.has(key));
    if (touched.length === 0) return [];
    const certain =
      keys.every((key) => alike.has(key) || key === account) && index.partialFilterExpression === undefined;
    return [
      {
        severity: certain ? 'error' : 'warning',
        where: `${entry.collection}.${touched.join('+')}`,
        message: `a unique index on ${keys.join(', ')}: two people's erased records ${certain ? 'are' : 'may be'} alike in it, and the second erasure is refused`,
      },
    ];
  });
}

/** The one that Lethe builds itself. */
const isOwnIndex = (index: IndexDescription) => 'token' in index.key;

const isKey = (key: [string, unknown] | undefined, path: string) =>
  key?.[0] === path && (typeof key[1] === 'number' || typeof key[1] === 'object' || key[1] === 'hashed');

/** A collection as mongosh names it. */
function inShell({ database, collection }: IndexPlace): string {
  const db = database === undefined ? 'db' : `db.getSiblingDB(${JSON.stringify(database)})`;
  return /^[A-Za-z_]\w*$/.test(collection)
    ? `${db}.${collection}`
    : `${db}.getCollection(${JSON.stringify(collection)})`;
}
