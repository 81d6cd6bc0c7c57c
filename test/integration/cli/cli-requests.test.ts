import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { type ErasureRequest, requestsOf } from '../../../src/ledger/requests/ledger.ts';
import { draftRequest } from '../../../src/ledger/requests/open-request.ts';
import { scansOf } from '../../../src/ledger/scan/ledger.ts';
import { runCli } from '../../support/cli.ts';
import { forget, untilCompleted, untilRequest } from '../../support/forget.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';

const { BSONRegExp } = mongoose.mongo;
const NOW = new Date();
const HOUR_MS = 3_600_000;
const ACCOUNT = 'acc_AAAAAAAAAAAA';

let platform: Platform;

beforeAll(async () => {
  // A retry of its own accord would come after the test.
  platform = await openPlatform('cli-requests', { RETRY_BASE_MS: String(HOUR_MS) });
});

afterAll(() => platform.close());

const run = (...args: string[]) => runCli(args, platform.env);

let made = 0;

/** A request in the ledger, as no worker would leave it alone. */
async function addRequest(state: ErasureRequest['state'], rest: Partial<ErasureRequest> = {}): Promise<ErasureRequest> {
  made += 1;
  const request: ErasureRequest = {
    ...draftRequest({
      account_id: ACCOUNT,
      profile: 'forget',
      selector: { by: 'number' },
      token: `token-${made}`,
      requested_by: 'A'.repeat(16),
      keep_suppression: true,
      now: new Date(NOW.getTime() - HOUR_MS),
      deadlineMs: 24 * HOUR_MS,
      graceMs: 30_000,
    }),
    state,
    ...rest,
  };
  if (state === 'completed') {
    delete request.unfinished;
    request.completed_at = NOW;
  }
  await requestsOf(platform.core.db).insertOne(request);
  return request;
}

const clear = () => requestsOf(platform.core.db).deleteMany({});
const references = (out: string[]) => out.slice(1).map((line) => line.split(/ +/)[0]);

describe('lethe request list', () => {
  beforeEach(clear);

  it('says of a request that waits for a scan how far it is, and when it goes on', async () => {
    const next = new Date(NOW.getTime() + HOUR_MS);
    const waiting = { scan: { since: NOW, from: 5_000 }, not_before: new Date('9999-01-01') };
    await addRequest('scanning', waiting);
    await addRequest('scanning', { ...waiting, scan: { since: NOW }, account_id: 'acc_CCCCCCCCCCCC' });
    await scansOf(platform.core.db).insertOne({
      ...{ _id: new mongoose.mongo.ObjectId(), account_id: ACCOUNT, unfinished: true, asked: 1, places: 'x' },
      ...{ position: { turn: 3, place: 0 }, read: 17_000, turn_read: 0, skipped: false, size: 98_000, worked_ms: 0 },
      ...{ not_before: next, look_at: next, generation: 1 },
    });
    const { out } = await run('request', 'list');
    expect(out.find((line) => line.includes(ACCOUNT))).toMatch(/reads the records: 12,000 of about 98,000$/);
    expect(out.find((line) => line.includes(ACCOUNT))).toContain(`${next.toISOString().slice(0, 19)}Z`);
    expect(out.find((line) => line.includes('acc_CCC'))).toMatch(/reads the records: 0$/);
    expect(out.join()).not.toContain('9999');
    await scansOf(platform.core.db).deleteMany({});
  });

  it('lists unfinished requests, the nearest deadline first', async () => {
    const later = await addRequest('sweeping', { due_at: new Date(NOW.getTime() + 3 * HOUR_MS) });
    const sooner = await addRequest('accepted', { due_at: new Date(NOW.getTime() + HOUR_MS) });
    const other = await addRequest('failed', { account_id: 'acc_BBBBBBBBBBBB', due_at: new Date(NOW.getTime() - 1) });
    await addRequest('completed');
    const { code, out } = await run('request', 'list');
    expect(code).toBe(0);
    expect(references(out)).toEqual([other.reference, sooner.reference, later.reference]);
    expect(references((await run('request', 'list', '--account', ACCOUNT)).out)).toEqual([
      sooner.reference,
      later.reference,
    ]);
  });

  it('lists what is overdue, and what failed, and why', async () => {
    const overdue = await addRequest('waiting', { due_at: new Date(NOW.getTime() - HOUR_MS) });
    const failed = await addRequest('failed', {
      failures: 3,
      failure: { name: 'unsupported_type', where: 'sent_sms.to', at: NOW },
      erased: { contacts: 2, calls: 5 },
    });
    const late = await run('request', 'list', '--overdue');
    expect(references(late.out)).toEqual([overdue.reference]);
    expect(late.out[1]).toContain('waiting (overdue)');
    const { out } = await run('request', 'list', '--failed');
    expect(references(out)).toEqual([failed.reference]);
    expect(out[1]).toMatch(/ 3 +7 +unsupported_type sent_sms\.to$/);
  });

  it('lists all of an account, newest first', async () => {
    const old = await addRequest('completed', { created_at: new Date(NOW.getTime() - 9 * HOUR_MS) });
    const fresh = await addRequest('accepted');
    await addRequest('completed', { account_id: 'acc_BBBBBBBBBBBB' });
    const { out } = await run('request', 'list', '--all', '--account', ACCOUNT);
    expect(references(out)).toEqual([fresh.reference, old.reference]);
  });

  it('stops at the limit, and says so', async () => {
    for (let index = 0; index < 3; index += 1) await addRequest('accepted');
    const { out, err } = await run('request', 'list', '--limit', '2');
    expect(out).toHaveLength(3);
    expect(err).toEqual(['There are more than 2: see --limit.']);
    expect((await run('request', 'list', '--limit', '3')).err).toEqual([]);
    await clear();
    expect(await run('request', 'list')).toEqual({ code: 0, out: [], err: ['No such requests.'] });
  });

  it('does not say of an account that is not there that nothing is open', async () => {
    expect(await run('request', 'list', '--overdue', '--account', 'acc_nobody')).toEqual({
      code: 1,
      out: [],
      err: ['lethe: no account has this id'],
    });
    const { account } = await platform.account();
    expect((await run('request', 'list', '--account', account._id)).err).toEqual(['No such requests.']);
  });

  it('shows neither token nor what is sealed', async () => {
    const { token } = await addRequest('accepted', { sealed: 'k.sealedtext' });
    const { out } = await run('request', 'list');
    expect(out.join('\n')).not.toContain(token);
    expect(out.join('\n')).not.toContain('sealedtext');
  });
});

