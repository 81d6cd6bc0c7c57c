import { describe, expect, it } from '@jest/globals';
import { timesOf } from '../../../src/base/times.ts';

const times = timesOf({
  LEASE_MS: 30_000,
  RELAY_INTERVAL_MS: 5_000,
  BATCH_PAUSE_MS: 7,
  SCHEDULED_SETTLE_MS: 60_000,
  RETRY_BASE_MS: 30_000,
  DEADLINE_HOURS: 24,
  ALARM_HOURS: [1, 4, 24],
  REPORT_KEEP_HOURS: 72,
  REDACT_WAIT_MINUTES: 60,
  SCAN_INTERVAL_MINUTES: 60,
  SESSION_IDLE_MINUTES: 30,
  SESSION_HOURS: 12,
  GUARD_LOOK_BACK_MINUTES: 60,
  GUARD_ROUND_HOURS: 24,
});

describe('the times of a process', () => {
  it('follow from its configuration', () => {
    expect(times).toEqual({
      leaseMs: 30_000,
      renewBelowMs: 21_000,
      lockMs: 30_000,
      stalledCheckMs: 30_000,
      graceMs: 30_000,
      abandonedMs: 60_000,
      filesMs: 9_000,
      fileAttemptMs: 10_000,
      lostPauseMs: 30_000,
      drainReachMs: 30_000,
      drainPatienceMs: 60_000,
      relayMs: 5_000,
      schedulesMs: 60_000,
      drainLookMs: 250,
      batchPauseMs: 7,
      settleMs: 60_000,
      retryBaseMs: 30_000,
      longestPauseMs: 3_600_000,
      deadlineMs: 86_400_000,
      alarmsMs: [14_400_000, 3_600_000],
      dueSoonMs: 14_400_000,
      scanIntervalMs: 3_600_000,
      scanTurnMs: 30_000,
      scanLookMs: 10_000,
      guardLookBackMs: 3_600_000,
      guardRoundMs: 86_400_000,
      guardTurnMs: 60_000,
      webhookMs: 10_000,
      reportKeepMs: 259_200_000,
      redactWaitMs: 3_600_000,
      sessionIdleMs: 1_800_000,
      sessionMs: 43_200_000,
    });
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(times)).toBe(true);
  });

  it('a lease outlives what must fit into it', () => {
    expect(times.renewBelowMs).toBeLessThan(times.leaseMs);
    expect(times.filesMs).toBeLessThan(times.renewBelowMs);
    expect(times.abandonedMs).toBeGreaterThan(times.lockMs + times.stalledCheckMs - 1);
  });
});
