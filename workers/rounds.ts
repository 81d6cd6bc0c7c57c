import type { Logger } from '../src/base/log.ts';
import type { NewSchedule, Producer, ScheduledJob } from '../src/base/queue/producer.ts';
import { REPORTS } from '../src/contracts/access/reports/ledger.ts';
import { countDueReports, relayReports } from '../src/contracts/access/reports/tend.ts';
import type { Core } from '../src/core.ts';
import { FILES } from '../src/ledger/recordings/outbox.ts';
import { relayFiles } from '../src/ledger/recordings/relay-files.ts';
import { REQUESTS } from '../src/ledger/requests/ledger.ts';
import { countDue, relayRequests } from '../src/ledger/requests/relay.ts';
import { isScanDue, relayScans } from '../src/ledger/scan/ask.ts';
import { SCANS } from '../src/ledger/scan/ledger.ts';
import { DELIVERIES, isAnyDeliveryDue } from '../src/ledger/webhooks/deliveries.ts';
import { relayDeliveries } from '../src/ledger/webhooks/relay.ts';
import { boundClocks } from '../src/ledger/work/clocks.ts';
import type { JobDependencies } from './jobs/dependencies.ts';
import { processDropFinished } from './jobs/drop-finished.ts';
import { processGuard } from './jobs/guard.ts';
import { processRemoveReportFiles } from './jobs/remove-report-files.ts';
import { processRetention } from './jobs/retention.ts';

/** Work that is done again and again, one round after the other. */
export interface Rounds {
  /** The round under way and those that wait for it; their faults are theirs. */
  underWay(): Promise<unknown>;
  /** No further round is begun by the clock. */
  end(): void;
}

/**
 * @param first what the rounds wait for, and begin with
 * @param signal told to stop: rounds that have not begun are left out
 */
export function startRounds(
  round: () => Promise<unknown>,
  everyMs: number,
  first: Promise<unknown>,
  signal: AbortSignal,
): Rounds {
  let last = first;
  const timer = setInterval(() => {
    last = last.then(() => (signal.aborted ? undefined : round()));
  }, everyMs);
  return { underWay: () => last, end: () => clearInterval(timer) };
}

/** The relay over all kinds of durable work. */
export interface Relay {
  /** @returns how many jobs were added @throws what the database or Redis throws */
  all(reach: Date): Promise<number>;
  /** As `all`, of what is due now; a fault is logged: the next round does the same again. */
  round(): Promise<unknown>;
  /** Ends what clocks far ahead have put into the future. A fault is logged. */
  boundClocks(): Promise<unknown>;
  /** Is there anything that a worker could go on with now? */
  isAnythingDue(): Promise<boolean>;
}

export function createRelay(core: Core, producer: Producer, logger: Logger, now: () => Date): Relay {
  const { db, files, times, note } = core;
  const deps = { db, files, producer, logger, times, now, note };
  const all = async (reach: Date) =>
    (await relayRequests(deps, reach)) +
    (await relayScans(deps, reach)) +
    (await relayFiles(deps)) +
    (await relayReports(deps, reach)) +
    (await relayDeliveries(deps, reach));
  return {
    all,
    round: () => all(now()).catch((error: unknown) => logger.warn('relay interrupted', { error })),
    async boundClocks() {
      const ledgers = [REQUESTS, SCANS, REPORTS, FILES, DELIVERIES].map((name) => db.collection(name));
      const bounded = await boundClocks(ledgers, times.leaseMs, now()).catch((error: unknown) => {
        logger.warn('clocks not bounded', { error });
        return 0;
      });
      if (bounded > 0) logger.warn('work was put off by a clock far ahead', { bounded });
    },
    isAnythingDue: async () =>
      (await countDue(db, now())) > 0 ||
      (await isScanDue(db, now())) ||
      // A scan may have let a request go between the two looks.
      (await countDue(db, now())) > 0 ||
      (await files.isAnyDue()) ||
      (await countDueReports(db, now())) > 0 ||
      (await isAnyDeliveryDue(db, now())),
  };
}

/** Jobs that run by the clock, for all accounts together. */
const SCHEDULES = {
  'remove-report-files': { id: 'remove-report-files', pattern: '*/5 * * * *', timeZone: 'Etc/UTC' },
  guard: { id: 'guard', pattern: '*/5 * * * *', timeZone: 'Etc/UTC' },
  // 02:17 UTC, off-peak in Europe. Cut-off times are computed per account, so the run time does not matter.
  'drop-finished': { id: 'drop-finished', pattern: '47 2 * * *', timeZone: 'Etc/UTC' },
  retention: { id: 'retention', pattern: '17 2 * * *', timeZone: 'Etc/UTC' },
} as const satisfies Partial<Record<ScheduledJob, NewSchedule>>;

/** Makes the schedules that Redis does not have, and removes those of former versions. @throws what Redis throws */
async function keepSchedules(producer: Producer): Promise<void> {
  await producer.dropFormerSchedules();
  for (const [name, schedule] of Object.entries(SCHEDULES) as [keyof typeof SCHEDULES, NewSchedule][]) {
    const there = await producer.schedules(name);
    const same = there.some((one) => one.pattern === schedule.pattern && one.timeZone === schedule.timeZone);
    if (!same) await producer.schedule(name, {}, schedule);
  }
}

/** One round over the schedules: those of the accounts, and those for all. A fault is logged. */
export async function reconcileSchedules(jobs: JobDependencies, producer: Producer, logger: Logger): Promise<void> {
  await Promise.all([jobs.automatic.automatic.reconcile(), keepSchedules(producer)]).catch((error: unknown) =>
    logger.warn('schedules not reconciled', { error }),
  );
}

/** Does what scheduled jobs would have done while no worker ran. A fault is logged: the next run does the same. */
export async function catchUp(jobs: JobDependencies, logger: Logger, signal: AbortSignal): Promise<void> {
  const results = await Promise.allSettled([
    processRemoveReportFiles(jobs.reportFiles),
    processRetention(jobs.retention, signal),
    processGuard(jobs.guard, signal),
    processDropFinished(jobs.dropFinished, signal),
  ]);
  for (const result of results)
    if (result.status === 'rejected') logger.warn('housekeeping interrupted', { error: result.reason });
}
