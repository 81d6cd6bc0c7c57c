import { compareIds } from './compare-ids.ts';

/** Where a pass stands: it has read everything before this. */
export interface Position {
  /** Which round of the circle, from 0. */
  readonly turn: number;
  /** The place being read, as an index into the list of places. */
  readonly place: number;
  /** The last `_id` that was read there; absent at the place's beginning. */
  readonly after?: unknown;
}

/** Where a pass begins that has read nothing. */
export const BEGINNING: Position = { turn: 0, place: 0 };

/** The beginning of the next place, or of the next turn behind the last one. */
export function nextPlace(position: Position, places: number): Position {
  return position.place + 1 < places
    ? { turn: position.turn, place: position.place + 1 }
    : { turn: position.turn + 1, place: 0 };
}

/**
 * Has a pass that stands at `now` read everything once since somebody joined it at `joined`? A comparison of two `_id`s
 * whose order is not known here counts as "not yet": the joiner then waits for the end of the place.
 */
export function hasComeRound(joined: Position, now: Position): boolean {
  if (now.turn !== joined.turn + 1) return now.turn > joined.turn + 1;
  if (now.place !== joined.place) return now.place > joined.place;
  if (joined.after === undefined) return true;
  if (now.after === undefined) return false;
  const order = compareIds(now.after, joined.after);
  return order !== undefined && order >= 0;
}
