import type mongoose from 'mongoose';
import { withJoined } from '../../engine/rewrite/joined.ts';
import { describePath } from '../../engine/rewrite/places.ts';
import type { JoinedRule } from '../../engine/rewrite/rules.ts';
import { createOpener, type Hit, walk } from '../../engine/rewrite/walk.ts';
import type { NumberMatcher } from '../../phone/matcher.ts';
import { describeId, NUMBER_IN_ID } from '../collections/describe-id.ts';
import type { Spotter } from '../numbers/spot.ts';

/** How a number stands where it was found. */
type Way = 'number' | 'text' | 'key' | 'json' | 'base64' | 'bytes' | 'name';

/** One place where a number was found. It holds neither the number nor the value. */
export interface Trace {
  readonly database: string;
  readonly collection: string;
  /** `(holds a number)` where it holds one; undefined where the collection's own name does. */
  readonly id: string | undefined;
  /** Dotted, `[]` for indexes, `{key}` for keys that may be numbers. */
  readonly path: string;
  readonly as: Way;
  /** False: the digits may be another person's number too. */
  readonly sure: boolean;
  /** Lethe's own row, which holds the number for a reason. */
  readonly own?: 'suppression';
}

/**
 * Every place in a document where one of the matcher's numbers stands, each named once.
 * @param joined the numbers that stand in several of its fields, as the map says
 */
export function tracesIn(
  document: mongoose.mongo.Document,
  where: { readonly database: string; readonly collection: string },
  matcher: NumberMatcher,
  spotter: Spotter,
  joined: readonly JoinedRule[] = [],
): Trace[] {
  const open = createOpener();
  const hits = withJoined(walk(document, matcher, open), document, [{ joined }], matcher, open);
  if (hits.length === 0) return [];
  const isInId = hits.some(({ path }) => path[0] === '_id');
  const id = isInId ? NUMBER_IN_ID : describeId(document._id, spotter);
  const traces = hits.flatMap((hit) =>
    waysOf(hit).map(({ as, sure }): Trace => ({ ...where, id, path: describePath(hit.path), as, sure })),
  );
  return [...new Map(traces.map((trace) => [`${trace.path}\0${trace.as}\0${trace.sure}`, trace])).values()];
}

function waysOf({ kind, inJson, mentions, encoded }: Hit): { as: Way; sure: boolean }[] {
  const inText = { key: 'key', binary: 'bytes', number: 'number', parts: 'number', other: 'text' } as const;
  const ways = mentions.map(({ whole, sure }) => {
    const as = inJson ? 'json' : kind === 'string' ? (whole ? 'number' : 'text') : inText[kind];
    return { as, sure } as const;
  });
  return [...ways, ...encoded.flatMap(({ finds }) => finds.map(({ sure }) => ({ as: 'base64', sure }) as const))];
}
