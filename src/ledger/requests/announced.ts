import mongoose from 'mongoose';
import type { SealedText } from '../../base/keys/rewrap.ts';
import type { Seal } from '../../base/keys/seal.ts';
import type { Announced } from '../../engine/sweep.ts';
import { speakableId } from '../../lib/speakable-id.ts';

const { EJSON } = mongoose.mongo.BSON;

/** An announcement as the ledger keeps it: `_id`s that may be numbers are sealed. */
export interface StoredAnnounced extends Omit<Announced, 'ids'> {
  readonly ids?: readonly unknown[];
  readonly sealed?: string;
}

/** @param reference of the request, bound to the seal */
export function storeAnnounced(seal: Seal, batch: readonly Announced[], reference: string): StoredAnnounced[] {
  return batch.map(({ ids, ...place }) => {
    if (ids.every((id) => speakableId(id) !== undefined)) return { ...place, ids };
    return { ...place, sealed: seal.closeText(EJSON.stringify(ids, { relaxed: false }), contextOf(reference)) };
  });
}

/** @throws ErasureFailure `unsealable` */
export function openAnnounced(seal: Seal, stored: readonly StoredAnnounced[], reference: string): Announced[] {
  return stored.map(({ ids, sealed, ...place }) => ({
    ...place,
    ids:
      sealed === undefined
        ? [...(ids ?? [])]
        : (EJSON.parse(seal.openText(sealed, contextOf(reference)), { relaxed: false }) as unknown[]),
  }));
}

/** The sealed parts of announcements, by their paths in the request's row. */
export function sealedInAnnounced(stored: readonly StoredAnnounced[], reference: string): SealedText[] {
  return stored.flatMap(({ sealed }, index) =>
    sealed === undefined ? [] : [{ path: `announced.${index}.sealed`, text: sealed, context: contextOf(reference) }],
  );
}

const contextOf = (reference: string) => `announced:${reference}`;
