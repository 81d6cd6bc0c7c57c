import type mongoose from 'mongoose';
import { valueAt } from './paths.ts';
import type { CollectionMap, Direction } from './schema.ts';

/** Which way a record's message or call went, as its entry in the map says; null when nothing says it. */
export function directionOf(
  { direction }: Pick<CollectionMap, 'direction'>,
  record: mongoose.mongo.Document,
): Direction | null {
  if (typeof direction !== 'object') return direction ?? null;
  const value = valueAt(record, direction.path);
  return value === 'inbound' || value === 'outbound' ? value : null;
}
