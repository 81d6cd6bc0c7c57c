import type mongoose from 'mongoose';
import type { FailureName } from '../../base/errors.ts';
import type { ProfileName } from '../../engine/map/categories.ts';
import type { Stop } from '../../engine/scan/circle.ts';
import type { StoredKeys } from '../references/keys.ts';
import type { SuppressedBefore } from '../suppression/suppression.ts';
import type { EventType } from '../webhooks/events.ts';
import type { Call } from '../work/call.ts';
import type { WorkRow } from '../work/row.ts';
import type { StoredAnnounced, StoredRefused } from './announced.ts';

/** What an unfinished request may be in. `failed` is retried, too. */
export const OPEN_STATES = ['accepted', 'sweeping', 'waiting', 'verifying', 'scanning', 'failed'] as const;
/** What a request may be in. */
export const STATES = [...OPEN_STATES, 'completed', 'cancelled'] as const;
export type RequestState = (typeof STATES)[number];

/** Failed attempts that are kept with a request. */
export const MOST_ATTEMPTS = 20;

export const REQUESTS = 'lethe_requests';

/** Records that are named with a failure; more are only counted. */
export const MOST_NAMED = 20;

/** A record in which the number was found and could not be erased. */
export interface RecordFailure {
  readonly name: FailureName;
  /** Collection and path. */
  readonly where: string;
  /** The record's `_id`, where it holds no number. */
  readonly id?: string;
}

/** Of a number that was forgotten before: only records that came late, or came back. */
export interface LateRecords {
  /** When it was forgotten: older records are meant. */
  readonly before: Date;
  /** Records of which nobody can tell when they came to be are meant, too. */
  readonly undated: boolean;
  /** The number belongs on the suppression list. */
  readonly suppressed: boolean;
  /** The request by which it was forgotten. */
  readonly reference: string;
  /** Records that are meant whatever their time, by collection. */
  readonly records: readonly StoredAnnounced[];
}

/** What a request knows of the scan it waits for. */
interface RequestScan {
  /** The account's records are not read: "removed" rests on look-ups alone. */
  readonly off?: true;
  /** Mapped collections that are not read, by the names of the map: what is said of them rests on look-ups alone. */
  readonly not_scanned?: readonly string[];
  /** Since when the request waits for it. */
  readonly since?: Date;
  /** From where on the pass reads for the request, and how many records it had read by then. */
  readonly joined?: Stop;
  readonly from?: number;
  /** The pass has come round since. */
  readonly done?: Date;
  /** Records that could not be changed: the first of them, and how many. */
  readonly failures?: readonly RecordFailure[];
  readonly failed?: number;
  /** Records changed where the number stood in somebody's text, or where the map names none; by collection and path. */
  readonly elsewhere?: readonly { readonly path: string; readonly count: number }[];
  /** A record that is still to be acted on holds the number. */
  readonly scheduled?: true;
}

/** Why an attempt failed. */
export interface RequestFailure {
  readonly name: FailureName;
  /** The place; for records, with the first one's `_id`, and how many more there are. */
  readonly where?: string;
  readonly at: Date;
  /** Records that could not be changed: how many, and the first of them. */
  readonly count?: number;
  readonly records?: readonly RecordFailure[];
}

/** What has happened to a request, until webhooks are told: written with the change itself. */
export interface NewsItem {
  readonly id: string;
  readonly type: EventType;
  readonly at: Date;
  /** Of an alarm: how many hours before the deadline it was raised for. */
  readonly hours?: number;
}

