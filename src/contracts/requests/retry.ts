import type mongoose from 'mongoose';
import { type ErasureRequest, requestsOf } from '../../ledger/requests/ledger.ts';
import { freeAt } from '../../ledger/work/row.ts';

/** Why a request cannot be taken up at once. */
export const RETRY_REFUSALS = {
  unknown: 'no request of this account has this reference',
  finished: 'the request is completed',
  cancelled: 'the request was cancelled',
  in_hand: 'a worker has the request in hand just now',
  scanning: "the account's records are being read",
  grace: 'the request can still be cancelled, and begins then',
  settling: 'the last scheduled message has just been sent, and what it leaves behind is waited for',
} as const;
export type RetryRefusal = keyof typeof RETRY_REFUSALS;

/** The part of the filter that `isRetriable` says in words of the row. */
function retriableAt(now: Date) {
  return {
    unfinished: true as const,
    ...freeAt(now),
    $nor: [
      // Its pause is for what the last message sent leaves behind: cut short, that would outlive the erasure.
      { state: 'waiting' as const, wait: 'settling' as const },
      // One that waits for a scan is let go by the scan.
      { state: 'scanning' as const, 'scan.done': { $exists: false } },
      { state: 'accepted' as const, grace_until: { $gt: now } },
    ],
  };
}

/** Can a request be taken up at once? */
export function isRetriable(request: ErasureRequest, now: Date): boolean {
  return request.unfinished === true && refusalOf(request, now) === null;
}

/**
 * Has an unfinished request taken up by the next worker that looks, instead of at its next look.
 * @returns the request as it stands then, or why not
 */
export async function retryRequest(
  db: mongoose.mongo.Db,
  key: { readonly account: string; readonly reference: string },
  now: Date,
): Promise<{ readonly request: ErasureRequest } | { readonly refusal: RetryRefusal; readonly at?: Date }> {
  const identity = { account_id: key.account, reference: key.reference };
  const request = await requestsOf(db).findOneAndUpdate(
    { ...identity, ...retriableAt(now) },
    // Its job may be in the queue for later: under the next generation the relay finds none, and adds one for now.
    { $set: { not_before: now, look_at: now }, $inc: { generation: 1 } },
    { returnDocument: 'after' },
  );
  if (request) return { request };
  const known = await requestsOf(db).findOne(identity);
  if (!known) return { refusal: 'unknown' };
  return { refusal: refusalOf(known, now) ?? 'in_hand', at: known.not_before };
}

function refusalOf(request: ErasureRequest, now: Date): RetryRefusal | null {
  const { state, lease, wait, grace_until, scan } = request;
  if (state === 'completed') return 'finished';
  if (state === 'cancelled') return 'cancelled';
  if (lease && lease.until > now) return 'in_hand';
  if (state === 'scanning' && scan?.done === undefined) return 'scanning';
  if (state === 'waiting' && wait === 'settling') return 'settling';
  return state === 'accepted' && grace_until !== undefined && grace_until > now ? 'grace' : null;
}
