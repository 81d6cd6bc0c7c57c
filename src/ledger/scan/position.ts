import mongoose from 'mongoose';
import type { SealedText } from '../../base/keys/rewrap.ts';
import type { Seal } from '../../base/keys/seal.ts';
import type { Position } from '../../engine/scan/circle.ts';

const { EJSON } = mongoose.mongo.BSON;

/** Where a pass stands, as the ledger keeps it: the `_id` behind which to go on may be a number, so it is sealed. */
export interface StoredPosition {
  readonly turn: number;
  readonly place: number;
  readonly after?: string;
}

/** A position as it is written down. @param account Lethe's, bound to the seal */
export function sealPosition(seal: Seal, account: string, { turn, place, after }: Position): StoredPosition {
  if (after === undefined) return { turn, place };
  return { turn, place, after: seal.closeText(EJSON.stringify({ after }, { relaxed: false }), contextOf(account)) };
}

/** @throws ErasureFailure `unsealable` */
export function openPosition(seal: Seal, account: string, { turn, place, after }: StoredPosition): Position {
  if (after === undefined) return { turn, place };
  const opened = EJSON.parse(seal.openText(after, contextOf(account)), { relaxed: false }) as { after: unknown };
  return { turn, place, after: plainId(opened.after) };
}

/** The sealed part of a position, by its path in the row. @param field that holds the position */
export function sealedInPosition(field: string, account: string, position: StoredPosition | undefined): SealedText[] {
  const text = position?.after;
  return text === undefined ? [] : [{ path: `${field}.after`, text, context: contextOf(account) }];
}

const contextOf = (account: string) => `scan:${account}`;

/** Canonical EJSON gives numbers their BSON types; `_id`s read by the driver are plain. */
function plainId(value: unknown): unknown {
  const { Int32, Double } = mongoose.mongo;
  return value instanceof Int32 || value instanceof Double ? value.valueOf() : value;
}
