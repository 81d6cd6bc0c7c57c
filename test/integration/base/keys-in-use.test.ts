import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generateKey } from '../../../src/base/keys/key-ring.ts';
import { createCore } from '../../../src/core.ts';
import { requestsOf } from '../../../src/ledger/requests/ledger.ts';
import { runCli } from '../../support/cli.ts';
import { forget, untilCompleted } from '../../support/forget.ts';
import { writeMap } from '../../support/map-file.ts';
import { openPlatform, type Platform, TEST_KEYS } from '../../support/platform.ts';
import { openProcesses, type Processes } from '../../support/processes.ts';
import { call } from '../../support/wire.ts';

const NUMBER = '447700900321';

/** Notes are known by their call. */
const CALL_NOTES = `
version: 2
account: account_id
collections:
  - { collection: sent_sms, record: message, numbers: [ to ], fields: [ { path: body, category: body } ] }
  - { collection: calls, record: call, numbers: [ from ] }
  - { collection: call_notes, record: other, numbers: [], via: { collection: calls, key: _id, field: call } }
  - { collection: blacklist, record: suppression, numbers: [ number ] }
`;

describe('keys that are in use and not at hand', () => {
  let platform: Platform;
  let processes: Processes;
  beforeEach(async () => {
    platform = await openPlatform('keys');
    processes = openProcesses();
  });
  afterEach(async () => {
    await processes?.endAll();
    await platform?.close();
  });

  const fresh = () => ({
    ...platform.env,
    LETHE_SEAL_KEYS: generateKey(new Date()),
    LETHE_TOKEN_KEYS: generateKey(new Date()),
  });
  const freshReceipts = () => ({ ...platform.env, RECEIPT_KEYS: generateKey(new Date()) });
  const added = () => ({
    ...platform.env,
    LETHE_SEAL_KEYS: `${generateKey(new Date())},${TEST_KEYS.LETHE_SEAL_KEYS}`,
    LETHE_TOKEN_KEYS: `${generateKey(new Date())},${TEST_KEYS.LETHE_TOKEN_KEYS}`,
  });
  const suppress = async () => {
    const { account, key } = await platform.account();
    const records = platform.core.db.collection('sent_sms');
    await records.insertOne({ account_id: account.records_id, to: NUMBER, body: 'x' });
    const api = await platform.startApi();
    const worker = await platform.startWorker();
    await untilCompleted(platform, await forget(api.url, key, { number: NUMBER }));
    await worker.stop();
    return { key, account };
  };
  /** What an installation has that was there before ids were written down. */
  const forgetIds = () => platform.core.db.collection('lethe_key_ids').deleteMany({});

  it.each([
    ['written down', async () => {}],
    ['not written down by an earlier version', forgetIds],
  ])('stop API, worker and drain with their names, ids %s', async (_what, before) => {
    await suppress();
    await before();
    for (const args of [['api'], ['worker'], ['worker', '--drain']]) {
      const child = processes.lethe(args, { ...fresh(), PORT: '0' });
      expect(await child.exited()).toMatchObject({ code: 1 });
      expect(child.output()).toContain('token key token1 (blacklist.token)');
      expect(child.output()).not.toContain('seal key');
    }
  });

  it('are those of receipts, too: their public halves are still asked for', async () => {
    await suppress();
    const child = processes.lethe(['api'], { ...freshReceipts(), PORT: '0' });
    expect(await child.exited()).toMatchObject({ code: 1 });
    expect(child.output()).toContain('receipt key receipt1 (lethe_receipts.mark)');
  });

  it('are named in readiness and by check-map', async () => {
    await suppress();
    const api = await platform.startApi(fresh());
    const { status, body } = await call(api.url, '/readyz');
    expect(status).toBe(503);
    const named = expect.stringContaining('token key token1 (blacklist.token)');
    expect(body.checks).toContainEqual({ name: 'keys', ok: false, detail: named });
    expect((await runCli(['check-map'], fresh())).out).toContainEqual(named);
    expect((await runCli(['check-map'], platform.env)).out.join('\n')).not.toContain('token key');
  });

  it('close an API that reached its database after its start', async () => {
    const { key } = await suppress();
    const api = await platform.startApi(fresh());
    expect((await call(api.url, '/blacklist/check', { key, body: { number: NUMBER } })).status).toBe(503);
  });

  it('are those of open requests, files and reports, too', async () => {
    const { account, key } = await platform.account();
    const { db } = platform.core;
    await db.collection('sent_sms').insertOne({ account_id: account.records_id, to: NUMBER, body: 'x' });
    const api = await platform.startApi();
    await forget(api.url, key, { number: NUMBER });
    await call(api.url, '/v2/reports', {
      key,
      body: { product: 'SMS', direction: 'outbound', date_start: '2026-01-01', date_end: '2026-01-02', to: NUMBER },
    });
    const { LETHE_SEAL_KEYS } = fresh();
    const drain = processes.lethe(['worker', '--drain'], { ...platform.env, LETHE_SEAL_KEYS });
    expect(await drain.exited()).toMatchObject({ code: 1 });
    expect(drain.output()).toContain('seal key seal1 (lethe_requests.sealed)');
    expect(drain.output()).toContain('seal key seal1 (lethe_reports.to.sealed)');
    expect(drain.output()).not.toContain('token key');
  });

  it('are those of what is announced, of keys of parents, and of older entries of the audit', async () => {
    const { key, account } = await suppress();
    const { db } = platform.core;
    const text = (id: string) => `${id}.${'x'.repeat(40)}`;
    const api = await platform.startApi();
    await db.collection('sent_sms').insertOne({ account_id: account.records_id, to: NUMBER, body: 'x' });
    const reference = await forget(api.url, key, { number: NUMBER });
    await requestsOf(db).updateOne(
      { reference },
      {
        $set: {
          // One element of a key that is there does not hide one of a key that is not.
          announced: [{ sealed: text('seal1') }, { sealed: text('gone1') }] as never,
          references: { call_notes: [text('seal1'), text('gone2')] },
        },
      },
    );
    await db.collection('lethe_audit').updateOne({ account_id: account._id, seq: 1 }, { $set: { mac: text('gone3') } });
    await db.collection<{ _id: string }>('lethe_key_ids').insertOne({ _id: 'seal:gone1' });
    const map = await writeMap(CALL_NOTES);
    const core = createCore({ ...platform.config, DATA_MAP: map.file }, { poolSize: 2 });
    expect(await core.missingKeys()).toEqual([
      'token key gone3 (lethe_audit.mac)',
      'seal key gone1 (lethe_requests.announced.sealed)',
      'seal key gone2 (lethe_requests.references.call_notes)',
    ]);
    await core.close();
    await map.remove();
  });

  it('stop nobody who has them beside new ones, nor who says that they are lost', async () => {
    await suppress();
    for (const env of [added(), { ...fresh(), LETHE_LOST_KEYS: 'token1,seal1' }])
      expect(await processes.lethe(['worker', '--drain'], env).exited()).toMatchObject({ code: 0 });
  });

  it('are not a seal key under which nothing is sealed any more', async () => {
    await suppress();
    const { LETHE_SEAL_KEYS } = fresh();
    const drain = processes.lethe(['worker', '--drain'], { ...platform.env, LETHE_SEAL_KEYS });
    expect(await drain.exited()).toMatchObject({ code: 0 });
  });

  it('are looked for in one small collection as long as all are at hand', async () => {
    await platform.core.prepare();
    const ids = await platform.core.db.collection('lethe_key_ids').find().toArray();
    expect(ids.map(({ _id }) => String(_id)).sort()).toEqual(['receipt:receipt1', 'seal:seal1', 'token:token1']);
  });

  it('are not a platform’s own texts in the field of tokens', async () => {
    const token = `session.${'a'.repeat(43)}`;
    await forgetIds();
    await platform.core.db.collection('blacklist').insertOne({ account_id: 'x', number: '447700900322', token });
    expect(await platform.core.missingKeys()).toEqual([]);
  });
});
