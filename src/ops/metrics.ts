import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { QueueCounts } from '../base/queue/producer.ts';
import { shareReading } from '../lib/share.ts';
import type { LedgerFigures } from './ledger-figures.ts';

/** The metrics of one process. Labels are names of routes, states and collections: never a value from a request. */
export interface Metrics {
  readonly contentType: string;
  observeRequest(route: string, method: string, status: number, seconds: number): void;
  /** @returns the text for Prometheus */
  render(): Promise<string>;
}

export interface MetricsSources {
  readonly ledger: () => Promise<LedgerFigures>;
  readonly queue: () => Promise<QueueCounts>;
}

/** The methods of the API, and those that clients try by themselves. A caller may send dozens of others. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Gauges are read at each scrape: the ledger and the queue are shared, and no process owns their figures. */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const duration = new Histogram({
    name: 'lethe_http_request_duration_seconds',
    help: 'HTTP requests by route, method and status',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const requests = new Gauge({
    name: 'lethe_requests',
    help: 'Erasure requests by state',
    labelNames: ['state'],
    registers,
  });
  const oldest = new Gauge({
    name: 'lethe_oldest_unfinished_age_seconds',
    help: 'Age of the oldest unfinished request',
    registers,
  });
  const deadline = new Gauge({
    name: 'lethe_nearest_deadline_seconds',
    help: 'Seconds to the nearest deadline of an unfinished request; negative when it has passed, absent without one',
    registers,
  });
  const overdue = new Gauge({
    name: 'lethe_overdue_requests',
    help: 'Unfinished requests past their deadline',
    registers,
  });
  const deadlines = new Gauge({
    name: 'lethe_requests_by_deadline',
    help: 'Requests on track, due soon and overdue; and completed ones whose deadline was met or missed',
    labelNames: ['deadline'],
    registers,
  });
  const erased = new Counter({
    name: 'lethe_records_erased_total',
    help: 'Records erased by completed requests',
    labelNames: ['collection'],
    registers,
  });
  const files = new Gauge({
    name: 'lethe_recording_files',
    help: 'Recording files still to be removed, their references gone from the records',
    registers,
  });
  const oldestFile = new Gauge({
    name: 'lethe_oldest_recording_file_age_seconds',
    help: 'Seconds that the oldest of them has been waiting; it grows while the storage refuses',
    registers,
  });
  const scans = new Gauge({
    name: 'lethe_scans',
    help: 'Accounts whose records are being read, or will be, for requests that wait for it',
    registers,
  });
  const scanned = new Counter({
    name: 'lethe_records_scanned_total',
    help: 'Records read by scans',
    registers,
  });
  const oldestScan = new Gauge({
    name: 'lethe_oldest_scan_wait_seconds',
    help: 'Seconds that the request due first of those that wait for a scan has waited',
    registers,
  });
  const depth = new Gauge({
    name: 'lethe_queue_jobs',
    help: 'Jobs by queue and state',
    labelNames: ['queue', 'state'],
    registers,
  });
  const up = new Gauge({
    name: 'lethe_source_up',
    help: 'Whether the figures of a source could be read',
    labelNames: ['source'],
    registers,
  });

  // Scrapes side by side share one text.
  const shared = shareReading(render, 0);
  return {
    contentType: registry.contentType,
    observeRequest(route, method, status, seconds) {
      duration.observe({ route, method: METHODS.has(method) ? method : 'other', status }, seconds);
    },
    render: () => shared(new Date()),
  };

  async function render(): Promise<string> {
    const [ledger, queue] = await Promise.allSettled([sources.ledger(), sources.queue()]);
    up.set({ source: 'mongodb' }, ledger.status === 'fulfilled' ? 1 : 0);
    up.set({ source: 'redis' }, queue.status === 'fulfilled' ? 1 : 0);
    // Remove figures that cannot be read. A stale value would mislead, and `reset` leaves a 0 where there are no labels,
    // which would say that nothing is overdue.
    for (const metric of [requests, deadlines, erased, depth]) metric.reset();
    for (const metric of [oldest, deadline, overdue, files, oldestFile, scans, scanned, oldestScan]) metric.remove();
    if (ledger.status === 'fulfilled') {
      const figures = ledger.value;
      for (const [state, count] of Object.entries(figures.byState)) requests.set({ state }, count);
      for (const [collection, count] of Object.entries(figures.erased)) erased.inc({ collection }, count);
      oldest.set(figures.oldestUnfinishedSeconds);
      overdue.set(figures.overdue);
      for (const [name, count] of Object.entries(figures.deadlines)) deadlines.set({ deadline: name }, count);
      files.set(figures.filesLeft);
      oldestFile.set(figures.oldestFileSeconds);
      scans.set(figures.scans);
      scanned.inc(figures.scanned);
      oldestScan.set(figures.oldestScanSeconds);
      if (figures.nearestDeadlineSeconds !== null) deadline.set(figures.nearestDeadlineSeconds);
    }
    if (queue.status === 'fulfilled')
      for (const [name, states] of Object.entries(queue.value))
        for (const [state, count] of Object.entries(states)) depth.set({ queue: name, state }, count);
    return registry.metrics();
  }
}
