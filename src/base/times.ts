import type { Config } from './config.ts';

/** Every length of time that work is steered by, in milliseconds unless its comment says otherwise. */
export interface Times {
  // Leases. All of them follow from LEASE_MS.

  /** How long a worker that says nothing keeps its request, report or files: after that another may take them. */
  readonly leaseMs: number;
  /** A lease is renewed when less than this is left of it, so that a turn of the usual length writes no renewal. */
  readonly renewBelowMs: number;
  /** BullMQ's `lockDuration`: a job whose process has not renewed its lock for so long counts as stalled. */
  readonly lockMs: number;
  /** BullMQ's `stalledInterval`: how often workers look for stalled jobs and give them to another worker. */
  readonly stalledCheckMs: number;
  /** How long the relay leaves a row to the queue: a new one, one it has queued again, one whose job is alive. */
  readonly graceMs: number;
  /**
   * A lease expired for so long is abandoned. BullMQ has moved the job of a dead worker twice over by then: a job that is
   * still alive belongs to a process that lives and hangs.
   */
  readonly abandonedMs: number;
  /** The share of a lease that one turn of a request may spend on removing files. */
  readonly filesMs: number;
  /** An attempt at one file that takes longer is left behind: a storage that hangs must not hang whoever waits for it. */
  readonly fileAttemptMs: number;
  /** How long a worker that lost its lease leaves the request to whoever took it. */
  readonly lostPauseMs: number;
  /** `worker --drain` looks at rows due within so long: those still inside the relay's grace. */
  readonly drainReachMs: number;

  /** Redis may be away for so long while a worker drains: after that the drain has failed. */
  readonly drainPatienceMs: number;

  // Rounds of a worker.

  /** From one round of the relay to the next. */
  readonly relayMs: number;
  /** From one round over the schedules to the next: with many accounts a round takes long. */
  readonly schedulesMs: number;
  /** How often a draining worker asks whether anything is due. */
  readonly drainLookMs: number;

  // Pauses and deadlines.

