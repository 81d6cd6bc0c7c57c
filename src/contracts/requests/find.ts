import type mongoose from 'mongoose';
import { type ErasureRequest, requestsOf } from '../../ledger/requests/ledger.ts';
import { readProgress, type ScanProgress } from '../../ledger/scan/progress.ts';

/** References are never looked for without an account: their index begins with it. */
export async function findRequest(
  db: mongoose.mongo.Db,
  accounts: readonly string[],
  reference: string,
): Promise<{ readonly request: ErasureRequest; readonly progress: ScanProgress | undefined } | null> {
  const request = await requestsOf(db).findOne({ account_id: { $in: [...accounts] }, reference });
  if (!request) return null;
  const progress = await readProgress(db, [request]);
  return { request, progress: progress.get(request) };
}
