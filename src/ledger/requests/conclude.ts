import type mongoose from 'mongoose';
import type { Receipts } from '../receipts/receipts.ts';
import type { Suppressions } from '../suppression/suppression.ts';
import { leaveTombstones } from '../tombstones/tombstones.ts';
import type { Conclude } from './ledger-writes.ts';

export interface ConcludeDependencies {
  readonly db: mongoose.mongo.Db;
  readonly suppressions: Pick<Suppressions, 'settle'>;
  readonly receipts: Pick<Receipts, 'issue'>;
}

/** @returns what ends requests about people: the suppression settled, the receipt signed, the tombstone left */
export function createConclude({ db, suppressions, receipts }: ConcludeDependencies): Conclude {
  return async (endings, session) => {
    await suppressions.settle(
      endings.flatMap(({ settlement }) => settlement ?? []),
      session,
    );
    const proofs = endings.map(({ proof }) => proof);
    await leaveTombstones(db, await receipts.issue(proofs, session), session);
  };
}
