import { collectionOf } from '../../engine/collection.ts';
import { allOf, type Filter } from '../../engine/filter.ts';
import { type DataMap, nameOf } from '../../engine/map/schema.ts';
import { reachOf } from '../../engine/owner.ts';
import { NEWEST } from '../../engine/store/joining.ts';
import type { Target } from '../../engine/target.ts';
import type { FileOwner } from '../recordings/files.ts';
import { type ChildDependencies, childTarget } from './child-target.ts';
import { createFollower, type Followed, type ReadKeys } from './follower.ts';

/** Records known by others, of one request. */
export interface References {
  /** The keys of records that lead to others and stay as they are; nothing else tells when they are needed. */
  readRoots(): Promise<ReadKeys>;
  /**
   * The keys that records have for their children, by the entry of the children; read while the records still have them.
   * @param name of the parents' entry
   */
  readKeys(name: string, ids: readonly unknown[]): Promise<ReadKeys>;
  /** @param keys by entry @returns one target an entry that has keys */
  targets(keys: ReadonlyMap<string, readonly unknown[]>): Target[];
}

/** @param owner whose recordings are removed with the records */
export function createReferences(
  deps: ChildDependencies & { readonly dataMap: DataMap },
  followed: Followed,
  owner: FileOwner,
): References {
  const { db, dataMap } = deps;
  const { account, tree } = followed;
  const follower = createFollower(db, dataMap, followed);
  return {
    readRoots: () => follower.readRoots((entry) => !tree.isMeant(entry)),
    async readKeys(name, ids) {
      const parent = dataMap.collections.find((entry) => nameOf(entry) === name);
      if (parent === undefined || !tree.isParent(parent) || ids.length === 0) return { keys: new Map(), refused: [] };
      const among = allOf(reachOf(parent, account), { _id: { $in: [...ids] } } as Filter);
      return follower.readKeys(
        parent,
        collectionOf(db, parent, account).find(among, { promoteLongs: false, ...NEWEST }),
      );
    },
    targets: (keys) =>
      tree.all.flatMap((reference) => {
        const own = keys.get(nameOf(reference.child)) ?? [];
        return own.length > 0 ? (childTarget(deps, follower, account, owner, reference, own) ?? []) : [];
      }),
  };
}
