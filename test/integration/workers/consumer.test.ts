import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Queue, Worker } from 'bullmq';
import { queuePrefix } from '../../../src/base/queue/connections.ts';
import { timesOf } from '../../../src/base/times.ts';
import { closeWorkers } from '../../../workers/close.ts';
import { type Consumer, startConsumer } from '../../../workers/consumer.ts';
import type { Processor } from '../../../workers/jobs/registry.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { openProducer } from '../../support/producer.ts';
import { waitFor } from '../../support/wait-for.ts';

const payload = { account: 'acc_AAAAAAAAAAAA', reference: 'AAAAAAAAAAAAAAA' };

describe('the consumer of the queues', () => {
  let platform: Platform;
  let opened: ReturnType<typeof openProducer>;
  let queue: Queue;
  let consumer: Consumer | undefined;
  let stop: AbortController;
  beforeEach(async () => {
    platform = await openPlatform('consumer');
    opened = openProducer(platform);
    queue = new Queue('erasure', options());
    stop = new AbortController();
  });
  afterEach(async () => {
    stop.abort();
    if (consumer) await closeWorkers({ ...sides(), workers: consumer.workers, underWay: consumer.turns });
    consumer = undefined;
    await queue?.close();
    await opened?.close();
    await platform?.close();
  });

  const options = () => ({
    connection: opened.redis,
    prefix: queuePrefix(platform.config.QUEUE_PREFIX),
    skipVersionCheck: true,
  });
  const sides = () => ({ patient: opened.redis, failFast: opened.redis });
  const start = (processor: Processor, leaseMs = 1_000) => {
    consumer = startConsumer({
      core: { config: platform.config, times: timesOf({ ...platform.config, LEASE_MS: leaseMs }) },
      connection: opened.redis,
      registry: new Map([['erase', processor]]),
      logger: platform.logger,
      onError: () => {},
      stopping: stop.signal,
    });
  };
  const untilAborted = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve());
    });

  it('a turn whose lock is lost is told to stop', async () => {
    let state = 'not begun';
    start(async (_job, _token, signal) => {
      state = 'under way';
      await untilAborted(signal);
      state = 'stopped';
    });
    await opened.producer.add('erase', payload, { id: 'lost' });
    await waitFor('the turn', () => state === 'under way');
    await opened.redis.set(`${queue.toKey('lost')}:lock`, 'of another');
    await waitFor('the turn to stop', () => state === 'stopped');
  });

  it('turns under way are told that the worker stops, and are known until they have ended', async () => {
    let told = false;
    let end = () => {};
    start(async (_job, _token, signal) => {
      await untilAborted(signal);
      told = true;
      await new Promise<void>((resolve) => {
        end = resolve;
      });
    });
    await opened.producer.add('erase', payload, { id: 'stopped' });
    await waitFor('the turn', () => consumer?.turns().length === 1);
    stop.abort();
    await waitFor('the turn to be told', () => told);
    const turns = consumer?.turns() ?? [];
    expect(turns).toHaveLength(1);
    end();
    await Promise.all(turns);
    await waitFor('no turn', () => consumer?.turns().length === 0);
  });

  it('a job survives any number of crashes', async () => {
    await opened.producer.add('erase', payload, { id: 'crashed' });
    // A worker that takes it and is gone, as many others before.
    const gone = new Worker('erasure', null, { ...options(), autorun: false, lockDuration: 50 });
    expect((await gone.getNextJob('token'))?.id).toBe('crashed');
    await gone.close(true);
    await opened.redis.hset(queue.toKey('crashed'), 'stc', '1000');
    const done: (string | undefined)[] = [];
    start(async (job) => {
      done.push(job.id);
    }, 200);
    await waitFor('the job', () => done.length > 0);
    expect(done).toEqual(['crashed']);
  });

  it('a job that a former version left in the only queue it had is worked on', async () => {
    const names: string[] = [];
    start(async (job) => {
      names.push(job.id ?? '');
    });
    await queue.add('erase', payload, { jobId: 'former' });
    await waitFor('the job', () => names.includes('former'));
  });
});
