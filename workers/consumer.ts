import { DelayedError, type Job, WaitingError, Worker } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import type { Logger } from '../src/base/log.ts';
import { placesOf, QUEUE_NAMES, type QueueName, ruleOf } from '../src/base/queue/catalogue.ts';
import { queuePrefix } from '../src/base/queue/connections.ts';
import { TURN_LATER, type TurnTaker, takeTurn } from '../src/base/queue/turns.ts';
import type { Core } from '../src/core.ts';
import type { Processor } from './jobs/registry.ts';
import { createOpenPlaces } from './open-places.ts';
import { turnLimit } from './turn-limit.ts';
import { turnSignal } from './turn-signal.ts';

/** A crash is not the job's fault: a request must survive any number of them. */
const ANY_NUMBER_OF_STALLS = 1_000_000;

/** What a turn of work on a job came to: ended, to be gone on with later, or failed in a way nobody foresaw. */
type JobOutcome = 'done' | 'later' | 'failed';

/** Told of each turn of work: the job's name, what it came to, and the seconds it took. */
export type ObserveJob = (job: string, outcome: JobOutcome, seconds: number) => void;

export interface Consumer {
  /** One a queue. */
  readonly workers: readonly Worker[];
  /** The turns of work under way. */
  turns(): Promise<void>[];
}

export interface ConsumerOptions {
  readonly core: Pick<Core, 'config' | 'times'>;
  readonly connection: Redis | Cluster;
  readonly registry: ReadonlyMap<string, Processor>;
  readonly logger: Logger;
  readonly onError: (error: Error) => void;
  /** Aborted when the worker stops: each turn is told. */
  readonly stopping: AbortSignal;
  readonly observe?: ObserveJob;
}

/** Takes jobs from all queues and works on them, in each queue up to so many side by side as it has places. */
export function startConsumer(options: ConsumerOptions): Consumer {
  const turns = new Set<Promise<void>>();
  const workers = QUEUE_NAMES.map((queue) => startWorkerOf(queue, options, turns));
  return { workers, turns: () => [...turns] };
}

function startWorkerOf(queue: QueueName, options: ConsumerOptions, turns: Set<Promise<void>>): Worker {
  const { core, connection, registry, logger, stopping, observe = () => {} } = options;
  const { jobsATurn, turnMs, placesEach } = ruleOf(queue);
  const concurrency = placesOf(queue, core.config.WORKER_CONCURRENCY);
  const places =
    placesEach === undefined
      ? undefined
      : createOpenPlaces(concurrency, placesEach, (open) => {
          worker.concurrency = open;
        });
  const worker = new Worker(
    queue,
    async (job, token, cancelled) => {
      const processor = registry.get(job.name);
      if (!processor) throw new Error('a job of a name that is not in the catalogue');
      if (jobsATurn !== undefined) await waitForTurn(connection, worker, job, token, jobsATurn);
      const endTurn = places?.begin(job.data.account);
      const limit = turnMs === undefined ? undefined : turnLimit(connection, worker, job, turnMs);
      const { signal, release } = turnSignal(stopping, cancelled, limit?.signal);
      try {
        const turn = watch(job.name, observe, () => processor(job, token, signal));
        turns.add(turn);
        await turn.finally(() => turns.delete(turn));
      } finally {
        limit?.release();
        release();
        endTurn?.();
      }
    },
    {
      connection,
      prefix: queuePrefix(core.config.QUEUE_PREFIX),
      concurrency,
      lockDuration: core.times.lockMs,
      stalledInterval: core.times.stalledCheckMs,
      maxStalledCount: ANY_NUMBER_OF_STALLS,
      skipVersionCheck: true,
    },
  );
  worker.on('error', options.onError);
  worker.on('failed', (job, error) => logger.error('job failed', { job: job?.id, error }));
  worker.on('lockRenewalFailed', (ids: string[]) => {
    for (const id of ids) worker.cancelJob(id);
  });
  return worker;
}

async function watch(job: string, observe: ObserveJob, work: () => Promise<void>): Promise<void> {
  const begun = performance.now();
  const tell = (outcome: JobOutcome) => observe(job, outcome, (performance.now() - begun) / 1000);
  try {
    await work();
    tell('done');
  } catch (error) {
    tell(error instanceof DelayedError || error instanceof WaitingError ? 'later' : 'failed');
    throw error;
  }
}

/**
 * A job whose moment has come takes its turn, unless nobody waits.
 * @throws WaitingError when the job is back in the queue
 */
async function waitForTurn(
  redis: Redis | Cluster,
  worker: Worker,
  job: Job<TurnTaker>,
  token: string | undefined,
  jobsATurn: number,
): Promise<void> {
  if (job.priority !== TURN_LATER) return;
  const taken = await takeTurn(redis, worker, job.data, jobsATurn);
  if (!taken?.isAnyWaiting) return;
  await job.changePriority({ priority: taken.turn });
  await job.moveToWait(token);
  throw new WaitingError();
}
