import { checkEntry, isDocumentId, type MapFault } from './collection-rules.ts';
import { profileFor } from './profile.ts';
import { type CollectionMap, type DataMap, nameOf } from './schema.ts';

/** What must hold within the entries of a map and between them. Paths of the faults begin at the map. */
export function checkMap(map: DataMap): MapFault[] {
  const within = map.collections.flatMap((entry, index) =>
    checkEntry(entry, map.version).map((fault) => ({ ...fault, path: ['collections', index, ...fault.path] })),
  );
  if (within.length > 0) return within;
  return [
    ...faultsOfNames(map),
    ...faultsOfPlaces(map),
    ...faultsOfDoors(map),
    ...faultsOfWays(map),
    ...faultsOfRetention(map),
    ...faultsOfLists(map),
  ];
}

function faultsOfNames(map: DataMap): MapFault[] {
  const seen = new Set<string>();
  return map.collections.flatMap((entry, index) => {
    const called = nameOf(entry);
    const twice = seen.has(called);
    seen.add(called);
    return twice ? [{ path: ['collections', index, 'name'], message: `${called} stands twice` }] : [];
  });
}

/** Do two entries speak of the same collection, and perhaps of the same records? */
function mayMeet(one: CollectionMap, other: CollectionMap): boolean {
  if (one.collection !== other.collection || one.database !== other.database) return false;
  if (isWithoutAccountOf(one, other) || isWithoutAccountOf(other, one)) return false;
  return !Object.entries(one.where).some(([path, values]) => {
    const others = other.where[path];
    return others !== undefined && values.every((value) => !others.includes(value));
  });
}

/** Is one of two entries about the records that lack the field the other tells the account by? */
function isWithoutAccountOf({ where }: CollectionMap, { owner }: CollectionMap): boolean {
  return owner.kind === 'field' && where[owner.path]?.every((value) => value === null) === true;
}

function faultsOfPlaces(map: DataMap): MapFault[] {
  return map.collections.flatMap((entry, index) => {
    const kept = profileFor('forget', map).records[entry.record] === 'keep';
    const earlier = map.collections.slice(0, index).filter((other) => mayMeet(entry, other));
    return entry.numbers.flatMap(({ path: text }, place): MapFault[] => {
      const path = ['collections', index, 'numbers', place];
      const mapped = earlier.some((other) => other.numbers.some((one) => one.path === text));
      const id = `cannot be changed, and a ${entry.record} is kept: only records that are deleted may be known by it`;
      return [
        ...(mapped ? [{ path, message: 'is mapped already' }] : []),
        ...(isDocumentId(text) && kept ? [{ path, message: id }] : []),
      ];
    });
  });
}

/** One record under two entries would be answered for twice: by one of them wrongly. */
function faultsOfDoors(map: DataMap): MapFault[] {
  return map.collections.flatMap((entry, index) =>
    map.collections.slice(0, index).flatMap((other): MapFault[] => {
      if (!mayMeet(entry, other)) return [];
      const fault = (key: string, what: string): MapFault => ({
        path: ['collections', index, key],
        message: `${what} as ${nameOf(other)} does, of the same collection: two entries need a where that tells their records apart${map.version === 1 ? ' (version: 2)' : ''}`,
      });
      if (entry.id !== undefined && other.id !== undefined) return [fault('id', 'serves ids')];
      const apart = entry.at && other.at && entry.retention_months !== other.retention_months;
      return apart ? [fault('retention_months', 'has a period')] : [];
    }),
  );
}

/** Entries known by others: each names one that is there, and none comes round to itself. */
function faultsOfWays(map: DataMap): MapFault[] {
  const byName = new Map(map.collections.map((entry) => [nameOf(entry), entry]));
  return map.collections.flatMap((entry, index): MapFault[] => {
    if (!entry.via) return [];
    const path = ['collections', index, 'via', 'collection'];
    const parent = byName.get(entry.via.collection);
    if (!parent) return [{ path, message: `there is no entry of the name ${entry.via.collection}` }];
    const way = new Set([nameOf(entry)]);
    for (let next: CollectionMap | undefined = parent; next; next = next.via && byName.get(next.via.collection)) {
      if (way.has(nameOf(next))) return [{ path, message: 'comes round to itself' }];
      way.add(nameOf(next));
    }
    return [];
  });
}

function faultsOfRetention(map: DataMap): MapFault[] {
  const retention = profileFor('retention', map);
  const faults = map.collections.flatMap((entry, index): MapFault[] =>
    entry.retention_months && retention.records[entry.record] !== 'delete'
      ? [
          {
            path: ['collections', index, 'retention_months'],
            message: `is never reached: retention leaves every ${entry.record} alone`,
          },
        ]
      : [],
  );
  if (map.profiles.retention?.fields)
    faults.push({
      path: ['profiles', 'retention', 'fields'],
      message: 'are not changed by retention: it deletes records, or leaves them alone',
    });
  return faults;
}

function faultsOfLists(map: DataMap): MapFault[] {
  const lists = map.collections.filter((entry) => entry.record === 'suppression').length;
  if (lists === 1) return [];
  return [{ path: ['collections'], message: `needs exactly one with record: suppression, has ${lists}` }];
}
