import { Counter, Gauge, type Registry } from 'prom-client';
import { ERASE_SECONDS } from './completed-sums.ts';
import type { LedgerFigures } from './ledger-figures.ts';

/** The figures of the ledger among the metrics of a process. No process owns them: each tells the same. */
export interface LedgerMetrics {
  set(figures: LedgerFigures): void;
  /**
   * Takes all of them away. A stale value would mislead, and `reset` leaves a 0 where there are no labels, which would say
   * that nothing is overdue.
   */
  clear(): void;
}

interface GaugeOf {
  readonly name: string;
  readonly help: string;
  /** Null: absent. */
  readonly read: (figures: LedgerFigures) => number | null;
}

const GAUGES: readonly GaugeOf[] = [
  {
    name: 'lethe_oldest_unfinished_age_seconds',
    help: 'Age of the oldest unfinished request',
    read: (figures) => figures.oldestUnfinishedSeconds,
  },
  {
    name: 'lethe_nearest_deadline_seconds',
    help: 'Seconds to the nearest deadline of an unfinished request; negative when it has passed, absent without one',
    read: (figures) => figures.nearestDeadlineSeconds,
  },
  {
    name: 'lethe_overdue_requests',
    help: 'Unfinished requests past their deadline',
    read: (figures) => figures.overdue,
  },
  {
    name: 'lethe_recording_files',
    help: 'Recording files still to be removed, their references gone from the records',
    read: (figures) => figures.filesLeft,
  },
  {
    name: 'lethe_oldest_recording_file_age_seconds',
    help: 'Seconds that the oldest of them has been waiting; it grows while the storage refuses',
    read: (figures) => figures.oldestFileSeconds,
  },
  {
    name: 'lethe_scans',
    help: 'Accounts whose records are being read, or will be, for requests that wait for it',
    read: (figures) => figures.scans,
  },
  {
    name: 'lethe_oldest_scan_wait_seconds',
    help: 'Seconds that the request due first of those that wait for a scan has waited',
    read: (figures) => figures.oldestScanSeconds,
  },
  {
    name: 'lethe_guard_lag_seconds',
    help: 'Seconds since everything inserted was last looked through for late records of people who were forgotten',
    read: (figures) => figures.guardLagSeconds,
  },
  {
    name: 'lethe_tombstones_unexported',
    help: 'Tombstones still to be written down outside of the database; absent where they are not',
    read: (figures) => figures.unexported,
  },
];

interface CounterOf {
  readonly name: string;
  readonly help: string;
  /** Its values are names of our own tables and of the data map. */
  readonly label: string;
  readonly read: (figures: LedgerFigures) => Readonly<Record<string, number>>;
}

const COUNTERS: readonly CounterOf[] = [
  {
    name: 'lethe_records_erased_total',
    help: 'Records erased by completed requests',
    label: 'collection',
    read: (figures) => figures.erased,
  },
  {
    name: 'lethe_retention_deleted_total',
    help: 'Records deleted because of their age by completed requests',
    label: 'collection',
    read: (figures) => figures.retention,
  },
  {
    name: 'lethe_request_failures_total',
    help: 'Attempts at requests that failed, by cause',
    label: 'cause',
    read: (figures) => figures.failures,
  },
];

const TIME_TO_ERASE = { name: 'lethe_time_to_erase_seconds', help: 'Time from acceptance to completion, by profile' };

export function createLedgerMetrics(registry: Registry): LedgerMetrics {
  const registers = [registry];
  const requests = new Gauge({
    name: 'lethe_requests',
    help: 'Erasure requests by state',
    labelNames: ['state'],
    registers,
  });
  const deadlines = new Gauge({
    name: 'lethe_requests_by_deadline',
    help: 'Requests on track, due soon and overdue; and completed ones whose deadline was met or missed',
    labelNames: ['deadline'],
    registers,
  });
  const gauges = GAUGES.map(({ name, help, read }) => ({ metric: new Gauge({ name, help, registers }), read }));
  const counters = COUNTERS.map(({ name, help, label, read }) => ({
    metric: new Counter({ name, help, labelNames: [label], registers }),
    label,
    read,
  }));
  const scanned = new Counter({ name: 'lethe_records_scanned_total', help: 'Records read by scans', registers });
  return {
    set(figures) {
      for (const [state, count] of Object.entries(figures.byState)) requests.set({ state }, count);
      for (const [deadline, count] of Object.entries(figures.deadlines)) deadlines.set({ deadline }, count);
      for (const { metric, read } of gauges) {
        const value = read(figures);
        if (value !== null) metric.set(value);
      }
      for (const { metric, label, read } of counters)
        for (const [name, count] of Object.entries(read(figures))) metric.inc({ [label]: name }, count);
      scanned.inc(figures.scanned);
    },
    clear() {
      requests.reset();
      deadlines.reset();
      for (const { metric } of counters) metric.reset();
      for (const { metric } of gauges) metric.remove();
      scanned.remove();
    },
  };
}

/**
 * The time from acceptance to completion, as a histogram in the text format of Prometheus. Its counts come from the ledger:
 * a histogram of the library only takes single observations.
 */
export function renderTimeToErase(times: LedgerFigures['times']): string {
  const { name, help } = TIME_TO_ERASE;
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
  for (const [profile, { count, sum, within }] of Object.entries(times)) {
    const label = `profile="${profile}"`;
    for (const [index, bound] of ERASE_SECONDS.entries())
      lines.push(`${name}_bucket{${label},le="${bound}"} ${within[index] ?? 0}`);
    lines.push(`${name}_bucket{${label},le="+Inf"} ${count}`);
    lines.push(`${name}_sum{${label}} ${sum}`, `${name}_count{${label}} ${count}`);
  }
  return `${lines.join('\n')}\n`;
}
