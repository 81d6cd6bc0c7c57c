/** The beginning of a place in a turn. */
export interface Stop {
  /** Which round of the circle, from 0. */
  readonly turn: number;
  /** As an index into the list of places. */
  readonly place: number;
}

/** Where a pass stands: it has read everything before this. */
export interface Position extends Stop {
  /** The last `_id` that was read in the place; absent at its beginning. */
  readonly after?: unknown;
}

/** Where a pass begins that has read nothing. */
export const BEGINNING: Position = { turn: 0, place: 0 };

/** The beginning of the next place, or of the next turn behind the last one. */
export function nextPlace({ turn, place }: Stop, places: number): Stop {
  return place + 1 < places ? { turn, place: place + 1 } : { turn: turn + 1, place: 0 };
}

/**
 * Where one joins a pass: at the place that begins next. In the middle of one nobody could tell when the pass has come
 * round: `_id`s are sorted by the collation of their collection, and some types by no rule that is known here.
 */
export function stopAhead(position: Position, places: number): Stop {
  const { turn, place, after } = position;
  return after === undefined ? { turn, place } : nextPlace(position, places);
}

/** Has a pass come to the stop, or beyond? */
export function hasReached(position: Position, { turn, place }: Stop): boolean {
  return position.turn > turn || (position.turn === turn && position.place >= place);
}

/** Has a pass read every place once since somebody joined it at `joined`? */
export function hasComeRound(joined: Stop, position: Position): boolean {
  return hasReached(position, { turn: joined.turn + 1, place: joined.place });
}
