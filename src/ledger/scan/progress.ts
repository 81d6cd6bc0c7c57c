import type mongoose from 'mongoose';
import type { ErasureRequest } from '../requests/ledger.ts';
import { type ScanRow, scansOf } from './ledger.ts';

/** How far the pass is that a request waits for. */
export interface ScanProgress {
  /** Records read since the request joined the pass. */
  readonly read: number;
  /** Records read in the last whole turn, which is about how many there are; null before there was one. */
  readonly of: number | null;
  /** The account is large and read once an interval: its next turn begins then. */
  readonly next?: Date;
}

type Waiting = Pick<ErasureRequest, 'account_id' | 'state' | 'scan'>;

/** @returns the progress of each request that waits for a scan, by the request */
export async function readProgress<Request extends Waiting>(
  db: mongoose.mongo.Db,
  requests: readonly Request[],
): Promise<Map<Request, ScanProgress>> {
  const waiting = requests.filter(({ state }) => state === 'scanning');
  if (waiting.length === 0) return new Map();
  const accounts = [...new Set(waiting.map(({ account_id }) => account_id))];
  const rows = await scansOf(db)
    .find(
      { account_id: { $in: accounts } },
      { projection: { account_id: 1, read: 1, size: 1, not_before: 1, lease: 1 } },
    )
    .toArray();
  const scans = new Map(rows.map((row) => [row.account_id, row]));
  return new Map(waiting.map((request) => [request, progressOf(request, scans.get(request.account_id))]));
}

function progressOf(
  { scan }: Waiting,
  row: Pick<ScanRow, 'read' | 'size' | 'not_before' | 'lease'> | undefined,
): ScanProgress {
  const read = row === undefined || scan?.from === undefined ? 0 : Math.max(0, row.read - scan.from);
  const of = row?.size === undefined ? null : Math.max(row.size, read);
  return { read, of, ...(row && row.lease === undefined && { next: row.not_before }) };
}