/** One request in the ledger: the only state of an erasure. The queue holds nothing that is not here. */
export interface ErasureRequest extends WorkRow {
  readonly _id: mongoose.mongo.ObjectId;
  readonly reference: string;
  /** Lethe's account. */
  readonly account_id: string;
  readonly profile: ProfileName;
  /** Whose records: those on a number (sealed), all or up to a moment, or those older than a moment. */
  readonly selector:
    | { readonly by: 'number'; readonly before?: Date; readonly late?: LateRecords }
    | {
        readonly by: 'age';
        readonly before: Date;
        /** Collections with a moment of their own, by the names of the map; null: none of their records. */
        readonly apart?: Readonly<Record<string, Date | null>>;
      };
  state: RequestState;
  /** Present and true until completed: the partial indexes are on it. */
  unfinished?: true;
  /** Stands for the number: HMAC, keyed and scoped by account. For other selectors, what makes two requests the same. */
  readonly token: string;
  /** The number, sealed; dropped when completed. */
  sealed?: string;
  /** Writings of the number in the record a request began with, sealed; dropped with it. */
  sealed_writings?: string;
  /** The number stays suppressed after its erasure. Once true it stays true. */
  keep_suppression: boolean;
  /** The id of the key that asked. */
  readonly requested_by: string;
  /** The batch that it was made for first. */
  readonly batch?: string;
  readonly created_at: Date;
  readonly due_at: Date;
  completed_at?: Date;
  /** Until then nobody works on it, so that it can be cancelled. */
  readonly grace_until?: Date;
  /** What a cancellation makes of the suppression; only of a request with a grace. */
  suppressed_before?: SuppressedBefore;
  /** When it was called off, and by the key or the person of which id. */
  cancelled_at?: Date;
  cancelled_by?: string;
  /** When a worker first took it up. */
  begun_at?: Date;
  /** No work before this moment: a wait for scheduled messages, or a retry backing off. */
  not_before: Date;
  /** It waits for scheduled messages, or for what the last of them left behind to be written. */
  wait?: 'scheduled' | 'settling';
  /** When the last of the scheduled messages is due. */
  wait_until?: Date;
  /** A recording file that is still to be removed, in `verifying`. */
  file_left?: { readonly where: string; readonly tries: number; readonly fault?: string };
  /** The last batch, written down before it was changed; it is counted by the write that follows the change. */
  announced?: StoredAnnounced[];
  /** Records that refused their change in this attempt: all others are changed without them. */
  refused?: StoredRefused[];
  /** Records changed so far, by the names of the data map. */
  erased: Record<string, number>;
  /** Keys of the person's records by which other records name them, sealed, by the entry of those others. */
  references?: StoredKeys;
  /** References to recordings that led to no file. */
  files_missing?: number;
  failures: number;
  /** What stands in the way as far as is known. It stays while the next attempt is under way, until that has come past it. */
  failure?: RequestFailure;
  /** How often each failure was what an attempt came to; it stays when the request is completed. */
  causes?: Record<string, number>;
  /** The last failed attempts, oldest first. */
  attempts?: RequestFailure[];
  scan?: RequestScan;
  /** The same was asked again since a worker last began to look: it must look once more before the end. */
  asked_again?: mongoose.mongo.ObjectId;
  /** A request seen past its deadline is reported once as overdue; it stays, as it was late. */
  overdue?: true;
  /** Hours before the deadline for which an alarm has been raised, the fewest. */
  alarmed?: number;
  news?: readonly NewsItem[];
  /** Since when its attempts have failed, without one that got as far as to wait for messages. */
  failing_since?: Date;
}

/** What a sealed row of the suppression list is bound to. */
export const suppressionContext = (reference: string): string => `suppressed:${reference}`;

/** The ledger as a native collection: its guarded updates are written exactly as MongoDB sees them. */
export function requestsOf(db: mongoose.mongo.Db): mongoose.mongo.Collection<ErasureRequest> {
  return db.collection<ErasureRequest>(REQUESTS);
}

/** Before when a collection's records are selected by their age. @param name as the map has it @returns null: none of them */
export function ageBound(
  { before, apart = {} }: Extract<ErasureRequest['selector'], { by: 'age' }>,
  name: string,
): Date | null {
  const own = apart[name];
  return own === undefined ? before : own;
}

type CalledRequest = Pick<ErasureRequest, 'account_id' | 'reference' | 'generation'> &
  Partial<Pick<ErasureRequest, 'created_at' | 'due_at'>>;

/** How the queue is told of a request. With a quarter of its time left it is urgent. */
export const REQUEST_CALL: Call<CalledRequest, 'erase'> = {
  what: 'request',
  job: 'erase',
  keyOf: ({ reference }) => reference,
  payloadOf: ({ account_id: account, reference, created_at, due_at }) => ({
    ...{ account, reference },
    ...(created_at && due_at && { urgent_at: Math.round(due_at.getTime() * 0.75 + created_at.getTime() * 0.25) }),
  }),
  factsOf: ({ reference }) => ({ reference }),
};
