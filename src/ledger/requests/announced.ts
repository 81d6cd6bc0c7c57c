import mongoose from 'mongoose';
import type { FailureName } from '../../base/errors.ts';
import type { SealedText } from '../../base/keys/rewrap.ts';
import type { Seal } from '../../base/keys/seal.ts';
import type { Refused } from '../../engine/by-halves.ts';
import type { Announced } from '../../engine/sweep.ts';
import { speakableId } from '../../lib/speakable-id.ts';

const { EJSON } = mongoose.mongo.BSON;

/** `_id`s as the ledger keeps them, with what they have in common: those that may be numbers are sealed. */
type StoredIds<Place extends { readonly ids: readonly unknown[] }> = Omit<Place, 'ids'> & {
  readonly ids?: readonly unknown[];
  readonly sealed?: string;
};

/** An announcement as the ledger keeps it. */
export type StoredAnnounced = StoredIds<Announced>;

/** Records that refuse their change for the same reason at the same place. */
interface RefusedTogether extends Omit<Refused, 'id'> {
  readonly ids: readonly unknown[];
}
export type StoredRefused = StoredIds<RefusedTogether>;

/** @param reference of the request, bound to the seal */
export function storeAnnounced(seal: Seal, batch: readonly Announced[], reference: string): StoredAnnounced[] {
  return batch.map((place) => storeIds(seal, place, reference));
}

/** @throws ErasureFailure `unsealable` */
export function openAnnounced(seal: Seal, stored: readonly StoredAnnounced[], reference: string): Announced[] {
  return stored.map((place) => openIds(seal, place, reference));
}

/** @param reference of the request, bound to the seal */
export function storeRefused(seal: Seal, refused: readonly Refused[], reference: string): StoredRefused[] {
  const together = new Map<string, { name: string; why: FailureName; where: string; ids: unknown[] }>();
  for (const { id, ...place } of refused) {
    const key = JSON.stringify([place.name, place.why, place.where]);
    const same = together.get(key);
    if (same) same.ids.push(id);
    else together.set(key, { ...place, ids: [id] });
  }
  return [...together.values()].map((place) => storeIds(seal, place, reference));
}

/** @throws ErasureFailure `unsealable` */
export function openRefused(seal: Seal, stored: readonly StoredRefused[], reference: string): Refused[] {
  return stored.flatMap((place) => {
    const { ids, ...rest } = openIds<RefusedTogether>(seal, place, reference);
    return ids.map((id) => ({ ...rest, id }));
  });
}

function storeIds<Place extends { readonly ids: readonly unknown[] }>(
  seal: Seal,
  { ids, ...place }: Place,
  reference: string,
): StoredIds<Place> {
  if (ids.every((id) => speakableId(id) !== undefined)) return { ...place, ids };
  return { ...place, sealed: seal.closeText(EJSON.stringify(ids, { relaxed: false }), contextOf(reference)) };
}

function openIds<Place extends { readonly ids: readonly unknown[] }>(
  seal: Seal,
  { ids, sealed, ...place }: StoredIds<Place>,
  reference: string,
): Place & { ids: unknown[] } {
  const opened =
    sealed === undefined
      ? [...(ids ?? [])]
      : (EJSON.parse(seal.openText(sealed, contextOf(reference)), { relaxed: false }) as unknown[]);
  return { ...place, ids: opened } as unknown as Place & { ids: unknown[] };
}

/**
 * The sealed ids of a request's row, by their paths in it.
 * @param lists by the paths of the fields that hold them
 */
export function sealedInIds(
  lists: Readonly<Record<string, readonly (StoredAnnounced | StoredRefused)[]>>,
  reference: string,
): SealedText[] {
  return Object.entries(lists).flatMap(([field, stored]) =>
    stored.flatMap(({ sealed }, index) =>
      sealed === undefined ? [] : [{ path: `${field}.${index}.sealed`, text: sealed, context: contextOf(reference) }],
    ),
  );
}

const contextOf = (reference: string) => `announced:${reference}`;
