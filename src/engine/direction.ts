import type { Filter } from './filter.ts';
import { valueAt } from './map/paths.ts';
import type { CollectionMap, Direction } from './map/schema.ts';
import { conditionOf, isOneOf } from './owner.ts';

type Directed = Pick<CollectionMap, 'direction'>;

const OPPOSITE = { inbound: 'outbound', outbound: 'inbound' } as const satisfies Record<Direction, Direction>;

/** Which way a record went; null when nothing tells. */
export function directionOf({ direction }: Directed, record: unknown): Direction | null {
  if (typeof direction !== 'object') return direction ?? null;
  const value = valueAt(record, direction.path);
  if (isOneOf(direction.outbound, value)) return 'outbound';
  return isOneOf(direction.inbound, value) ? 'inbound' : null;
}

/** Where the account's own number stands in a record that went this way; undefined when the map does not tell. */
export function ownNumberPath(
  { own_number: own }: Pick<CollectionMap, 'own_number'>,
  direction: Direction | null,
): string | undefined {
  if (typeof own !== 'object') return own;
  return direction === null ? undefined : own[direction];
}

/** Records that went this way; null when none of the entry did. What has no direction at all counts as outbound: it is the account's own asking. */
export function wentFilter({ direction = 'outbound' }: Directed, way: Direction): Filter | null {
  if (typeof direction === 'object') return { [direction.path]: conditionOf(direction[way]) } as Filter;
  return direction === way ? {} : null;
}

/** Records that did not go the other way, as far as they tell; null when all of the entry did. */
export function notOppositeFilter({ direction }: Directed, way: Direction): Filter | null {
  if (typeof direction === 'object') return { [direction.path]: { $nin: [...direction[OPPOSITE[way]]] } } as Filter;
  return direction === undefined || direction === way ? {} : null;
}
