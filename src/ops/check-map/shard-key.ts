import type mongoose from 'mongoose';
import { readPath } from '../../engine/map/paths.ts';
import { concerns, type Profile } from '../../engine/map/profile.ts';
import type { CollectionMap } from '../../engine/map/schema.ts';
import { accountPathOf } from '../../engine/owner.ts';
import type { Finding } from './findings.ts';

/** What a collection is sharded by; `unseen`: this user may not look. */
type ShardKey = Readonly<Record<string, unknown>> | 'unseen' | null;

const UNAUTHORIZED = 13;

/** @returns null for a collection that is not sharded @throws what the database throws while it is away */
export async function readShardKey(collection: mongoose.mongo.Collection, db: mongoose.mongo.Db): Promise<ShardKey> {
  try {
    const collections = db.client.db('config').collection<{ _id: string }>('collections');
    const row = await collections.findOne({ _id: collection.namespace }, { projection: { key: 1 } });
    return ((row as { key?: Record<string, unknown> } | null)?.key ?? null) as ShardKey;
  } catch (error) {
    if ((error as { code?: unknown }).code !== UNAUTHORIZED) throw error;
    return 'unseen';
  }
}

/**
 * Compares what a collection is sharded by with what erasures write. MongoDB refuses an update of many records that
 * changes a field of the shard key; a unique index must begin with it.
 * @param profiles every profile, as the map lays its changes over them
 */
export function checkShardKey(entry: CollectionMap, key: ShardKey, profiles: readonly Profile[]): Finding[] {
  const { collection: where } = entry;
  if (key === null) return [];
  if (key === 'unseen')
    return [
      { severity: 'warning', where, message: 'what it is sharded by cannot be seen: find on config.collections' },
    ];
  const names = Object.keys(key);
  if (entry.record === 'suppression') {
    if (names.length === 1 && names[0] === accountPathOf(entry)) return [];
    const message = `is sharded by ${names.join(', ')}, and not by its account alone: the unique index lethe_tokens cannot be built`;
    return [{ severity: 'error', where, message }];
  }
  const written = [...new Set(profiles.flatMap((profile) => writtenPaths(entry, profile)))];
  return names
    .filter((name) => written.some((path) => isWithin(name, path) || isWithin(path, name)))
    .map((name) => ({
      severity: 'error',
      where: `${where}.${name}`,
      message: 'is part of the shard key, which MongoDB does not let an erasure change: no record could be erased',
    }));
}

/** Fields that a profile writes in records that it keeps. */
function writtenPaths(entry: CollectionMap, profile: Profile): string[] {
  if (!concerns(profile, entry) || profile.records[entry.record] !== 'keep') return [];
  const { numbers, joined, fields, redacted } = entry;
  const isNumberWritten = profile.fields.number !== 'keep';
  return [
    ...(isNumberWritten ? [...numbers.map(({ path }) => path), ...joined.flatMap(({ parts }) => parts)] : []),
    ...fields.filter((one) => (one.strategy ?? profile.fields[one.category]) !== 'keep').map(({ path }) => path),
    ...(profile.marks && redacted !== undefined ? [redacted] : []),
  ].map((path) => readPath(path).dotted);
}

const isWithin = (inner: string, outer: string) => inner === outer || inner.startsWith(`${outer}.`);
