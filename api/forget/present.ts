import { ERRORS } from '../../src/base/errors.ts';
import type { ErasureRequest } from '../../src/ledger/requests/ledger.ts';
import type { ScanProgress } from '../../src/ledger/scan/progress.ts';

const MESSAGES = {
  accepted: 'Your request has been accepted',
  rehearsed: 'Dry run: nothing was written',
  pending: 'Your request has been accepted and is pending removal',
  removed: 'The number has been removed',
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

/** One request in the documented shape, with Lethe's own fields after it. */
export function presentRequest(request: ErasureRequest, progress?: ScanProgress): Record<string, unknown> {
  const { off, elsewhere } = request.scan ?? {};
  const failed = request.state === 'failed';
  const completed = request.state === 'completed';
  return {
    status: failed ? 'FAILED' : 'SUCCESS',
    ...(failed && { code: ERRORS.request_failed.code }),
    msg: failed ? ERRORS.request_failed.message : completed ? MESSAGES.removed : MESSAGES.pending,
    reference: request.reference,
    created_at: unixSeconds(request.created_at),
    state: request.state,
    due_at: unixSeconds(request.due_at),
    completed_at: request.completed_at ? unixSeconds(request.completed_at) : null,
    erased: request.erased,
    ...(progress && { scan: { read: progress.read, of: progress.of } }),
    ...(off && { scan: 'off' }),
    ...(elsewhere && { elsewhere: Object.fromEntries(elsewhere.map(({ path, count }) => [path, count])) }),
  };
}

/** What is told of a failed request beside the error. */
export function presentFailed({ reference, state, created_at, due_at }: ErasureRequest): Record<string, unknown> {
  return { reference, state, created_at: unixSeconds(created_at), due_at: unixSeconds(due_at) };
}

/** The day that was searched, or the first and the last of several. */
export function presentDays({ day, lastDay }: { day: string; lastDay: string }): Record<string, string> {
  return day === lastDay ? { day } : { from: day, to: lastDay };
}