  /** Rest between two batches of one request. */
  readonly batchPauseMs: number;
  /** How long the records that a scheduled message leaves behind may be written after it was sent. */
  readonly settleMs: number;
  /** The pause after the first failure; each further one doubles it. */
  readonly retryBaseMs: number;
  /** The longest pause: after failures, and between looks at messages that are past their time and not sent. */
  readonly longestPauseMs: number;
  /** From acceptance to the moment an unfinished request counts as overdue. */
  readonly deadlineMs: number;
  /** How long before the deadline of a request an alarm is raised, the longest first. */
  readonly alarmsMs: readonly number[];
  /** A request is due soon when less than this is left of its time. */
  readonly dueSoonMs: number;
  /** From the beginning of one turn over a large account's records to the next. */
  readonly scanIntervalMs: number;
  /** How long one job reads on before other accounts have their turn. */
  readonly scanTurnMs: number;
  /** How often a pass that reads looks who else waits for it. */
  readonly scanLookMs: number;
  /** How far behind its watermark a look for late records begins. */
  readonly guardLookBackMs: number;
  /** From the end of one reading of everything for late records to the beginning of the next. */
  readonly guardRoundMs: number;
  /** How long one look for late records goes on, over all accounts. */
  readonly guardTurnMs: number;
  /** An attempt at a webhook that takes longer is given up, and made again. */
  readonly webhookMs: number;
  /** How long the file of a report is kept. */
  readonly reportKeepMs: number;
  /** Records younger than this are not redacted by the transaction contract. */
  readonly redactWaitMs: number;
  /** A session without a request for so long has ended. */
  readonly sessionIdleMs: number;
  /** From signing in to the end of the session, whatever is asked meanwhile. */
  readonly sessionMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const RENEW_BELOW = 0.7;
const FILES_SHARE = 0.3;
const ABANDONED_AFTER_LEASES = 2;
const PATIENCE_IN_LEASES = 2;
const SCAN_LOOK_SHARE = 1 / 3;
const FILE_ATTEMPT_MS = 10_000;
const WEBHOOK_MS = 10_000;
const WEBHOOK_SHARE = 2 / 3;
const RELAYS_A_SCHEDULE_ROUND = 12;
const LONGEST_DRAIN_LOOK_MS = 250;

type Settings = Pick<
  Config,
  | 'LEASE_MS'
  | 'RELAY_INTERVAL_MS'
  | 'BATCH_PAUSE_MS'
  | 'SCHEDULED_SETTLE_MS'
  | 'RETRY_BASE_MS'
  | 'DEADLINE_HOURS'
  | 'ALARM_HOURS'
  | 'REPORT_KEEP_HOURS'
  | 'REDACT_WAIT_MINUTES'
  | 'SCAN_INTERVAL_MINUTES'
  | 'SESSION_IDLE_MINUTES'
  | 'SESSION_HOURS'
  | 'GUARD_LOOK_BACK_MINUTES'
  | 'GUARD_ROUND_HOURS'
>;

/** All times of a process, from its configuration. Nothing else computes with LEASE_MS or the deadlines. */
export function timesOf(config: Settings): Times {
  const { LEASE_MS, RELAY_INTERVAL_MS, DEADLINE_HOURS } = config;
  // One as long as the deadline would be raised at acceptance.
  const hours = [...new Set(config.ALARM_HOURS)].filter((one) => one < DEADLINE_HOURS);
  const alarmsMs = hours.sort((one, other) => other - one).map((one) => one * HOUR_MS);
  return Object.freeze({
    leaseMs: LEASE_MS,
    renewBelowMs: LEASE_MS * RENEW_BELOW,
    lockMs: LEASE_MS,
    stalledCheckMs: LEASE_MS,
    graceMs: LEASE_MS,
    abandonedMs: LEASE_MS * ABANDONED_AFTER_LEASES,
    filesMs: Math.ceil(LEASE_MS * FILES_SHARE),
    fileAttemptMs: FILE_ATTEMPT_MS,
    lostPauseMs: LEASE_MS,
    drainReachMs: LEASE_MS,
    drainPatienceMs: LEASE_MS * PATIENCE_IN_LEASES,
    relayMs: RELAY_INTERVAL_MS,
    schedulesMs: RELAY_INTERVAL_MS * RELAYS_A_SCHEDULE_ROUND,
    drainLookMs: Math.min(RELAY_INTERVAL_MS, LONGEST_DRAIN_LOOK_MS),
    batchPauseMs: config.BATCH_PAUSE_MS,
    settleMs: config.SCHEDULED_SETTLE_MS,
    retryBaseMs: config.RETRY_BASE_MS,
    longestPauseMs: HOUR_MS,
    deadlineMs: config.DEADLINE_HOURS * HOUR_MS,
    alarmsMs,
    dueSoonMs: alarmsMs[0] ?? 0,
    scanIntervalMs: config.SCAN_INTERVAL_MINUTES * MINUTE_MS,
    scanTurnMs: LEASE_MS,
    scanLookMs: Math.ceil(LEASE_MS * SCAN_LOOK_SHARE),
    guardLookBackMs: config.GUARD_LOOK_BACK_MINUTES * MINUTE_MS,
    guardRoundMs: config.GUARD_ROUND_HOURS * HOUR_MS,
    guardTurnMs: MINUTE_MS,
    webhookMs: Math.min(WEBHOOK_MS, Math.ceil(LEASE_MS * WEBHOOK_SHARE)),
    reportKeepMs: config.REPORT_KEEP_HOURS * HOUR_MS,
    redactWaitMs: config.REDACT_WAIT_MINUTES * MINUTE_MS,
    sessionIdleMs: config.SESSION_IDLE_MINUTES * MINUTE_MS,
    sessionMs: config.SESSION_HOURS * HOUR_MS,
  });
}
