import type { Seal } from '../../base/keys/seal.ts';
import type { Refused } from '../../engine/by-halves.ts';
import { keyMatcher } from '../../engine/references.ts';
import type { Announced } from '../../engine/sweep.ts';
import type { Target } from '../../engine/target.ts';
import type { References } from './children.ts';
import { openKeys, type SealedKeys, type StoredKeys, sealKeys } from './keys.ts';
import { addKeys, type Keys } from './keys-of.ts';

/** Keys to be written down, and the records that must not be changed. */
interface Read {
  readonly keys: SealedKeys;
  readonly refused: readonly Refused[];
}

/** How a request follows references: by keys that are written down before the records that have them change. */
export interface Following {
  /** Records known by others, as far as the keys of those are written down. @throws ErasureFailure `unsealable` */
  children(stored: StoredKeys): Target[];
  /**
   * The keys of records that lead to others and stay as they are, to be written down before anything is changed.
   * @param stored those that are written down already: they are left out
   */
  readRoots(stored: StoredKeys): Promise<Read>;
  /** The keys of records about to be changed, to be written down before. */
  readKeys(batch: readonly Announced[]): Promise<Read>;
}

/** The two ends of following references: keys into the ledger, and targets out of it. */
export function followWith(seal: Seal, references: References | undefined, reference: string): Following {
  const nothing = async () => ({ keys: {}, refused: [] });
  if (!references) return { children: () => [], readKeys: nothing, readRoots: nothing };
  const open = (stored: StoredKeys) =>
    new Map(Object.entries(stored).map(([child, texts]) => [child, openKeys(seal, texts, child, reference)]));
  return {
    children: (stored) => references.targets(open(stored)),
    async readRoots(stored) {
      const { keys, refused } = await references.readRoots();
      const known = open(stored);
      const fresh = new Map(
        [...keys].map(([child, some]) => {
          const isKnown = keyMatcher(known.get(child) ?? []);
          return [child, some.filter((key) => !isKnown(key))];
        }),
      );
      return { keys: sealKeys(seal, fresh, reference), refused };
    },
    async readKeys(batch) {
      const all: Keys = new Map();
      const refused: Refused[] = [];
      const seen = new Set<string>();
      for (const { name, ids } of batch) {
        // A record is announced at each of its places.
        if (seen.has(name)) continue;
        seen.add(name);
        const read = await references.readKeys(name, ids);
        refused.push(...read.refused);
        for (const [child, keys] of read.keys) addKeys(all, child, keys);
      }
      return { keys: sealKeys(seal, all, reference), refused };
    },
  };
}
