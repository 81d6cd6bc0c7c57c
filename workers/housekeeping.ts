import type { Logger } from '../src/base/log.ts';
import type { JobName } from '../src/base/queue/catalogue.ts';
import type { NewSchedule, Producer } from '../src/base/queue/producer.ts';
import { createReportFolder } from '../src/contracts/access/reports/folder.ts';
import {
  countDueReports,
  relayReports,
  removeReportFiles,
  type TendDependencies,
} from '../src/contracts/access/reports/tend.ts';
import type { ReportDependencies } from '../src/contracts/access/reports/write.ts';
import { openRetention } from '../src/contracts/retention/open-retention.ts';
import type { Core } from '../src/core.ts';
import type { WorkFor } from '../src/ledger/requests/work.ts';

/** What workers do by the clock, for all accounts together. */
export interface Housekeeping {
  readonly reports: ReportDependencies;
  removeReportFiles(): Promise<void>;
  openRetention(signal: AbortSignal): Promise<void>;
  /** Gives lost reports a job again. @returns how many */
  relayReports(reach: Date): Promise<number>;
  countDueReports(): Promise<number>;
  /** What the time when no worker ran has left undone. */
  catchUp(signal: AbortSignal): Promise<void>;
  /** Makes the schedules that Redis does not have. */
  keepSchedules(): Promise<void>;
}

type ScheduledJob = JobName & ('remove-report-files' | 'retention');

/** When the platform's own load is low in Europe; the moment that counts is in each account's own day. */
const SCHEDULES: Readonly<Record<ScheduledJob, NewSchedule>> = {
  'remove-report-files': { id: 'remove-report-files', pattern: '*/5 * * * *', timeZone: 'Etc/UTC' },
  retention: { id: 'retention', pattern: '17 2 * * *', timeZone: 'Etc/UTC' },
};

const HOUR_MS = 3_600_000;

export function createHousekeeping(
  core: Core,
  producer: Producer,
  workFor: WorkFor,
  logger: Logger,
  now: () => Date,
): Housekeeping {
  const { config, db } = core;
  const folder = createReportFolder(config.REPORTS_DIR);
  const tend: TendDependencies = { db, folder, producer, logger, graceMs: config.LEASE_MS, now };
  const retention = {
    db,
    dataMap: core.dataMap,
    workFor,
    producer,
    logger,
    months: config.RETENTION_MONTHS,
    deadlineMs: config.DEADLINE_HOURS * HOUR_MS,
    graceMs: config.LEASE_MS,
    now,
  };
  const tidy = async () => {
    const removed = await removeReportFiles(tend);
    if (removed > 0) logger.info('report files removed', { removed });
  };
  const retain = async (signal: AbortSignal) => {
    const opened = await openRetention(retention, signal);
    if (opened > 0) logger.info('retention begun', { accounts: opened });
  };
  return {
    reports: {
      ...core,
      folder,
      logger,
      leaseMs: config.LEASE_MS,
      keepMs: config.REPORT_KEEP_HOURS * HOUR_MS,
      retryBaseMs: config.RETRY_BASE_MS,
      now,
    },
    removeReportFiles: tidy,
    openRetention: retain,
    relayReports: (reach) => relayReports(tend, reach),
    countDueReports: () => countDueReports(db, now()),
    async catchUp(signal) {
      const results = await Promise.allSettled([tidy(), retain(signal)]);
      for (const result of results)
        if (result.status === 'rejected') logger.warn('housekeeping interrupted', { error: result.reason });
    },
    async keepSchedules() {
      for (const [name, schedule] of Object.entries(SCHEDULES) as [ScheduledJob, NewSchedule][]) {
        const there = await producer.schedules(name);
        const same = there.some((one) => one.pattern === schedule.pattern && one.timeZone === schedule.timeZone);
        if (!same) await producer.schedule(name, {}, schedule);
      }
    },
  };
}
