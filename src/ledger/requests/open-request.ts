import mongoose from 'mongoose';
import { isDuplicateKey } from '../../base/db/faults.ts';
import { randomText } from '../../lib/random-text.ts';
import { newWork } from '../work/row.ts';
import { type ErasureRequest, requestsOf } from './ledger.ts';

export interface NewRequest
  extends Pick<
    ErasureRequest,
    'account_id' | 'profile' | 'selector' | 'token' | 'requested_by' | 'keep_suppression' | 'batch' | 'news'
  > {
  /** Seals the number, if the request is about one, for the reference it gets. */
  readonly seal?: (reference: string) => string;
  /** Seals writings of the number that need be in no list. */
  readonly writings?: (reference: string) => string;
  readonly now: Date;
  readonly deadlineMs: number;
  /** How long the relay leaves a fresh request to the queue before it looks after it. */
  readonly graceMs: number;
  /** Nobody works on it for so long, and it can be cancelled. */
  readonly cancellableMs?: number;
}

/** A request as it enters the ledger, with a reference of 15 letters or digits from a secure source. */
export function draftRequest({
  seal,
  writings,
  now,
  deadlineMs,
  graceMs,
  cancellableMs = 0,
  ...given
}: NewRequest): ErasureRequest {
  const begins = new Date(now.getTime() + cancellableMs);
  const reference = randomText(15);
  return {
    _id: new mongoose.mongo.ObjectId(),
    reference,
    ...given,
    state: 'accepted',
    unfinished: true,
    ...(seal && { sealed: seal(reference) }),
    ...(writings && { sealed_writings: writings(reference) }),
    created_at: now,
    due_at: new Date(now.getTime() + deadlineMs),
    // Not now: the clock of whoever works on it may be behind this one.
    not_before: cancellableMs > 0 ? begins : new Date(0),
    ...(cancellableMs > 0 && { grace_until: begins }),
    ...newWork(begins, graceMs),
    erased: {},
    failures: 0,
  };
}

/**
 * Writes a request into the ledger, unless a duplicate (same account, profile and token) is there unfinished.
 * @returns the request and true, or the duplicate and false
 */
export async function openRequest(
  db: mongoose.mongo.Db,
  input: NewRequest,
): Promise<{ request: ErasureRequest; fresh: boolean }> {
  const request = draftRequest(input);
  for (;;) {
    try {
      await requestsOf(db).insertOne(request);
      return { request, fresh: true };
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      const { account_id, profile, token } = request;
      const duplicate = await requestsOf(db).findOne({ account_id, profile, token, unfinished: true });
      if (duplicate) return { request: duplicate, fresh: false };
    }
  }
}
