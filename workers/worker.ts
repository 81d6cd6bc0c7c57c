import { setMaxListeners } from 'node:events';
import { Worker } from 'bullmq';
import type { Logger } from '../src/base/log.ts';
import { QUEUE_NAME } from '../src/base/queue/catalogue.ts';
import { openRedis, queuePrefix, whenReady } from '../src/base/queue/connections.ts';
import { createFaultLog } from '../src/base/queue/fault-log.ts';
import { createProducer, type Producer } from '../src/base/queue/producer.ts';
import { createAutomaticRedaction } from '../src/contracts/interactions/automatic.ts';
import type { Core } from '../src/core.ts';
import { joinFinds } from '../src/ledger/accounts/join-finds.ts';
import { relayFiles } from '../src/ledger/recordings/relay-files.ts';
import type { EraseDependencies } from '../src/ledger/requests/erase.ts';
import { createLedgerWrites } from '../src/ledger/requests/ledger-writes.ts';
import { countDue, relayRequests } from '../src/ledger/requests/relay.ts';
import { createWork } from '../src/ledger/requests/work.ts';
import { closeWorker } from './close.ts';
import { createHousekeeping } from './housekeeping.ts';
import { createRegistry } from './jobs/registry.ts';
import { turnSignal } from './turn-signal.ts';

export interface RunningWorker {
  readonly producer: Producer;
  isRunning(): boolean;
  /** Ends when nothing is due any more; requests that wait for a later moment do not count. */
  drained(signal: AbortSignal): Promise<void>;
  /** Finishes the batches under way, hands their requests back, closes the connections to Redis. */
  stop(): Promise<void>;
}

/** A crash is not the job's fault: a request must survive any number of them. */
const ANY_NUMBER_OF_STALLS = 1_000_000;

/** How long the first round of the relay waits for Redis: it fails fast, and would fail before the connection is up. */
const FIRST_CONTACT_MS = 5_000;

const HOUR_MS = 3_600_000;
/** Rounds of the relay for one over the schedules. */
const SCHEDULES_EVERY = 12;

/** Starts taking jobs, and the relay and the schedules beside them. */
export function startWorker(core: Core, logger: Logger): RunningWorker {
  const { config } = core;
  const now = () => new Date();
  const onError = createFaultLog(logger, 'redis');
  const redis = { url: config.REDIS_URL, cluster: config.REDIS_CLUSTER };
  const connection = openRedis(redis, 'patient', onError);
  const producerConnection = openRedis(redis, 'fail-fast', onError);
  const producer = createProducer(producerConnection, config.QUEUE_PREFIX, onError);
  const stopping = new AbortController();
  // Each turn listens to it: Node would warn of more than ten.
  setMaxListeners(0, stopping.signal);
  const workFor = createWork({ ...core, now });
  const deps: EraseDependencies = {
    ledger: createLedgerWrites(core.db),
    accounts: joinFinds(core.accounts),
    workFor,
    logger,
    batchSize: config.BATCH_SIZE,
    pauseMs: config.BATCH_PAUSE_MS,
    leaseMs: config.LEASE_MS,
    settleMs: config.SCHEDULED_SETTLE_MS,
    retryBaseMs: config.RETRY_BASE_MS,
    now,
  };
  const automatic = createAutomaticRedaction({
    db: core.db,
    producer,
    logger,
    deadlineMs: config.DEADLINE_HOURS * HOUR_MS,
    graceMs: config.LEASE_MS,
    now,
  });
  const housekeeping = createHousekeeping(core, producer, workFor, logger, now);
  const turns = new Set<Promise<void>>();
  const registry = createRegistry({ ...deps, files: core.files, automatic, housekeeping });

  const worker = new Worker(
    QUEUE_NAME,
    async (job, token, cancelled) => {
      const processor = registry.get(job.name);
      if (!processor) throw new Error('a job of a name that is not in the catalogue');
      const { signal, release } = turnSignal(stopping.signal, cancelled);
      try {
        const turn = processor(job, token, signal);
        turns.add(turn);
        await turn.finally(() => turns.delete(turn));
      } finally {
        release();
      }
    },
    {
      connection,
      prefix: queuePrefix(config.QUEUE_PREFIX),
      concurrency: config.WORKER_CONCURRENCY,
      lockDuration: config.LEASE_MS,
      stalledInterval: config.LEASE_MS,
      maxStalledCount: ANY_NUMBER_OF_STALLS,
      skipVersionCheck: true,
    },
  );
  worker.on('error', onError);
  worker.on('failed', (job, error) => logger.error('job failed', { job: job?.id, error }));
  worker.on('lockRenewalFailed', (ids: string[]) => {
    for (const id of ids) worker.cancelJob(id);
  });

  const relay = { db: core.db, producer, logger, graceMs: config.LEASE_MS, now };
  let round: Promise<unknown> = Promise.resolve();
  const relayAll = async (reach: Date) =>
    (await relayRequests(relay, reach)) +
    (await relayFiles(core.files, producer)) +
    (await housekeeping.relayReports(reach));
  const relayOnce = (reach: Date) =>
    relayAll(reach).catch((error) => {
      logger.warn('relay interrupted', { error });
      return 0;
    });
  const timer = setInterval(() => {
    round = round.then(() => (stopping.signal.aborted ? 0 : relayOnce(now())));
  }, config.RELAY_INTERVAL_MS);
  const ready = whenReady(producerConnection, FIRST_CONTACT_MS, stopping.signal);
  round = ready.then(() => relayOnce(now()));

  // Beside the relay, not in its rounds: with many accounts it takes longer than those may.
  const reconcileOnce = async () => {
    if (!stopping.signal.aborted)
      await Promise.all([automatic.reconcile(), housekeeping.keepSchedules()]).catch((error) =>
        logger.warn('schedules not reconciled', { error }),
      );
  };
  let schedules = ready.then(reconcileOnce).then(() => housekeeping.catchUp(stopping.signal));
  const schedulesTimer = setInterval(() => {
    schedules = schedules.then(reconcileOnce);
  }, config.RELAY_INTERVAL_MS * SCHEDULES_EVERY);

  return {
    producer,
    isRunning: () => worker.isRunning() && !stopping.signal.aborted,
    async drained(signal) {
      // What is in the ledger without a job may still be inside its grace: reach past it.
      await Promise.all([round, schedules]);
      await relayAll(new Date(now().getTime() + config.LEASE_MS));
      const isAnythingDue = async () =>
        (await countDue(core.db, now())) > 0 ||
        (await core.files.dueActs(1)).length > 0 ||
        (await housekeeping.countDueReports()) > 0;
      while (!signal.aborted && (await isAnythingDue())) await untilNextLook(config.RELAY_INTERVAL_MS, signal);
    },
    async stop() {
      clearInterval(timer);
      clearInterval(schedulesTimer);
      stopping.abort();
      const underWay = () => [round, schedules, ...turns];
      await closeWorker({ worker, patient: connection, failFast: producerConnection, underWay });
      await producer.close();
      for (const open of [connection, producerConnection]) open.disconnect();
    },
  };
}

function untilNextLook(relayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, Math.min(relayMs, 250));
    signal.addEventListener('abort', done, { once: true });
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
