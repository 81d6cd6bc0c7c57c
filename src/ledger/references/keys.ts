import mongoose from 'mongoose';
import type { SealedText } from '../../base/keys/rewrap.ts';
import type { Seal } from '../../base/keys/seal.ts';

const { EJSON } = mongoose.mongo.BSON;

/** Keys of parents by the entry of their children, sealed: an id may be a number. */
export type SealedKeys = Readonly<Record<string, string>>;
/** The same as the ledger keeps them, one text a batch. */
export type StoredKeys = Readonly<Record<string, readonly string[]>>;

/** @param reference of the request, bound to the seal */
export function sealKeys(seal: Seal, keys: ReadonlyMap<string, readonly unknown[]>, reference: string): SealedKeys {
  return Object.fromEntries(
    [...keys]
      .filter(([, some]) => some.length > 0)
      .map(([child, some]) => [
        child,
        seal.closeText(EJSON.stringify(some, { relaxed: false }), contextOf(reference, child)),
      ]),
  );
}

/** @throws ErasureFailure `unsealable` */
export function openKeys(seal: Seal, stored: readonly string[], child: string, reference: string): unknown[] {
  const keys = stored.flatMap(
    (text) => EJSON.parse(seal.openText(text, contextOf(reference, child)), { relaxed: true }) as unknown[],
  );
  return [...new Map(keys.map((key) => [EJSON.stringify({ key }), key])).values()];
}

/** What an update adds to a request's keys. */
export function pushKeys(keys: SealedKeys): { $push?: Record<string, string> } {
  const entries = Object.entries(keys).map(([child, sealed]) => [`references.${child}`, sealed]);
  return entries.length > 0 ? { $push: Object.fromEntries(entries) } : {};
}

/** The sealed texts of a request's keys, by their paths in its row. */
export function sealedInKeys(stored: StoredKeys, reference: string): SealedText[] {
  return Object.entries(stored).flatMap(([child, texts]) =>
    texts.map((text, index) => ({ path: `references.${child}.${index}`, text, context: contextOf(reference, child) })),
  );
}

const contextOf = (reference: string, child: string) => `references:${child}:${reference}`;
