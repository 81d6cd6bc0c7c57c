import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { QueueCounts } from '../base/queue/producer.ts';
import { shareReading } from '../lib/share.ts';
import type { LedgerFigures } from './ledger-figures.ts';
import { createLedgerMetrics, renderTimeToErase } from './ledger-metrics.ts';

/** What a worker gave up, or could not do, and what no request tells of. */
const FAULTS = ['webhook_given_up', 'audit_heads_not_kept'] as const;
export type Fault = (typeof FAULTS)[number];

/** The metrics of one process. Labels are names of routes, states and collections: never a value from a request. */
export interface Metrics {
  readonly contentType: string;
  observeRequest(route: string, method: string, status: number, seconds: number): void;
  /** @param outcome done, later or failed */
  observeJob(job: string, outcome: string, seconds: number): void;
  countFault(fault: Fault): void;
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
  const jobs = new Histogram({
    name: 'lethe_job_duration_seconds',
    help: 'Turns of work on jobs, by job and by what they came to: done, later, failed',
    labelNames: ['job', 'outcome'],
    buckets: [0.01, 0.05, 0.25, 1, 5, 15, 60, 300],
    registers,
  });
  const faults = new Counter({
    name: 'lethe_faults_total',
    help: 'Messages to webhooks that were given up, and rounds that could not write the ends of the audit to their file',
    labelNames: ['fault'],
    registers,
  });
  // From nothing to one is an increase, too.
  for (const fault of FAULTS) faults.inc({ fault }, 0);
  const ledgerMetrics = createLedgerMetrics(registry);
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
      duration.observe({ route, method: METHODS.has(method) ? method : 'none', status }, seconds);
    },
    observeJob(job, outcome, seconds) {
      jobs.observe({ job, outcome }, seconds);
    },
    countFault: (fault) => faults.inc({ fault }),
    render: () => shared(new Date()),
  };

  async function render(): Promise<string> {
    const [ledger, queue] = await Promise.allSettled([sources.ledger(), sources.queue()]);
    up.set({ source: 'mongodb' }, ledger.status === 'fulfilled' ? 1 : 0);
    up.set({ source: 'redis' }, queue.status === 'fulfilled' ? 1 : 0);
    depth.reset();
    ledgerMetrics.clear();
    if (ledger.status === 'fulfilled') ledgerMetrics.set(ledger.value);
    if (queue.status === 'fulfilled')
      for (const [name, states] of Object.entries(queue.value))
        for (const [state, count] of Object.entries(states)) depth.set({ queue: name, state }, count);
    const text = await registry.metrics();
    return ledger.status === 'fulfilled' ? text + renderTimeToErase(ledger.value.times) : text;
  }
}
