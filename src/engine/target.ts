import type mongoose from 'mongoose';
import type { Change } from './change.ts';
import type { Filter } from './filter.ts';

/** A rule applied to one person's (or one period's) records. The sweep knows only this interface. */
export interface Target {
  /** Stable across restarts: the ledger names the place by it. */
  readonly key: string;
  /** The collection's name in `erased`. */
  readonly name: string;
  /**
   * `_id`s of at most `limit` records that are still to be changed. Fewer mean "no more".
   * @param except records that are left out
   */
  find(limit: number, except?: readonly unknown[]): Promise<unknown[]>;
  /**
   * Changes those of the records that still need it. Safe to repeat.
   * @param also a further condition on the records
   * @throws ErasureFailure `unsupported_type`, `refused`, `unusable_file`: of which record, nobody says
   */
  change(ids: readonly unknown[], also?: Filter): Promise<void>;
  /** What `change` does, for a caller that does it within a transaction of its own. */
  describe(): TargetChange;
  /** Does a record remain, in whatever shape, even one that `find` does not see? */
  remains(): Promise<boolean>;
  /** Are there records whose number or time field has an unsupported type? */
  isUnreadable(): Promise<boolean>;
  /** Are there records that hold what may be the number, and another's? */
  isDoubtful?(): Promise<boolean>;
  /** When the last of its records is due that are still to be acted on; null where none is. */
  lastDue?(): Promise<Date | null>;
  /** Does a scan read its records, too, where the account is scanned? */
  readonly isScanned?: boolean;
}

/** The records behind a target that still need the change, and the change. */
export interface TargetChange {
  readonly collection: mongoose.mongo.Collection;
  /** Begins with the account. */
  readonly filter: Filter;
  readonly change: Change;
  /** What becomes of the records is more than the change says: they are changed by `Target.change` only. */
  readonly needsReading?: boolean;
}
