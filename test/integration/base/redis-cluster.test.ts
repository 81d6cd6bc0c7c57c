import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { type Service, startRedis } from '../../../local/services.ts';
import { endRedis } from '../../support/end-redis.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../support/records.ts';
import { waitFor } from '../../support/wait-for.ts';

describe('a Redis Cluster', () => {
  let folder: string;
  let redis: Service;
  let platform: Platform;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lethe-cluster-'));
    redis = await startRedis({ dataDir: folder, durable: false, print: () => {}, cluster: true });
    const node = new Redis(redis.url);
    await node.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await waitFor('the cluster', async () => String(await node.call('CLUSTER', 'INFO')).includes('cluster_state:ok'));
    await endRedis(node);
    // No round of the relay but a worker's first: what is done after that, a job of the cluster did.
    platform = await openPlatform('cluster', {
      REDIS_URL: redis.url,
      REDIS_CLUSTER: 'true',
      RELAY_INTERVAL_MS: '3600000',
    });
    await indexPlatform(platform.core.db);
  });
  afterAll(async () => {
    await platform?.close();
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('carries a request from the API to a worker', async () => {
    const { account, key } = await platform.account();
    await insertRecords(platform.core.db, account.records_id, '447700900123', { contacts: 1, sent: 3 });
    const api = await platform.startApi();
    const worker = await platform.startWorker();
    await worker.drained(new AbortController().signal);
    const post = async (path: string, body: object) => {
      const headers = { Authorization: `Bearer ${key}` };
      const answer = await fetch(api.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      return (await answer.json()) as Record<string, unknown>;
    };
    await waitFor('readiness', async () => (await fetch(`${api.url}/readyz`)).status === 200);
    const { reference } = await post('/gdpr/forget', { number: 447700900123 });
    const done = await waitFor('completion', async () => {
      const status = await post('/gdpr/status', { reference });
      return status.state === 'completed' ? status : null;
    });
    expect(done.erased).toEqual({ contacts: 1, sent_sms: 3 });
    expect(await (await fetch(`${api.url}/metrics`)).text()).toContain('lethe_source_up{source="redis"} 1');
  });
});
