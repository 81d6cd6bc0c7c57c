import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../src/base/log.ts';
import { isReachable, openRedis, whenReady } from '../src/base/queue/connections.ts';
import { createFaultLog } from '../src/base/queue/fault-log.ts';
import { createProducer, type Producer } from '../src/base/queue/producer.ts';
import type { Core } from '../src/core.ts';
import { readVersion } from '../src/lib/version.ts';
import type { Fault } from '../src/ops/metrics.ts';
import { createPresence, SEEN_EVERY_MS } from '../src/ops/workers.ts';
import { closeWorkers } from './close.ts';
import { type ObserveJob, startConsumer } from './consumer.ts';
import { createJobDependencies } from './jobs/dependencies.ts';
import { createRegistry } from './jobs/registry.ts';
import { createOutside } from './outside.ts';
import { catchUp, createRelay, reconcileSchedules, startRounds } from './rounds.ts';

export interface RunningWorker {
  readonly producer: Producer;
  isRunning(): boolean;
  /**
   * Ends when nothing is due any more; requests that wait for a later moment do not count.
   * @throws when Redis stays away while something is due; what the database throws
   */
  drained(signal: AbortSignal): Promise<void>;
  /** Finishes the batches under way, hands their requests back, closes the connections to Redis. */
  stop(): Promise<void>;
}

/** How long the first round of the relay waits for Redis: it fails fast, and would fail before the connection is up. */
const FIRST_CONTACT_MS = 5_000;

/**
 * Starts taking jobs, and the relay and the schedules beside them.
 * @param observe told of each turn of work on a job
 * @param countFault told of what was given up, or could not be done
 * @param now the clock of all its work; BullMQ has its own
 */
export function startWorker(
  core: Core,
  logger: Logger,
  {
    observe = () => {},
    countFault = () => {},
    now = () => new Date(),
  }: { observe?: ObserveJob; countFault?: (fault: Fault) => void; now?: () => Date } = {},
): RunningWorker {
  const { config, times } = core;
  const onError = createFaultLog(logger, 'redis');
  const redis = { url: config.REDIS_URL, cluster: config.REDIS_CLUSTER };
  const patient = openRedis(redis, 'patient', onError);
  const failFast = openRedis(redis, 'fail-fast', onError);
  const producer = createProducer(failFast, config.QUEUE_PREFIX, onError);
  const stop = new AbortController();
  const stopping = stop.signal;
  // Each turn listens to it: Node would warn of more than ten.
  setMaxListeners(0, stopping);

  const jobs = createJobDependencies(core, producer, logger, now, countFault);
  const registry = createRegistry(jobs);
  const { workers, turns } = startConsumer({
    ...{ core, connection: patient, registry, logger, onError, stopping, observe },
  });

  const ready = whenReady(failFast, FIRST_CONTACT_MS, stopping);
  const relay = createRelay(core, producer, logger, now);
  const relayRounds = startRounds(relay.round, times.relayMs, ready.then(relay.round), stopping);
  // Beside the relay, not in its rounds: with many accounts it takes longer than those may.
  const reconcile = () => Promise.all([relay.boundClocks(), reconcileSchedules(jobs, producer, logger)]);
  const beginSchedules = async () => {
    await ready;
    if (!stopping.aborted) await reconcile();
    await catchUp(jobs, logger, stopping);
  };
  const scheduleRounds = startRounds(reconcile, times.schedulesMs, beginSchedules(), stopping);
  const presence = createPresence(core.db, { host: hostname(), version: readVersion(), now });
  const tell = () => presence.tell().catch((error: unknown) => logger.warn('presence not told', { error }));
  const presenceRounds = startRounds(tell, SEEN_EVERY_MS, tell(), stopping);
  const outside = createOutside(core, logger, now, countFault);
  const outsideRounds = startRounds(outside, times.relayMs, outside(), stopping);
  const rounds = [relayRounds, scheduleRounds, presenceRounds, outsideRounds];

  return {
    producer,
    isRunning: () => workers.every((worker) => worker.isRunning()) && !stopping.aborted,
    async drained(signal) {
      await Promise.all(rounds.map((one) => one.underWay()));
      // What is in the ledger without a job may still be inside its grace: reach past it.
      await relay.all(new Date(now().getTime() + times.drainReachMs));
      const redisAway = createPatience(times.drainPatienceMs);
      while (!signal.aborted && (await relay.isAnythingDue())) {
        // Without it nothing that is due gets a job: no end would ever come.
        if (redisAway(!(await isReachable(failFast)))) throw new Error('Redis is away, and work is due');
        await pause(times.drainLookMs, undefined, { signal }).catch(() => {});
      }
      // What was completed last, before the process ends.
      await outside();
    },
    async stop() {
      for (const one of rounds) one.end();
      stop.abort();
      const underWay = () => [...rounds.map((one) => one.underWay()), ...turns()];
      await closeWorkers({ workers, patient, failFast, underWay });
      // A database that is away is told nothing: the row is old soon.
      await presence.leave().catch(() => {});
      await producer.close();
      for (const open of [patient, failFast]) open.disconnect();
    },
  };
}

/** @returns tells whether something has been so at every call for as long as this */
function createPatience(longestMs: number): (isSo: boolean) => boolean {
  let since: number | undefined;
  return (isSo) => {
    since = isSo ? (since ?? performance.now()) : undefined;
    return since !== undefined && performance.now() - since > longestMs;
  };
}
