import { ERRORS } from '../../src/base/errors.ts';
import type { ErasureRequest } from '../../src/ledger/requests/ledger.ts';
import type { ScanProgress } from '../../src/ledger/scan/progress.ts';

const MESSAGES = {
  accepted: 'Your request has been accepted',
  pending: 'Your request has been accepted and is pending removal',
  removed: 'The number has been removed',
} as const;

const unixSeconds = (date: Date): number => Math.floor(date.getTime() / 1000);

/** The answer to an accepted request, as the source document shows it. */
export function presentAccepted(reference: string, createdAt: Date): Record<string, unknown> {
  return { status: 'SUCCESS', msg: MESSAGES.accepted, reference, created_at: unixSeconds(createdAt) };
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
