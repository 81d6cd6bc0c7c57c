import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { DateTime } from 'luxon';
import { createLogger } from '../../../../src/base/log.ts';
import { createProducer, type Producer } from '../../../../src/base/queue/producer.ts';
import { type AutomaticRedaction, createAutomaticRedaction } from '../../../../src/contracts/interactions/automatic.ts';
import type { Account } from '../../../../src/ledger/accounts/accounts.ts';
import { AUDIT } from '../../../../src/ledger/audit/entry.ts';
import { requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import { endRedis } from '../../../support/end-redis.ts';
import {
  allowRedaction,
  callOf,
  chatOf,
  JO,
  makeAgency,
  OWN,
  receivedOf,
  sentOf,
  setRedaction,
} from '../../../support/interactions.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { indexPlatform } from '../../../support/records.ts';
import { waitFor } from '../../../support/wait-for.ts';

const DAY_MS = 86_400_000;
const QUIET = createLogger({ level: 'none', service: 'test' });

describe('automatic redaction', () => {
  let platform: Platform;
  let redis: Redis;
  let queue: Queue;
  let producer: Producer;
  beforeAll(async () => {
    platform = await openPlatform('redact-automatic');
    await indexPlatform(platform.core.db);
    redis = new Redis(platform.config.REDIS_URL, { maxRetriesPerRequest: null });
    queue = new Queue('housekeeping', { connection: redis, prefix: `{${platform.config.QUEUE_PREFIX}}` });
    producer = createProducer(redis, platform.config.QUEUE_PREFIX, () => {});
  });
  afterAll(async () => {
    await producer?.close();
    await queue?.close();
    if (redis) await endRedis(redis);
    await platform?.close();
  });

  const db = () => platform.core.db;
  const automaticAt = (now: Date): AutomaticRedaction =>
    createAutomaticRedaction({
      db: db(),
      producer,
      logger: QUIET,
      deadlineMs: DAY_MS,
      graceMs: 1_000,
      now: () => now,
    });
  const scheduleOf = (account: Account) => queue.getJobScheduler(`redact-due-${account._id}`);
  const requestsFor = (account: Account) =>
    requestsOf(db()).find({ account_id: account._id }).sort({ _id: 1 }).toArray();
  /** An account of its own, an agency, with these settings. */
  const make = async (settings: object, timeZone = 'Europe/London') => {
    const { account } = await platform.account({ timeZone });
    await setRedaction(platform, account, settings);
    return { ...account, time_zone: timeZone };
  };
  const turnOff = (account: Account) => setRedaction(platform, account, { automatic: 'off' });

  it('schedules every account that wants it, in its zone, and takes away what nobody wants', async () => {
    const made = await makeAgency(platform, 'Asia/Beirut');
    const accounts = [await make({ automatic: 'daily' }), await make({ automatic: 90 }, 'America/Santiago')];
    const off = await make({ automatic: 'off', manual: true });
    await allowRedaction(platform, made, { automatic: 30 });
    const round = automaticAt(new Date());
    await round.reconcile();
    const zoneOf = async (account: Account) => (await scheduleOf(account))?.tz;
    expect(await Promise.all([...accounts, made.sub.account].map(zoneOf))).toEqual([
      'Europe/London',
      'America/Santiago',
      'Asia/Beirut',
    ]);
    expect(await zoneOf(off)).toBeUndefined();
    const next = DateTime.fromMillis((await scheduleOf(made.sub.account))?.next ?? 0, { zone: 'Asia/Beirut' });
    expect([0, 1]).toContain(next.hour);
    expect([next.minute, next.second]).toEqual([0, 0]);

    // A round that finds all as it should be touches nothing: replacing a schedule could cost it its run.
    const before = await scheduleOf(made.sub.account);
    await round.reconcile();
    expect(await scheduleOf(made.sub.account)).toEqual(before);

    await setRedaction(platform, made.agency.account, { allow_sub_accounts: false });
    await db()
      .collection<Account>('lethe_accounts')
      .updateOne({ _id: accounts[0]?._id ?? '' }, { $set: { time_zone: 'Europe/Paris' } });
    await turnOff(accounts[1] as Account);
    await round.reconcile();
    expect(await Promise.all([...accounts, made.sub.account].map(zoneOf))).toEqual([
      'Europe/Paris',
      undefined,
      undefined,
    ]);

    // Redis comes back empty.
    await queue.obliterate({ force: true });
    await producer.unschedule(`redact-due-${accounts[0]?._id}`);
    await round.reconcile();
    expect(await zoneOf(accounts[0] as Account)).toBe('Europe/Paris');
    await turnOff(accounts[0] as Account);
  });

  it('the job of a schedule redacts what is due on that account, and nothing else', async () => {
    const zone = 'America/New_York';
    const account = await make({ automatic: 'daily' }, zone);
    const other = await make({ automatic: 'off' }, zone);
    const today = DateTime.now().setZone(zone).startOf('day');
    const ended = today.minus({ milliseconds: 1 }).toJSDate();
    const begun = today.toJSDate();
    await db()
      .collection('calls')
      .insertMany([
        callOf(account, 'ended', ended),
        callOf(account, 'out', ended, { direction: 'outbound', from: OWN, to: JO }),
        callOf(account, 'odd', ended, { direction: null }),
        callOf(account, 'begun', begun),
        callOf(account, 'done', ended, { redacted_at: new Date(0), notes: 'as it was' }),
        callOf(other, 'ended', ended),
      ]);
    await db()
      .collection('received_sms')
      .insertMany([receivedOf(account, 'r1', ended), receivedOf(account, 'r2', begun)]);
    await db()
      .collection('sent_sms')
      .insertOne(sentOf(account, 's1', ended));
    await db()
      .collection('chats')
      .insertOne(chatOf(account, 'h1', ended));
    await db().collection('contacts').insertOne({ account_id: account.records_id, number: JO, name: 'Jo' });
    await db()
      .collection('verifications')
      .insertOne({ account_id: account.records_id, request_id: 'v1', number: JO, created_at: ended });

    const { stop } = await platform.startWorker();
    await producer.add('redact-due', { account: account._id }, { id: 'by-hand' });
    const request = await waitFor('completion', async () => {
      const [first] = await requestsFor(account);
      return first?.state === 'completed' ? first : null;
    });
    expect(request).toMatchObject({
      token: `auto:${today.toFormat('yyyy-MM-dd')}`,
      selector: { by: 'age', before: begun },
      requested_by: 'schedule',
      erased: { calls: 3, received_sms: 1, sent_sms: 1, chats: 1 },
    });
    const rows = await db().collection('calls').find({ account_id: account.records_id }).toArray();
    expect(Object.fromEntries(rows.map((row) => [row.call_id, [row.from, row.to, row.caller_name]]))).toEqual({
      ended: [null, OWN, null],
      out: [OWN, null, null],
      odd: [null, null, null],
      begun: [JO, OWN, 'Jo Bloggs'],
      done: [JO, OWN, 'Jo Bloggs'],
    });
    expect(await db().collection('calls').findOne({ account_id: other.records_id })).toMatchObject({ from: JO });
    expect(await db().collection('contacts').findOne({ account_id: account.records_id })).toMatchObject({ name: 'Jo' });
    expect(await db().collection('verifications').findOne({ request_id: 'v1' })).toMatchObject({ number: JO });
    expect(await db().collection(AUDIT).findOne({ account_id: account._id, action: 'data.redaction' })).toMatchObject({
      actor: 'schedule',
      reference: request.reference,
      counts: request.erased,
    });

    // A day is one request.
    await producer.add('redact-due', { account: account._id }, { id: 'again' });
    await waitFor('the job to be done', async () => (await queue.getJob('again')) === undefined);
    expect(await requestsFor(account)).toHaveLength(1);
    await turnOff(account);
    await stop();
  });

  it('a worker that starts finds what was missed, with nothing in Redis', async () => {
    const account = await make({ automatic: 30 });
    await db()
      .collection('calls')
      .insertMany([
        callOf(account, 'old', new Date(Date.now() - 32 * DAY_MS)),
        callOf(account, 'older', new Date(Date.now() - 400 * DAY_MS)),
        callOf(account, 'young', new Date(Date.now() - 29 * DAY_MS)),
      ]);
    expect(await scheduleOf(account)).toBeUndefined();
    const { stop } = await platform.startWorker();
    const [request] = await waitFor('completion', async () => {
      const all = await requestsFor(account);
      return all[0]?.state === 'completed' ? all : null;
    });
    expect(request?.erased).toEqual({ calls: 2 });
    expect(await waitFor('a schedule', () => scheduleOf(account))).toMatchObject({ tz: 'Europe/London' });
    await turnOff(account);
    await stop();
  });

  it('a day missed is part of the next; each day is one request, also where the clocks go over midnight', async () => {
    const account = await make(
      { automatic: 'daily', automatic_at: new Date('2026-09-01T00:00:00Z') },
      'America/Santiago',
    );
    // The sixth of September 2026 begins at one o'clock there, which is 04:00 UTC.
    const moments: [string, boolean][] = [
      ['2026-09-05T03:59:59Z', true],
      ['2026-09-05T04:00:00Z', true],
      ['2026-09-05T20:00:00Z', false],
      ['2026-09-06T03:59:59Z', false],
      ['2026-09-06T04:00:00Z', true],
      ['2026-09-06T05:00:00Z', false],
      ['2026-09-09T12:00:00Z', true],
    ];
    for (const [now, opens] of moments)
      expect({ now, opens: await automaticAt(new Date(now)).openDue(account._id) }).toEqual({ now, opens });
    expect((await requestsFor(account)).map(({ token, selector }) => [token, selector.before])).toEqual([
      ['auto:2026-09-04', new Date('2026-09-04T04:00:00Z')],
      ['auto:2026-09-05', new Date('2026-09-05T04:00:00Z')],
      ['auto:2026-09-06', new Date('2026-09-06T04:00:00Z')],
      ['auto:2026-09-09', new Date('2026-09-09T03:00:00Z')],
    ]);
    await turnOff(account);
  });

  it('what is turned on today is done for the first time when today ends', async () => {
    const account = await make({ automatic: 'daily', automatic_at: new Date('2026-06-10T15:00:00Z') });
    expect(await automaticAt(new Date('2026-06-10T15:00:01Z')).openDue(account._id)).toBe(false);
    expect(await automaticAt(new Date('2026-06-10T22:59:59Z')).openDue(account._id)).toBe(false);
    expect(await automaticAt(new Date('2026-06-10T23:00:00Z')).openDue(account._id)).toBe(true);
    await turnOff(account);
  });

  it('the job does nothing for an account that turned it off, whose agency forbids it, or that is gone', async () => {
    const made = await makeAgency(platform);
    await setRedaction(platform, made.sub.account, { automatic: 'daily' });
    const off = await make({ automatic: 'off' });
    const round = automaticAt(new Date());
    for (const id of [made.sub.account._id, off._id, 'acc_AAAAAAAAAAAA']) expect(await round.openDue(id)).toBe(false);
    expect(await requestsOf(db()).countDocuments({ account_id: { $in: [made.sub.account._id, off._id] } })).toBe(0);
  });

  it('an account whose zone nobody knows does not keep the others from it', async () => {
    const broken = await make({ automatic: 'daily' });
    await db()
      .collection<Account>('lethe_accounts')
      .updateOne({ _id: broken._id }, { $set: { time_zone: 'Mars/Base' } });
    const fine = await make({ automatic: 'daily' });
    await automaticAt(new Date()).reconcile();
    expect(await requestsFor(fine)).toHaveLength(1);
    expect((await scheduleOf(fine))?.tz).toBe('Europe/London');
    expect(await requestsFor(broken)).toEqual([]);
    await turnOff(broken);
    await turnOff(fine);
  });
});
