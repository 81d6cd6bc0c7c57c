import type mongoose from 'mongoose';

export type Filter = mongoose.mongo.Filter<mongoose.mongo.Document>;

/**
 * One filter that matches what all of them match. Conditions on different fields stand side by side, as indexes like
 * them; where two speak of one field, neither replaces the other.
 */
export function allOf(...filters: readonly Filter[]): Filter {
  const whole: Record<string, unknown> = {};
  const more: unknown[] = [];
  for (const filter of filters) {
    for (const [key, condition] of Object.entries(filter)) {
      if (key === '$and') more.push(...(condition as unknown[]));
      else if (key in whole) more.push({ [key]: condition });
      else whole[key] = condition;
    }
  }
  return (more.length > 0 ? { ...whole, $and: more } : whole) as Filter;
}

/** Matches all records but these. */
export function allBut(ids: readonly unknown[]): Filter {
  return ids.length === 0 ? {} : ({ _id: { $nin: [...ids] } } as Filter);
}
