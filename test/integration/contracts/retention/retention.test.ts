import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DateTime } from 'luxon';
import mongoose from 'mongoose';
import { openRetention } from '../../../../src/contracts/retention/open-retention.ts';
import { createCore } from '../../../../src/core.ts';
import { DEFAULT_DATA_MAP } from '../../../../src/engine/map/default-map.ts';
import type { DataMapInput } from '../../../../src/engine/map/version-1.ts';
import type { Account } from '../../../../src/ledger/accounts/accounts.ts';
import { AUDIT } from '../../../../src/ledger/audit/entry.ts';
import { createBinder } from '../../../../src/ledger/requests/bind.ts';
import { type ErasureRequest, requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import { runCli } from '../../../support/cli.ts';
import { writeMap } from '../../../support/map-file.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { indexPlatform } from '../../../support/records.ts';
import { startStrictMongo } from '../../../support/strict-mongo.ts';
import { waitFor } from '../../../support/wait-for.ts';

const { Binary, ObjectId, Timestamp } = mongoose.mongo;
const NUMBER = '447700900401';
const signal = new AbortController().signal;

/** Calls are kept longer, insights and forms for ever, whatever is set elsewhere. */
const MAP = {
  ...DEFAULT_DATA_MAP,
  collections: DEFAULT_DATA_MAP.collections.map((entry) =>
    entry.collection === 'calls'
      ? { ...entry, retention_months: 24 }
      : entry.collection === 'insights'
        ? { ...entry, retention_months: 0 }
        : entry,
  ),
  profiles: { retention: { records: { form: 'keep' } } },
} as unknown as DataMapInput;

describe('retention', () => {
  let platform: Platform;
  let removeMap: () => Promise<void>;
  beforeAll(async () => {
    const map = await writeMap(MAP);
    removeMap = map.remove;
    platform = await openPlatform('retention', { DATA_MAP: map.file, RETENTION_MONTHS: '13' });
    await indexPlatform(platform.core.db);
  });
  afterAll(async () => {
    await platform?.close();
    await removeMap?.();
  });
  // A round is about all accounts: what one test leaves must not be opened by the next.
  afterEach(async () => {
    await platform.core.db.collection('lethe_accounts').deleteMany({});
    await requestsOf(platform.core.db).deleteMany({});
  });

  /** An account whose operator has turned retention on. */
  const turnedOn = async (months = 13, options: Parameters<Platform['account']>[0] = {}) => {
    const made = await platform.account(options);
    await platform.core.accounts.setRetention(made.account._id, months);
    return made;
  };
  const round = (now = new Date(), logger = platform.logger) =>
    openRetention(
      {
        ...platform.core,
        bind: createBinder({ ...platform.core, now: () => now }),
        producer: { add: async () => {} },
        logger,
        deadlineMs: 86_400_000,
        graceMs: 0,
        now: () => now,
      },
      signal,
    );
  const requestsFor = (account: Account) =>
    requestsOf(platform.core.db).find({ account_id: account._id }).sort({ created_at: 1 }).toArray();
  const completed = (account: Account): Promise<ErasureRequest> =>
    waitFor('completion', async () => (await requestsFor(account)).find((one) => one.state === 'completed'));
  const monthsAgo = (months: number, zone = 'Europe/London') =>
    DateTime.now().setZone(zone).startOf('day').minus({ months });
  const idsIn = async (account: Account, collection: string) =>
    (await platform.core.db.collection(collection).find({ account_id: account.records_id }).toArray())
      .map((record) => record.id)
      .sort();
  /** A record a month on either side of the edge, at the edge, and a day of today. */
  const put = async (account: Account, collection: string, at: string, months: number) => {
    const edge = monthsAgo(months, account.time_zone);
    await platform.core.db.collection(collection).insertMany(
      [
        { id: 'old', [at]: edge.minus({ milliseconds: 1 }).toJSDate() },
        { id: 'edge', [at]: edge.toJSDate() },
        { id: 'new', [at]: new Date() },
      ].map((record) => ({ ...record, account_id: account.records_id, to: NUMBER, number: NUMBER, from: NUMBER })),
    );
  };

  it('deletes what is older than thirteen months in every collection that holds numbers, and nothing else', async () => {
    const { account } = await turnedOn();
    await put(account, 'sent_sms', 'sent_at', 13);
    await put(account, 'received_sms', 'received_at', 13);
    await put(account, 'verifications', 'created_at', 13);
    await put(account, 'chats', 'started_at', 13);
    await put(account, 'calls', 'started_at', 24);
    await put(account, 'insights', 'created_at', 600);
    await put(account, 'forms', 'submitted_at', 600);
    const { db } = platform.core;
    await db.collection('contacts').insertOne({ account_id: account.records_id, id: 'contact', number: NUMBER });
    await db.collection('blacklist').insertOne({ account_id: account.records_id, id: 'stop', number: NUMBER });
    const other = await turnedOn();
    await put(other.account, 'sent_sms', 'sent_at', 13);
    await platform.core.accounts.setRetention(other.account._id, 0);

    const worker = await platform.startWorker();
    const request = await completed(account);
    await worker.stop();
    expect(request.erased).toEqual({ sent_sms: 1, received_sms: 1, verifications: 1, chats: 1, calls: 1 });
    for (const collection of ['sent_sms', 'received_sms', 'verifications', 'chats', 'calls'])
      expect([collection, await idsIn(account, collection)]).toEqual([collection, ['edge', 'new']]);
    for (const collection of ['insights', 'forms'])
      expect([collection, await idsIn(account, collection)]).toEqual([collection, ['edge', 'new', 'old']]);
    expect([await idsIn(account, 'contacts'), await idsIn(account, 'blacklist')]).toEqual([['contact'], ['stop']]);
    expect(await idsIn(other.account, 'sent_sms')).toEqual(['edge', 'new', 'old']);
    expect(await requestsFor(other.account)).toEqual([]);
    const audited = await db.collection(AUDIT).find({ account_id: account._id }).toArray();
    expect(audited).toEqual([
      expect.objectContaining({
        action: 'data.retention',
        reason: 'retention_period',
        actor: 'schedule',
        counts: request.erased,
        reference: request.reference,
      }),
    ]);
  });

  it('in bounded batches', async () => {
    const { account } = await turnedOn();
    const sentAt = monthsAgo(14).toJSDate();
    await platform.core.db
      .collection('sent_sms')
      .insertMany(
        Array.from({ length: 2_500 }, () => ({ account_id: account.records_id, to: NUMBER, sent_at: sentAt })),
      );
    const worker = await platform.startWorker({ BATCH_SIZE: '200' });
    expect((await completed(account)).erased).toEqual({ sent_sms: 2_500 });
    await worker.stop();
  });

  it('one request a day, however many rounds; none where nothing is old', async () => {
    const { account } = await turnedOn();
    const { account: fresh } = await turnedOn();
    await put(account, 'sent_sms', 'sent_at', 13);
    await platform.core.db
      .collection('sent_sms')
      .insertOne({ account_id: fresh.records_id, to: NUMBER, sent_at: new Date() });
    const opened = await Promise.all([round(), round(), round()]);
    expect(opened.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(0);
    expect(await round()).toBe(0);
    const requests = await requestsFor(account);
    expect(requests.map((one) => one.token)).toEqual([`retention:${monthsAgo(0).toISODate()}`]);
    expect(await requestsFor(fresh)).toEqual([]);
  });

  it("the map's months go before the account's", async () => {
    const { account } = await turnedOn();
    await put(account, 'sent_sms', 'sent_at', 2);
    await put(account, 'calls', 'started_at', 2);
    expect(await round()).toBe(0);
    expect(await platform.core.accounts.setRetention(account._id, 2)).toBe(true);
    expect(await platform.core.accounts.setRetention('acc_000000000000', 2)).toBe(false);
    expect(await round()).toBe(1);
    const [request] = await requestsFor(account);
    expect(request?.selector).toEqual({
      by: 'age',
      before: monthsAgo(2).toJSDate(),
      apart: { calls: monthsAgo(24).toJSDate(), insights: null },
    });
    const worker = await platform.startWorker();
    expect((await completed(account)).erased).toEqual({ sent_sms: 1 });
    await worker.stop();
    expect(await idsIn(account, 'calls')).toHaveLength(3);
  });

  it('0 keeps everything that has no period of its own', async () => {
    const { account: kept } = await turnedOn(0);
    await put(kept, 'sent_sms', 'sent_at', 600);
    expect(await round()).toBe(0);
    const { account } = await turnedOn(0);
    await put(account, 'sent_sms', 'sent_at', 600);
    await put(account, 'calls', 'started_at', 24);
    expect(await round()).toBe(1);
    const worker = await platform.startWorker();
    expect((await completed(account)).erased).toEqual({ calls: 1 });
    await worker.stop();
    expect(await idsIn(account, 'sent_sms')).toHaveLength(3);
  });

  it("the day begins in the account's time zone", async () => {
    const now = new Date('2026-05-31T23:30:00Z');
    const days: unknown[] = [];
    for (const timeZone of ['Asia/Tokyo', 'America/New_York']) {
      const { account } = await turnedOn(3, { timeZone });
      await put(account, 'sent_sms', 'sent_at', 60);
      await round(now);
      const [request] = await requestsFor(account);
      days.push([request?.token, request?.selector.before]);
    }
    expect(days).toEqual([
      ['retention:2026-06-01', new Date('2026-02-28T15:00:00Z')],
      // Three months before the 31st of May is the last of February, at the offset of that day.
      ['retention:2026-05-31', new Date('2026-02-28T05:00:00Z')],
    ]);
  });

  it('a run that could not be finished is moved on to the new day, and does not pile up', async () => {
    const { account } = await turnedOn();
    await put(account, 'sent_sms', 'sent_at', 13);
    await platform.core.db
      .collection('sent_sms')
      .insertOne({ account_id: account.records_id, id: 'undatable', to: NUMBER, sent_at: 'last year' });
    await round(new Date(Date.now() - 86_400_000));
    const worker = await platform.startWorker();
    await waitFor('failure', async () => (await requestsFor(account))[0]?.state === 'failed');
    await waitFor('the new day', async () => {
      // While a worker holds the request, it is left alone.
      await round();
      return (await requestsFor(account))[0]?.token === `retention:${monthsAgo(0).toISODate()}`;
    });
    expect(await requestsFor(account)).toHaveLength(1);
    await platform.core.db.collection('sent_sms').deleteOne({ account_id: account.records_id, id: 'undatable' });
    await completed(account);
    await worker.stop();
    expect(await idsIn(account, 'sent_sms')).toEqual(['edge', 'new']);
  });

  it.each([
    ['text', 'last year'],
    ['a timestamp of the oplog', new Timestamp({ t: 1, i: 1 })],
    ['an ObjectId', new ObjectId()],
    ['bytes', new Binary(Buffer.from('2020'))],
    ['a pattern', /2020/],
  ])('what cannot be dated is not passed over in silence: %s', async (_name, sentAt) => {
    const { account } = await turnedOn();
    await platform.core.db
      .collection('sent_sms')
      .insertOne({ account_id: account.records_id, to: NUMBER, sent_at: sentAt });
    expect(await round()).toBe(1);
  });

  it('deletes nothing of an account before its operator has turned it on', async () => {
    const { account } = await platform.account();
    await put(account, 'sent_sms', 'sent_at', 13);
    await put(account, 'calls', 'started_at', 24);
    expect(await round()).toBe(0);
    const worker = await platform.startWorker();
    await worker.drained(signal);
    await worker.stop();
    expect(await idsIn(account, 'sent_sms')).toEqual(['edge', 'new', 'old']);
    expect(await requestsFor(account)).toEqual([]);
  });

  const run = (...args: string[]) => runCli(args, platform.env);

  it('shows what it would delete, and is turned on by somebody who has seen it', async () => {
    const { account } = await platform.account();
    const id = account._id;
    await put(account, 'sent_sms', 'sent_at', 13);
    await put(account, 'calls', 'started_at', 24);
    const before = `${monthsAgo(13).toJSDate().toISOString().slice(0, 10)}`;
    const { code, out } = await run('retention', 'preview', '--account', id);
    expect(code).toBe(0);
    expect(out.slice(1).map((line) => line.split(/ {2,}/).slice(0, 5))).toEqual([
      [id, 'off', '13', 'sent_sms', '1'],
      [id, 'off', '13', 'calls', '1'],
    ]);
    expect(out[1]).toContain(before.slice(0, 7));
    const other = await run('retention', 'preview', '--account', id, '--months', '600');
    expect(other.out.slice(1).map((line) => line.split(/ {2,}/)[3])).toEqual(['calls']);

    const refused = await run('account', 'set', '--account', id, '--retention-months', '13');
    expect([refused.code, refused.out]).toEqual([
      1,
      [expect.stringMatching(/^1 of sent_sms, from before /), expect.stringMatching(/^1 of calls, /)],
    ]);
    expect(await round()).toBe(0);
    expect((await run('account', 'set', '--account', id, '--retention-months', 'default', '--yes')).code).toBe(0);
    expect(await platform.core.accounts.find(id)).toMatchObject({ retention_months: 13 });
    expect(await round()).toBe(1);
    expect((await run('account', 'set', '--account', id, '--retention-months', 'off')).code).toBe(0);
    expect(await platform.core.accounts.find(id)).not.toHaveProperty('retention_months');
  });

  it('an account that had nothing old is not looked at again that day', async () => {
    const { account } = await turnedOn();
    expect(await round()).toBe(0);
    await put(account, 'sent_sms', 'sent_at', 13);
    expect(await round()).toBe(0);
    expect(await round(new Date(Date.now() + 86_400_000))).toBe(1);
  });

  it('an account whose look is cut off does not end the round: those after it get theirs', async () => {
    const { account: slow } = await turnedOn();
    const { account } = await turnedOn();
    for (const one of [slow, account]) await put(one, 'sent_sms', 'sent_at', 13);
    const strict = await startStrictMongo(platform.config.MONGODB_URI, {
      refuse: ({ collection, document }) =>
        collection === 'sent_sms' && JSON.stringify(document.filter).includes(String(slow.records_id))
          ? { code: 50, codeName: 'MaxTimeMSExpired' }
          : null,
    });
    const core = createCore({ ...platform.config, MONGODB_URI: strict.uri }, { poolSize: 2 });
    const cut = openRetention(
      {
        ...core,
        bind: createBinder({ ...core, now: () => new Date() }),
        producer: { add: async () => {} },
        logger: platform.logger,
        deadlineMs: 86_400_000,
        graceMs: 0,
        now: () => new Date(),
      },
      signal,
    );
    await expect(cut).rejects.toMatchObject({ code: 50 });
    await core.close();
    await strict.close();
    expect(await requestsFor(slow)).toEqual([]);
    expect(await requestsFor(account)).toHaveLength(1);
  });

  it('runs when the queue calls it', async () => {
    const worker = await platform.startWorker();
    const { account } = await turnedOn();
    await put(account, 'sent_sms', 'sent_at', 13);
    await worker.producer.add('retention', {}, { id: 'by-hand' });
    expect((await completed(account)).erased).toEqual({ sent_sms: 1 });
    await worker.stop();
  });

  it('is a daily job of the queue', async () => {
    const worker = await platform.startWorker();
    const schedules = await waitFor('the schedule', async () => {
      const found = await worker.producer.schedules('retention');
      return found.length > 0 && found;
    });
    expect(schedules).toEqual([
      { id: 'retention', pattern: '17 2 * * *', timeZone: 'Etc/UTC', next: expect.any(Date) },
    ]);
    await worker.stop();
  });
});
