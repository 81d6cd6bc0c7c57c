import { readConfig } from '../src/base/config.ts';
import { logCrashes } from '../src/base/crash.ts';
import { KeysMissing } from '../src/base/keys/in-use.ts';
import { createLogger } from '../src/base/log.ts';
import { allPlaces } from '../src/base/queue/catalogue.ts';
import { installShutdown } from '../src/base/shutdown.ts';
import { createCore } from '../src/core.ts';
import { summariseDrain } from '../src/ops/drain-summary.ts';
import { createLedgerFigures } from '../src/ops/ledger-figures.ts';
import { createMetrics } from '../src/ops/metrics.ts';
import { createMissingLog, isMissing } from '../src/ops/missing-log.ts';
import { checkStart, warnOfVersion } from '../src/ops/start-checks.ts';
import { serveHealth } from './health.ts';
import { startWorker } from './worker.ts';

/**
 * Runs a worker process: always on, or until nothing is due (`drain`), for cron and Kubernetes CronJobs.
 * Drained: it exits with 0, or with 1 where requests failed or are overdue. A database that stays away while draining: it
 * exits with 1.
 */
export async function runWorker(env: NodeJS.ProcessEnv, options: { drain: boolean }): Promise<void> {
  const config = readConfig(env);
  const logger = createLogger({ level: config.LOG_LEVEL, service: 'worker' });
  logCrashes(logger);
  await checkStart(config, env, logger);
  const core = createCore(config, { poolSize: allPlaces(config.WORKER_CONCURRENCY) + 8, logger });
  if (options.drain) await core.prepare();
  else await prepareWhenThere(core.prepare, logger);
  await warnOfVersion(core.db, logger);

  const begun = new Date();
  const figures = createLedgerFigures(core.db, core.times.dueSoonMs, core.tombstoneStore !== null);
  const metrics = createMetrics({ ledger: () => figures(new Date()), queue: () => worker.producer.counts() });
  const worker = startWorker(core, logger, { observe: metrics.observeJob, countFault: metrics.countFault });
  const health = await serveHealth(
    { isRunning: worker.isRunning, metrics: metrics.render, metricsType: metrics.contentType },
    config.HOST,
    config.WORKER_PORT,
  );
  const stopped = new AbortController();
  const shutDown = installShutdown(
    [
      { name: 'drain', run: () => stopped.abort() },
      { name: 'worker', run: worker.stop },
      { name: 'health', run: health.close },
      { name: 'database', run: core.close },
    ],
    { timeoutMs: config.SHUTDOWN_TIMEOUT_MS, logger },
  );
  logger.info('worker started', { concurrency: config.WORKER_CONCURRENCY, drain: options.drain });
  if (!options.drain) return;
  /** @returns the exit code: whoever runs a drain by the clock hears of what did not come to its end */
  const tellSummary = async () => {
    const summary = await summariseDrain(core.db, begun, new Date());
    const isFine = summary.failed === 0 && summary.overdue === 0;
    logger[isFine ? 'info' : 'error'](isFine ? 'drained' : 'drained, but requests failed or are overdue', {
      ...summary,
    });
    return isFine ? 0 : 1;
  };
  try {
    await worker.drained(stopped.signal);
    await shutDown(stopped.signal.aborted ? 0 : await tellSummary());
  } catch (error) {
    logger.error('draining failed', { error });
    await shutDown(1);
  }
}

/** A worker that starts before its database, or before its indexes are there, waits for them. */
async function prepareWhenThere(prepare: () => Promise<void>, logger: ReturnType<typeof createLogger>): Promise<void> {
  const logMissing = createMissingLog(logger);
  for (;;) {
    try {
      return await prepare();
    } catch (error) {
      if (error instanceof KeysMissing) throw error;
      if (isMissing(error)) logMissing(error);
      else logger.warn('waiting for the database', { error });
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
  }
}
