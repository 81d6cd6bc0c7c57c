import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { findFreePort } from '../../../local/process.ts';
import { type Service, startRedis } from '../../../local/services.ts';
import { untilCompleted } from '../../support/forget.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../support/records.ts';
import { fillInAcl } from '../../support/redis-acl.ts';
import { waitFor } from '../../support/wait-for.ts';
import { call } from '../../support/wire.ts';

const PASSWORD = 'correct-horse';
const ADMIN = 'user admin on >admin ~* &* +@all\n';

/**
 * A Redis that read the ACL from its file at the start. The program and its libraries are those of a Redis that the
 * tests know how to get.
 */
async function startWithAcl(like: Service, folder: string): Promise<{ port: number; child: ChildProcess }> {
  const redis = new Redis(like.url);
  const executable = /executable:(.+)\r/.exec(await redis.info('server'))?.[1] ?? '';
  redis.disconnect();
  // A private copy of a package has its libraries beside it.
  const libraries = join(dirname(executable), '..', 'lib');
  const folders = (await readdir(libraries)).filter((name) => name.endsWith('-linux-gnu'));
  const env = { ...process.env, LD_LIBRARY_PATH: folders.map((name) => join(libraries, name)).join(':') };
  const file = join(folder, 'users.acl');
  await writeFile(file, fillInAcl(PASSWORD) + ADMIN);
  const port = await findFreePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--aclfile', file];
  return { port, child: spawn(executable, args, { env, stdio: 'ignore' }) };
}

describe('deploy/redis/users.acl', () => {
  let folder: string;
  let plain: Service;
  let child: ChildProcess;
  let admin: Redis;
  let url: string;
  let platform: Platform;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lethe-acl-'));
    plain = await startRedis({ dataDir: folder, durable: false, print: () => {} });
    const started = await startWithAcl(plain, folder);
    child = started.child;
    url = `redis://lethe:${PASSWORD}@127.0.0.1:${started.port}`;
    admin = new Redis(`redis://admin:admin@127.0.0.1:${started.port}`, { commandTimeout: 2_000 });
    admin.on('error', () => {});
    await waitFor('Redis', async () => (await admin.ping().catch(() => '')) === 'PONG');
    platform = await openPlatform('acl');
    await indexPlatform(platform.core.db);
  });
  afterAll(async () => {
    await platform?.close();
    admin?.disconnect();
    child?.kill();
    await plain?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('lets API and worker do all that they do', async () => {
    const { account, key } = await platform.account();
    await insertRecords(platform.core.db, account.records_id, '447700900123', { contacts: 1, sent: 3 });
    const env = { REDIS_URL: url, QUEUE_PREFIX: 'lethe' };
    const api = await platform.startApi(env);
    const worker = await platform.startWorker(env);
    await waitFor('readiness', async () => (await call(api.url, '/readyz')).status === 200);

    const forgotten = await call(api.url, '/gdpr/forget', { key, body: { number: 447700900123 } });
    await untilCompleted(platform, String(forgotten.body.reference));
    const order = { product: 'SMS', direction: 'outbound', date_start: '2026-01-01', date_end: '2026-01-02' };
    const { body } = await call(api.url, '/v2/reports', { key, body: order });
    const report = `/v2/reports/${String(body.request_id)}`;
    await waitFor('the report', async () => (await call(api.url, report, { key })).body.request_status === 'SUCCESS');
    const settings = `/accounts/${account._id}/redaction`;
    const setTo = (automatic: string) =>
      call(api.url, settings, { key, method: 'PATCH', body: { manual: true, automatic, time_zone: 'Europe/London' } });
    expect([(await setTo('daily')).status, (await setTo('off')).status]).toEqual([200, 200]);
    expect((await call(api.url, '/metrics')).text).toContain('lethe_source_up{source="redis"} 1');
    await worker.stop();

    // Answers each of which Redis has written down: which command of whom was refused.
    const refused = (await admin.call('ACL', 'LOG')) as unknown[][];
    // The client tells Redis 7.2 and later its name; a refusal is nothing to it, and older servers have no such command.
    expect(refused.filter((entry) => !entry.includes('client|setinfo'))).toEqual([]);
  });

  it('refuses everything else', async () => {
    await admin.set('platform:session', 'x');
    const lethe = new Redis(url);
    for (const command of [
      ['FLUSHALL'],
      ['KEYS', '*'],
      ['SCAN', '0'],
      ['CONFIG', 'GET', '*'],
      ['GET', 'platform:session'],
      ['EVAL', "return redis.call('GET', 'platform:session')", '0'],
      ['PUBLISH', 'news', 'x'],
    ] as [string, ...string[]][])
      await expect(lethe.call(...command)).rejects.toThrow(/NOPERM|can't access at least one of the keys/);
    lethe.disconnect();
    const stranger = new Redis(url.replace(`lethe:${PASSWORD}@`, ''), { enableReadyCheck: false });
    stranger.on('error', () => {});
    await expect(stranger.get('{lethe}:x')).rejects.toThrow('NOAUTH');
    stranger.disconnect();
  });
});
