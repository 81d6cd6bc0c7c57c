import type { Seal } from '../../base/keys/seal.ts';
import { type DeadlineState, deadlineStateOf } from '../../ledger/requests/deadline.ts';
import { describeFailure, explain } from '../../ledger/requests/explain.ts';
import type { ErasureRequest, RequestFailure } from '../../ledger/requests/ledger.ts';
import type { ScanProgress } from '../../ledger/scan/progress.ts';
import { maskNumber } from '../../phone/mask.ts';
import { isRetriable } from './retry.ts';

/** A request as people see it in a list. Nothing in it is the number; dates are dates. */
export interface RequestItem {
  readonly reference: string;
  readonly account: string;
  readonly profile: string;
  /** Country code and two digits, while the number is known: not of a finished request. */
  readonly masked?: string;
  readonly state: string;
  readonly deadline_state: DeadlineState | 'none';
  readonly accepted_at: Date;
  readonly due_at: Date;
  readonly completed_at?: Date;
  readonly cancelled_at?: Date;
  readonly erased: Readonly<Record<string, number>>;
  readonly failed?: { readonly code: string; readonly where?: string; readonly count?: number };
  readonly until?: Date;
  readonly why?: string;
}

/** A failed attempt, in words and as a code. */
interface AttemptView {
  readonly at: Date;
  readonly code: string;
  readonly plain: string;
  readonly where?: string;
  readonly count?: number;
  readonly ids?: readonly string[];
}

interface TimelineEvent {
  readonly at: Date;
  readonly what:
    | 'accepted'
    | 'suppressed'
    | 'begun'
    | 'failed'
    | 'scanning'
    | 'scanned'
    | 'waiting'
    | 'completed'
    | 'cancelled';
  readonly detail?: string;
}

/** A request as people see it by itself. */
export interface RequestDetails extends RequestItem {
  /** Oldest first. */
  readonly timeline: readonly TimelineEvent[];
  /** The last failed attempts, oldest first. */
  readonly attempts: readonly AttemptView[];
  /** How many attempts have failed in all. */
  readonly failures: number;
  readonly lease?: { readonly holder: string; readonly until: Date };
  readonly next_look_at?: Date;
  readonly scan?: {
    readonly percent: number | null;
    readonly read: number;
    readonly of: number | null;
    /** Why the account's records are not read. */
    readonly off?: true;
    /** Records changed where the map names no number; by collection and path. */
    readonly elsewhere?: Readonly<Record<string, number>>;
  };
  readonly waits_for?: {
    readonly what: 'scheduled_messages' | 'settling' | 'scan' | 'recordings' | 'grace';
    readonly until?: Date;
  };
  readonly can: { readonly retry: boolean; readonly cancel: boolean };
  readonly grace_until?: Date;
  readonly requested_by: string;
  readonly cancelled_by?: string;
}

export interface ViewOptions {
  readonly seal: Seal;
  readonly progress: ScanProgress | undefined;
  readonly now: Date;
  /** How much of the time is little. */
  readonly dueSoonMs: number;
}

/** A request for a list. */
export function viewItem(request: ErasureRequest, { seal, progress, now, dueSoonMs }: ViewOptions): RequestItem {
  const { failure } = request;
  const masked = maskedOf(request, seal);
  return {
    reference: request.reference,
    account: request.account_id,
    profile: request.profile,
    ...(masked !== undefined && { masked }),
    state: request.state,
    // One that was called off has none any more.
    deadline_state: request.cancelled_at ? 'none' : deadlineStateOf(request, now, dueSoonMs),
    accepted_at: request.created_at,
    due_at: request.due_at,
    ...(request.completed_at && { completed_at: request.completed_at }),
    ...(request.cancelled_at && { cancelled_at: request.cancelled_at }),
    erased: request.erased,
    ...(request.unfinished && failure && { failed: codeOf(failure) }),
    ...explain(request, progress, now),
  };
}

