import type { Change, Filter } from './plan.ts';

/** One place an erasure works on: a rule of a plan bound to whose records it is about. What the sweep sees of both. */
export interface Target {
  /** Stable across restarts: the ledger names the place by it. */
  readonly key: string;
  /** What counts call the collection. */
  readonly name: string;
  /** `_id`s of at most `limit` records that are still to be changed. */
  find(limit: number): Promise<unknown[]>;
  /**
   * Changes those of the records that still need it. Safe to repeat.
   * @param also a further condition on the records
   * @throws ErasureFailure `unsupported_type`
   */
  change(ids: readonly unknown[], also?: Filter): Promise<void>;
  /** What `change` does, for whoever has to do it as part of something larger. */
  describe(): TargetChange;
  /** Is a record left, in whatever shape, also one that `find` does not see? */
  remains(): Promise<boolean>;
  /** Are there records of which nobody can say whether they belong here? */
  isUnreadable(): Promise<boolean>;
}

/** The records behind a target that still need the change, and the change. */
export interface TargetChange {
  readonly collection: string;
  /** Begins with the account. */
  readonly filter: Filter;
  readonly change: Change;
}
