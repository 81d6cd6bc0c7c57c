import type { Target } from './target.ts';

/**
 * A target that says "no more" once it has found so many records, and goes on when it is asked anew: what is remembered of
 * them is bounded, however many there are. `remains` tells of all.
 */
export function inPortions(target: Target, most: number): Target {
  let found = 0;
  return {
    ...target,
    async find(limit, except) {
      if (found >= most) {
        found = 0;
        return [];
      }
      const ids = await target.find(limit, except);
      found += ids.length;
      return ids;
    },
  };
}
