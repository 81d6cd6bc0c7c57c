import type { ErasureRequest } from './ledger.ts';

/**
 * How a request stands to its deadline: open with time left, open with little of it, open and past it; completed in time,
 * completed late.
 */
export const DEADLINE_STATES = ['on_track', 'due_soon', 'overdue', 'met', 'missed'] as const;
export type DeadlineState = (typeof DEADLINE_STATES)[number];

/** @param dueSoonMs how much of the time is little */
export function deadlineStateOf(
  { due_at, completed_at }: Pick<ErasureRequest, 'due_at' | 'completed_at'>,
  now: Date,
  dueSoonMs: number,
): DeadlineState {
  if (completed_at) return completed_at > due_at ? 'missed' : 'met';
  const left = due_at.getTime() - now.getTime();
  if (left < 0) return 'overdue';
  return left < dueSoonMs ? 'due_soon' : 'on_track';
}
