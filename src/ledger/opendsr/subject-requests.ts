import type mongoose from 'mongoose';
import { isDuplicateKey } from '../../base/db/faults.ts';
import { randomText } from '../../lib/random-text.ts';
import { type ErasureRequest, requestsOf } from '../requests/ledger.ts';
import { emitToCallbacks } from '../webhooks/deliveries.ts';
import { webhooksOf } from '../webhooks/webhooks.ts';

export const SUBJECT_REQUESTS = 'lethe_subject_requests';

/** A request of a data subject as OpenDSR names it, and the erasure that it became. */
export interface SubjectRequest {
  /** `ACCOUNT UUID`: the controller's own name of it, once an account. */
  readonly _id: string;
  readonly account_id: string;
  readonly subject_request_id: string;
  /** Of the erasure; absent: the account held nothing. */
  readonly reference?: string;
  readonly received_at: Date;
  readonly due_at: Date;
}

/** As OpenDSR 2.0 names them. */
export type SubjectRequestStatus = 'pending' | 'in_progress' | 'completed' | 'cancelled';

function subjectRequestsOf(db: mongoose.mongo.Db): mongoose.mongo.Collection<SubjectRequest> {
  return db.collection<SubjectRequest>(SUBJECT_REQUESTS);
}

const idOf = (account: string, id: string) => `${account} ${id}`;

/** @returns null: the account has none of this name */
export function findSubjectRequest(db: mongoose.mongo.Db, account: string, id: string): Promise<SubjectRequest | null> {
  return subjectRequestsOf(db).findOne({ _id: idOf(account, id), account_id: account });
}

/** Writes a request down, with the places that are told of its end. @returns it, or the one that was there before */
export async function addSubjectRequest(
  db: mongoose.mongo.Db,
  row: Omit<SubjectRequest, '_id'>,
  callbacks: readonly string[],
): Promise<SubjectRequest> {
  const { account_id, subject_request_id, reference, received_at, due_at } = row;
  const added: SubjectRequest = { _id: idOf(account_id, subject_request_id), ...row };
  if (callbacks.length > 0)
    await webhooksOf(db).insertMany(
      callbacks.map((url) => ({
        ...{ _id: `cb_${randomText(15)}`, account_id, url, label: '', created_at: received_at },
        events: ['erasure.completed' as const, 'erasure.cancelled' as const],
        opendsr: { subject_request_id, due_at, ...(reference !== undefined && { reference }) },
      })),
    );
  try {
    await subjectRequestsOf(db).insertOne(added);
    return added;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return (await findSubjectRequest(db, account_id, subject_request_id)) ?? added;
  }
}

/** How a request stands, and how many records were erased. */
export async function statusOf(
  db: mongoose.mongo.Db,
  { account_id, reference }: SubjectRequest,
): Promise<{ status: SubjectRequestStatus; count: number }> {
  if (reference === undefined) return { status: 'completed', count: 0 };
  const request = await requestsOf(db).findOne({ account_id, reference });
  // Finished ones leave the ledger after a time.
  if (!request) return { status: 'completed', count: 0 };
  return { status: wordOf(request), count: Object.values(request.erased).reduce((sum, count) => sum + count, 0) };
}

function wordOf({ state }: ErasureRequest): SubjectRequestStatus {
  if (state === 'completed' || state === 'cancelled') return state;
  return state === 'accepted' ? 'pending' : 'in_progress';
}

/**
 * Has the callbacks of a request told that it has come to its end. Safe to repeat: each is told of an end once.
 * @param at when
 */
export async function tellEnd(
  db: mongoose.mongo.Db,
  { account_id: account, reference, subject_request_id }: SubjectRequest,
  end: 'completed' | 'cancelled',
  at: Date,
): Promise<void> {
  const data = { subject_request_id, ...(reference !== undefined && { reference }) };
  const event = { id: `dsr_${subject_request_id}`, account, type: `erasure.${end}`, at, data } as const;
  await emitToCallbacks(db, event, subject_request_id);
}
