import { FAILURES } from '../../base/errors.ts';
import type { ScanProgress } from '../scan/progress.ts';
import type { ErasureRequest, RequestFailure } from './ledger.ts';

/** Why a request is not done yet, in words for people, and until when that is so. */
export interface Explanation {
  readonly why?: string;
  /** When it is looked at next, at the latest; without it as soon as a worker is free, or nobody can tell. */
  readonly until?: Date;
}

type Explained = Pick<
  ErasureRequest,
  'state' | 'unfinished' | 'wait' | 'wait_until' | 'file_left' | 'grace_until' | 'not_before' | 'files_missing'
> &
  Pick<Partial<ErasureRequest>, 'lease'> & { readonly failure?: RequestFailure | undefined };

/**
 * Says why a request is in the state it is in. What it says is as new as the ledger: a cause that the next attempt has come
 * past is told no more.
 * @param progress of the scan it waits for
 */
export function explain(request: Explained, progress: ScanProgress | undefined, now: Date): Explanation {
  if (request.unfinished !== true) return explainFinished(request);
  const { why, until } = explainState(request, progress, now);
  const { failure } = request;
  if (failure === undefined || request.state === 'failed') return { ...(why && { why }), ...(until && { until }) };
  // The attempt under way has not come past it.
  const before = `${describeFailure(failure)}. The rest is being done`;
  return { why: why === undefined ? before : `${before}: ${lower(why)}`, ...(until && { until }) };
}

function explainFinished({ state, files_missing: missing = 0 }: Explained): Explanation {
  if (state === 'cancelled') return { why: 'It was cancelled before anything was erased' };
  return missing === 0 ? {} : { why: `${missing} recordings not found` };
}

function explainState(request: Explained, progress: ScanProgress | undefined, now: Date): Explanation {
  const { failure, not_before, grace_until, lease } = request;
  // A worker that stops gives its lease back; one that is killed does not.
  if (lease && lease.until <= now) return { why: 'The worker that was at it is gone: another takes over' };
  const until = not_before > now ? not_before : undefined;
  switch (request.state) {
    case 'accepted':
      if (grace_until === undefined || grace_until <= now) return {};
      return { why: 'It can still be cancelled, and begins then', until: grace_until };
    case 'waiting':
      return explainWait(request, until);
    case 'scanning':
      return {
        why: progress ? describeProgress(progress) : 'Reads the records',
        ...(progress?.next && { until: progress.next }),
      };
    case 'verifying': {
      const { where, fault } = request.file_left ?? {};
      if (where === undefined) return {};
      const why = `A recording file is still to be removed: ${where}${fault === undefined ? '' : ` (${fault})`}`;
      return { why, ...(until && { until }) };
    }
    case 'failed':
      return {
        why: failure ? describeFailure(failure) : FAILURES.unexpected,
        ...(until && { until }),
      };
    default:
      return {};
  }
}

function explainWait({ wait, wait_until: last }: Explained, until: Date | undefined): Explanation {
  const why =
    wait === 'settling'
      ? 'The last scheduled message has been sent: what it leaves behind is erased next'
      : 'Messages to the number are scheduled: they are sent first';
  // The next look may come before the last message: it is no later than the deadline, or an hour.
  const at = wait === 'scheduled' && last !== undefined && (until === undefined || last > until) ? last : until;
  return { why, ...(at && { until: at }) };
}

/** `A unique index … (refused): sent_sms.to (_id …, and 2 more)`. */
export function describeFailure({ name, where }: Pick<RequestFailure, 'name' | 'where'>): string {
  return `${FAILURES[name] ?? FAILURES.unexpected} (${name})${where === undefined ? '' : `: ${where}`}`;
}

function describeProgress({ read, of }: ScanProgress): string {
  const count = (records: number) => records.toLocaleString('en-GB');
  return `Reads the records: ${count(read)}${of === null ? '' : ` of about ${count(of)}`}`;
}

const lower = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
