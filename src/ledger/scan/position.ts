/** Where a pass stands, as the ledger keeps it: the `_id` behind which to go on may be a number, so it is sealed. */
export interface StoredPosition {
  readonly turn: number;
  readonly place: number;
  readonly after?: string;
}
