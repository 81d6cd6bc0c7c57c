/** How many interactions, and how many of them are redacted. */
export interface Count {
  readonly total: number;
  readonly redacted: number;
}

/** Counts by a value of the records, in bounded memory. */
export interface Tally {
  add(value: unknown, count: Count): void;
  sum(): Count;
  /** The counts by value, the largest first. */
  rows(): Record<string, Count>;
}

/** Rows of a breakdown; those after them are summed up as `other`. */
const MOST_ROWS = 500;
/** Different values that are counted apart. A value that comes later, when the frequent ones are known, is `other`. */
const MOST_VALUES = 10_000;
/** A longer value is cut: the platform may keep whole texts in a field. */
const LONGEST_VALUE = 200;
const UNKNOWN = 'unknown';
const OTHER = 'other';

const addUp = (one: Count | undefined, other: Count): Count => ({
  total: (one?.total ?? 0) + other.total,
  redacted: (one?.redacted ?? 0) + other.redacted,
});

/** A Map, because a value of the records may be `__proto__`. */
export function createTally(): Tally {
  const counts = new Map<string, Count>();
  let late: Count | undefined;
  return {
    add(value, count) {
      const key = value === null || value === undefined ? UNKNOWN : String(value).slice(0, LONGEST_VALUE);
      if (counts.size >= MOST_VALUES && !counts.has(key)) late = addUp(late, count);
      else counts.set(key, addUp(counts.get(key), count));
    },
    sum: () => [...counts.values(), ...(late ? [late] : [])].reduce(addUp, { total: 0, redacted: 0 }),
    rows() {
      const sorted = [...counts].sort(([, one], [, other]) => other.total - one.total);
      const rest = sorted.splice(MOST_ROWS).map(([, count]) => count);
      const rows = Object.fromEntries(sorted);
      // `other` may be a value of the records, too: then its row takes the rest in.
      for (const count of late ? [...rest, late] : rest)
        rows[OTHER] = addUp(Object.hasOwn(rows, OTHER) ? rows[OTHER] : undefined, count);
      return rows;
    },
  };
}
