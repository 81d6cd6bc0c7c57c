import mongoose from 'mongoose';
import { mayHoldNumber } from '../../engine/rewrite/bson-walk.ts';
import { type RewriteFailure, UNCHANGED } from '../../engine/rewrite/edits.ts';
import { latin1Of } from '../../engine/rewrite/octets.ts';
import { idOf } from '../../engine/scan/read-place.ts';
import type { NumberMatcher } from '../../phone/matcher.ts';
import type { FoundRecord } from './books.ts';
import type { Scene } from './commit.ts';

const { BSON } = mongoose.mongo;

/**
 * Looks for numbers in a raw record.
 * @returns null: the record holds none of the numbers, or nothing that is to change; a failure for one that cannot be read
 */
export function findRecord(
  scene: { readonly place: Pick<Scene['place'], 'isJoined'> } & Pick<Scene, 'rewrite'>,
  matcher: NumberMatcher,
  bytes: Uint8Array,
): FoundRecord | null {
  if (!scene.place.isJoined && !mayHoldNumber(bytes, matcher)) return null;
  try {
    const document = BSON.deserialize(bytes, { promoteLongs: false });
    const rewrite = scene.rewrite(document);
    const { fate, failures, waiting } = rewrite;
    return fate === 'unchanged' && failures.length === 0 && waiting.length === 0 ? null : { document, rewrite };
  } catch {
    return { document: { _id: idOf(bytes) }, rewrite: { ...UNCHANGED, failures: blame(matcher, bytes) } };
  }
}

/** A record that cannot be read is a failure of those whose number may be in it, and of everybody when nobody can tell. */
function blame(matcher: NumberMatcher, bytes: Uint8Array): RewriteFailure[] {
  const numbers = new Set(matcher.find(latin1Of(bytes)).map(({ number }) => number));
  return [...(numbers.size > 0 ? numbers : matcher.numbers)].map((number) => ({
    number,
    path: '',
    why: 'unexpected' as const,
  }));
}
