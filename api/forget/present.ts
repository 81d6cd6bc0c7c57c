import { ERRORS, FAILURES, type FailureName, REMEDIES } from '../../src/base/errors.ts';
import type { NumberStanding } from '../../src/contracts/forget/standing.ts';
import { deadlineStateOf } from '../../src/ledger/requests/deadline.ts';
import { explain } from '../../src/ledger/requests/explain.ts';
import type { ErasureRequest, RequestState } from '../../src/ledger/requests/ledger.ts';
import type { ScanProgress } from '../../src/ledger/scan/progress.ts';
import { describeNumber } from '../../src/phone/describe.ts';
import type { PhoneNumber } from '../../src/phone/number.ts';

const MESSAGES = {
  accepted: 'Your request has been accepted',
  rehearsed: 'Dry run: nothing was written',
  pending: 'Your request has been accepted and is pending removal',
  removed: 'The number has been removed',
  cancelled: 'The request was cancelled: nothing was removed',
} as const;

const unixSeconds = (date: Date): number => Math.floor(date.getTime() / 1000);

/** The answer to an accepted request, as the source document shows it. */
export function presentAccepted(reference: string, createdAt: Date): Record<string, unknown> {
  return { status: 'SUCCESS', msg: MESSAGES.accepted, reference, created_at: unixSeconds(createdAt) };
}

/**
 * The answer to a dry run: the shape of an accepted request, so that a client's code can be tried on it.
 * @param wouldErase records by the names of the data map
 */
export function presentRehearsed(reference: string, at: Date, wouldErase: object): Record<string, unknown> {
  return { ...presentAccepted(reference, at), msg: MESSAGES.rehearsed, sandbox: true, would_erase: wouldErase };
}

/** How a request stands to its deadline, at a moment. */
export interface Standing {
  readonly now: Date;
  readonly dueSoonMs: number;
}

/** One request in the documented shape, with Lethe's own fields after it. */
export function presentRequest(
  request: ErasureRequest,
  standing: Standing,
  progress?: ScanProgress,
): Record<string, unknown> {
  const { off, not_scanned, elsewhere } = request.scan ?? {};
  const failed = request.state === 'failed';
  return {
    status: failed ? 'FAILED' : 'SUCCESS',
    ...(failed && { code: ERRORS.request_failed.code }),
    msg: failed ? ERRORS.request_failed.message : messageOf(request.state),
    reference: request.reference,
    created_at: unixSeconds(request.created_at),
    state: request.state,
    due_at: unixSeconds(request.due_at),
    deadline: deadlineStateOf(request, standing.now, standing.dueSoonMs),
    completed_at: request.completed_at ? unixSeconds(request.completed_at) : null,
    erased: request.erased,
    ...presentWhy(request, progress, standing.now),
    ...(failed && presentFailing(request)),
    ...(progress && { scan: { read: progress.read, of: progress.of } }),
    ...(off && { scan: 'off' }),
    ...(not_scanned && { not_scanned }),
    ...(elsewhere && { elsewhere: Object.fromEntries(elsewhere.map(({ path, count }) => [path, count])) }),
  };
}

function messageOf(state: RequestState): string {
  if (state === 'completed') return MESSAGES.removed;
  return state === 'cancelled' ? MESSAGES.cancelled : MESSAGES.pending;
}

/** Why it is not done yet, and until when that is so. */
function presentWhy(request: ErasureRequest, progress: ScanProgress | undefined, now: Date): object {
  const { why, until } = explain(request, progress, now);
  return { ...(why !== undefined && { why }), ...(until && { until: unixSeconds(until) }) };
}

/** What is told of a failed request beside the error. */
export function presentFailed(request: ErasureRequest, { now, dueSoonMs }: Standing): Record<string, unknown> {
  const { reference, state, created_at, due_at } = request;
  return {
    ...{ reference, state, created_at: unixSeconds(created_at), due_at: unixSeconds(due_at) },
    deadline: deadlineStateOf(request, now, dueSoonMs),
    ...presentWhy(request, undefined, now),
    ...presentFailing(request),
  };
}

/** Since when it fails, why, what would help, and when it is tried again. */
function presentFailing({ failure, failing_since: since, not_before: next }: ErasureRequest): { failing?: object } {
  if (!failure) return {};
  const name = failure.name as FailureName;
  return {
    failing: {
      since: unixSeconds(since ?? failure.at),
      why: FAILURES[name] ?? FAILURES.unexpected,
      ...(failure.where !== undefined && { where: failure.where }),
      help: REMEDIES[name] ?? REMEDIES.unexpected,
      next_attempt_at: unixSeconds(next),
    },
  };
}

/** The day that was searched, or the first and the last of several. */
export function presentDays({ day, lastDay }: { day: string; lastDay: string }): Record<string, unknown> {
  const searched = { from: day, to: lastDay };
  return { ...(day === lastDay ? { day } : searched), searched };
}

/** How one number stands: what a layman is told, and nothing of the records. */
export function presentStanding(
  number: PhoneNumber,
  { state, suppressed, request, progress, heldAgain }: NumberStanding,
  now: Date,
): Record<string, unknown> {
  const { why, until } = request ? explain(request, progress, now) : {};
  return {
    state,
    number_read: describeNumber(number),
    suppressed,
    ...(request && {
      reference: request.reference,
      accepted_at: request.created_at.toISOString(),
      due_at: request.due_at.toISOString(),
      erased: request.erased,
      ...(request.completed_at && { completed_at: request.completed_at.toISOString() }),
      ...(why !== undefined && { why }),
      ...(until !== undefined && { until: until.toISOString() }),
    }),
    ...(heldAgain && { held_again: true }),
  };
}