/** A request by itself. */
export function viewDetails(request: ErasureRequest, options: ViewOptions): RequestDetails {
  const { progress, now } = options;
  const { lease, not_before, scan, cancelled_by, grace_until } = request;
  const waits = waitsFor(request, progress, now);
  const isAhead = request.unfinished === true && request.state !== 'scanning' && not_before > now;
  const next = request.state === 'scanning' ? progress?.next : isAhead ? not_before : undefined;
  return {
    ...viewItem(request, options),
    timeline: timelineOf(request),
    attempts: (request.attempts ?? []).map(viewAttempt),
    failures: request.failures,
    ...(lease && lease.until > now && { lease: { holder: lease.owner, until: lease.until } }),
    ...(next && { next_look_at: next }),
    ...((progress || scan?.off || scan?.elsewhere) && {
      scan: {
        percent: progress?.of ? Math.min(100, Math.floor((100 * progress.read) / progress.of)) : null,
        read: progress?.read ?? 0,
        of: progress?.of ?? null,
        ...(scan?.off && { off: true as const }),
        ...(scan?.elsewhere && {
          elsewhere: Object.fromEntries(scan.elsewhere.map(({ path, count }) => [path, count])),
        }),
      },
    }),
    ...(waits && { waits_for: waits }),
    can: { retry: isRetriable(request, now), cancel: isCancellable(request) },
    ...(grace_until && { grace_until }),
    requested_by: request.requested_by,
    ...(cancelled_by !== undefined && { cancelled_by }),
  };
}

/** Nobody has taken it up yet, and it is known what was there before. */
function isCancellable(request: Pick<ErasureRequest, 'state' | 'lease' | 'grace_until' | 'unfinished'>): boolean {
  return (
    request.unfinished === true && request.state === 'accepted' && !request.lease && request.grace_until !== undefined
  );
}

function codeOf({ name, where, count }: RequestFailure): NonNullable<RequestItem['failed']> {
  return { code: name, ...(where !== undefined && { where }), ...(count !== undefined && { count }) };
}

function viewAttempt({ name, where, at, count, records }: RequestFailure): AttemptView {
  const ids = records?.flatMap(({ id }) => (id === undefined ? [] : [id])) ?? [];
  return {
    ...{ at, code: name, plain: describeFailure({ name }) },
    ...(where !== undefined && { where }),
    ...(count !== undefined && { count }),
    ...(ids.length > 0 && { ids }),
  };
}

/** Of one whose number cannot be opened with the keys at hand, nothing: that is told elsewhere. */
function maskedOf({ sealed, reference, unfinished }: ErasureRequest, seal: Seal): string | undefined {
  if (sealed === undefined || unfinished !== true) return undefined;
  try {
    return maskNumber(seal.open(sealed, reference));
  } catch {
    return undefined;
  }
}

function waitsFor(request: ErasureRequest, progress: ScanProgress | undefined, now: Date): RequestDetails['waits_for'] {
  const { until } = explain({ ...request, failure: undefined }, progress, now);
  const within = until && { until };
  switch (request.unfinished ? request.state : 'completed') {
    case 'accepted':
      return request.grace_until && request.grace_until > now ? { what: 'grace', ...within } : undefined;
    case 'waiting':
      return { what: request.wait === 'settling' ? 'settling' : 'scheduled_messages', ...within };
    case 'scanning':
      return { what: 'scan', ...within };
    case 'verifying':
      return request.file_left ? { what: 'recordings', ...within } : undefined;
    default:
      return undefined;
  }
}

/** What the ledger knows of the request's life, in order. */
function timelineOf(request: ErasureRequest): TimelineEvent[] {
  const { created_at, begun_at, scan, attempts = [], completed_at, cancelled_at, profile, erased } = request;
  const records = Object.values(erased).reduce((sum, count) => sum + count, 0);
  const events: TimelineEvent[] = [
    { at: created_at, what: 'accepted' },
    ...(profile === 'forget' ? [{ at: created_at, what: 'suppressed' as const }] : []),
    ...(begun_at ? [{ at: begun_at, what: 'begun' as const }] : []),
    ...attempts.map((one) => ({ at: one.at, what: 'failed' as const, detail: describeFailure(one) })),
    ...(scan?.since ? [{ at: scan.since, what: 'scanning' as const }] : []),
    ...(scan?.done ? [{ at: scan.done, what: 'scanned' as const }] : []),
    ...(completed_at ? [{ at: completed_at, what: 'completed' as const, detail: `${records} records` }] : []),
    ...(cancelled_at ? [{ at: cancelled_at, what: 'cancelled' as const }] : []),
  ];
  return events.sort((one, other) => one.at.getTime() - other.at.getTime());
}
