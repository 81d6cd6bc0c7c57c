import { Worker } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import type { Logger } from '../src/base/log.ts';
import { QUEUE_NAME } from '../src/base/queue/catalogue.ts';
import { queuePrefix } from '../src/base/queue/connections.ts';
import type { Core } from '../src/core.ts';
import type { Processor } from './jobs/registry.ts';
import { turnSignal } from './turn-signal.ts';

/** A crash is not the job's fault: a request must survive any number of them. */
const ANY_NUMBER_OF_STALLS = 1_000_000;

export interface Consumer {
  readonly worker: Worker;
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
}

/** Takes jobs from the queue and works on them, up to `WORKER_CONCURRENCY` side by side. */
export function startConsumer(options: ConsumerOptions): Consumer {
  const { core, registry, logger, stopping } = options;
  const turns = new Set<Promise<void>>();
  const worker = new Worker(
    QUEUE_NAME,
    async (job, token, cancelled) => {
      const processor = registry.get(job.name);
      if (!processor) throw new Error('a job of a name that is not in the catalogue');
      const { signal, release } = turnSignal(stopping, cancelled);
      try {
        const turn = processor(job, token, signal);
        turns.add(turn);
        await turn.finally(() => turns.delete(turn));
      } finally {
        release();
      }
    },
    {
      connection: options.connection,
      prefix: queuePrefix(core.config.QUEUE_PREFIX),
      concurrency: core.config.WORKER_CONCURRENCY,
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
  return { worker, turns: () => [...turns] };
}