describe('lethe request retry', () => {
  beforeEach(clear);

  const retry = (request: ErasureRequest, account = request.account_id) =>
    run('request', 'retry', request.reference, '--account', account);
  const inTheLedger = (request: ErasureRequest) => requestsOf(platform.core.db).findOne({ _id: request._id });
  const inAnHour = () => new Date(Date.now() + HOUR_MS);

  it('leaves one that waits for a scan to the scan', async () => {
    const waiting = await addRequest('scanning', { not_before: inAnHour() });
    const { code, err } = await retry(waiting);
    expect([code, err.join()]).toEqual([1, expect.stringContaining("the account's records are being read")]);
    expect(await inTheLedger(waiting)).toEqual(waiting);
  });

  it('moves the next look to now, under a job id that is new', async () => {
    const failed = await addRequest('failed', { not_before: inAnHour(), look_at: inAnHour(), generation: 4 });
    expect((await retry(failed)).code).toBe(0);
    const row = await inTheLedger(failed);
    expect(row?.not_before.getTime()).toBeLessThanOrEqual(Date.now());
    expect(row?.look_at).toEqual(row?.not_before);
    expect(row).toMatchObject({ generation: 5, state: 'failed' });
  });

  it('leaves alone what is completed, held by a worker, another account’s, or not there', async () => {
    const completed = await addRequest('completed');
    const held = await addRequest('sweeping', { lease: { owner: 'x', until: inAnHour() }, not_before: inAnHour() });
    const other = await addRequest('failed', { account_id: 'acc_BBBBBBBBBBBB' });
    expect((await retry(completed)).err).toEqual(['lethe: the request is completed']);
    expect((await retry(held)).err).toEqual(['lethe: a worker has the request in hand just now']);
    const missing = { code: 1, out: [], err: ['lethe: no request of this account has this reference'] };
    expect(await retry(other, ACCOUNT)).toEqual(missing);
    expect(await run('request', 'retry', 'nothing', '--account', ACCOUNT)).toEqual(missing);
    for (const request of [completed, held, other]) expect(await inTheLedger(request)).toEqual(request);
  });

  it('takes a request whose worker is gone', async () => {
    const lapsed = await addRequest('sweeping', {
      lease: { owner: 'x', until: new Date(Date.now() - 1) },
      not_before: inAnHour(),
    });
    expect((await retry(lapsed)).code).toBe(0);
  });

  it('does not cut short the pause after the last scheduled message', async () => {
    const settling = await addRequest('waiting', { wait: 'settling', not_before: inAnHour() });
    const { code, err } = await retry(settling);
    expect({ code, err }).toEqual({ code: 1, err: [expect.stringMatching(/the request goes on at 20/)] });
    expect(await inTheLedger(settling)).toEqual(settling);
    const scheduled = await addRequest('waiting', { wait: 'scheduled', not_before: inAnHour() });
    expect((await retry(scheduled)).code).toBe(0);
  });

  it('has a worker finish, long before its own retry, what a person has mended', async () => {
    const number = '447700900321';
    const { account, key } = await platform.account();
    const { db } = platform.core;
    await db.collection('sent_sms').insertMany([
      { account_id: account.records_id, to: number, body: 'x' },
      { account_id: account.records_id, to: new BSONRegExp(number), body: 'x' },
    ]);
    const { url } = await platform.startApi();
    await platform.startWorker();
    const reference = await forget(url, key, { number });
    const failed = await untilRequest(platform, reference, 'failure', (request) => request.state === 'failed');
    expect(failed.not_before.getTime()).toBeGreaterThan(Date.now() + HOUR_MS / 2);

    await db.collection('sent_sms').deleteOne({ to: { $type: 'regex' } });
    expect(await run('request', 'retry', reference, '--account', account._id)).toEqual({
      code: 0,
      out: [],
      err: ['The next worker that looks takes it up.'],
    });
    expect((await untilCompleted(platform, reference)).erased.sent_sms).toBe(1);
  });
});
