import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { timesOf } from '../../../../src/base/times.ts';
import { acceptForget } from '../../../../src/contracts/forget/accept.ts';
import { createBinder } from '../../../../src/ledger/requests/bind.ts';
import { createConclude } from '../../../../src/ledger/requests/conclude.ts';
import { type EraseDependencies, eraseRequest } from '../../../../src/ledger/requests/erase.ts';
import { type ErasureRequest, requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import { createLedgerWrites } from '../../../../src/ledger/requests/ledger-writes.ts';
import { relayRequests } from '../../../../src/ledger/requests/relay.ts';
import { forget, untilCompleted, untilRequest } from '../../../support/forget.ts';
import { phoneNumber } from '../../../support/numbers.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../../support/records.ts';

const DIGITS = '447700900123';
const MASK = '44********23';
const HOUR = 3_600_000;
const { EJSON } = mongoose.mongo.BSON;

describe('a message that is scheduled', () => {
  let platform: Platform;
  let url: string;
  let stop: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    platform = await openPlatform('scheduled', { SCHEDULED_SETTLE_MS: '1500' });
    await indexPlatform(platform.core.db);
    ({ url } = await platform.startApi());
  });
  afterEach(async () => {
    await stop?.();
    stop = undefined;
  });
  afterAll(() => platform?.close());

  const startWorker = async () => {
    ({ stop } = await platform.startWorker());
  };
  const scheduled = () => platform.core.db.collection('scheduled_sms');
  const schedule = async (account: unknown, sendAt: Date, to: unknown = DIGITS) => {
    const row = { account_id: account, to, body: 'See you at 8, Jo', status: 'pending', send_at: sendAt };
    const { insertedId } = await scheduled().insertOne(row);
    const read = async () => EJSON.stringify(await scheduled().findOne({ _id: insertedId }), { relaxed: false });
    return { id: insertedId, read, before: await read() };
  };
  /** Looks at the request as long as it waits, and sees that a worker came by at least so often. */
  const untilLookedAt = async (reference: string, times: number): Promise<ErasureRequest> => {
    let last = await untilRequest(platform, reference, 'a wait', (request) => request.wait === 'scheduled');
    for (let look = 1; look < times; look += 1) {
      const before = last.not_before.getTime();
      last = await untilRequest(
        platform,
        reference,
        'another look',
        (request) => request.not_before.getTime() > before && request.lease === undefined,
      );
    }
    return last;
  };

  it('is neither changed nor cancelled while it is pending, and is masked with what it left behind', async () => {
    const { account, key } = await platform.account();
    const owner = account.records_id;
    const message = await schedule(owner, new Date());
    await insertRecords(platform.core.db, owner, DIGITS, { sent: 2, contacts: 1 });
    await startWorker();
    const reference = await forget(url, key, { number: DIGITS });

    const waiting = await untilLookedAt(reference, 2);
    expect(waiting).toMatchObject({ state: 'waiting', erased: { sent_sms: 2, contacts: 1 }, failures: 0 });
    expect(await message.read()).toBe(message.before);

    // The sender: first the schedule, then the record of the message, and a moment passes between them.
    await scheduled().updateOne({ _id: message.id }, { $set: { status: 'sent' } });
    await untilRequest(platform, reference, 'the pause after it', (request) => request.wait === 'settling');
    const { insertedId } = await platform.core.db
      .collection('sent_sms')
      .insertOne({ account_id: owner, to: `+${DIGITS}`, body: 'See you at 8, Jo', scheduled_id: message.id });
    const done = await untilCompleted(platform, reference);
    expect(done.erased).toEqual({ sent_sms: 3, contacts: 1, scheduled_sms: 1 });
    expect(await scheduled().findOne({ _id: message.id })).toMatchObject({
      to: MASK,
      body: '[REDACTED]',
      status: 'sent',
    });
    expect(await platform.core.db.collection('sent_sms').findOne({ _id: insertedId })).toMatchObject({
      to: MASK,
      body: '[REDACTED]',
      scheduled_id: message.id,
    });
  });

  it('is masked when it was cancelled', async () => {
    const { account, key } = await platform.account();
    const message = await schedule(account.records_id, new Date(), DIGITS);
    await startWorker();
    const reference = await forget(url, key, { number: DIGITS });
    await untilLookedAt(reference, 1);
    await scheduled().updateOne({ _id: message.id }, { $set: { status: 'cancelled' } });
    const done = await untilCompleted(platform, reference);
    expect(done.erased).toEqual({ scheduled_sms: 1 });
    expect(await scheduled().findOne({ _id: message.id })).toMatchObject({ to: MASK, status: 'cancelled' });
  });

  it('of several, nothing is looked at again before the last is due', async () => {
    const { account, key } = await platform.account();
    const last = new Date(Date.now() + HOUR / 3);
    for (const at of [new Date(Date.now() + HOUR / 6), last, new Date(Date.now() + HOUR / 4)])
      await schedule(account.records_id, at);
    await startWorker();
    const reference = await forget(url, key, { number: DIGITS });
    const waiting = await untilRequest(platform, reference, 'its wait', (request) => request.state === 'waiting');
    expect(waiting.not_before).toEqual(last);
  });

  it('of several, the last one is waited for', async () => {
    const { account, key } = await platform.account();
    const owner = account.records_id;
    const [first, last] = [await schedule(owner, new Date()), await schedule(owner, new Date(), `00${DIGITS}`)];
    await startWorker();
    const reference = await forget(url, key, { number: DIGITS });
    await untilLookedAt(reference, 1);
    await scheduled().updateOne({ _id: first.id }, { $set: { status: 'sent' } });
    await untilRequest(platform, reference, 'the first to be masked', (request) => request.erased.scheduled_sms === 1);
    const waiting = await untilLookedAt(reference, 2);
    expect(waiting.state).toBe('waiting');
    expect(await last.read()).toBe(last.before);
    await scheduled().updateOne({ _id: last.id }, { $set: { status: 'sent' } });
    expect((await untilCompleted(platform, reference)).erased).toEqual({ scheduled_sms: 2 });
  });

  describe('seen at chosen moments', () => {
    const start = Date.now();
    let now = start;
    const deps = (): EraseDependencies => ({
      askForScan: async () => {},
      seal: platform.core.seal,
      ledger: createLedgerWrites(platform.core.db, createConclude(platform.core)),
      accounts: platform.core.accounts,
      bind: createBinder({ ...platform.core, now: () => new Date(now) }),
      logger: platform.logger,
      batchSize: 100,
      times: timesOf({ ...platform.config, LEASE_MS: 1_000, SCHEDULED_SETTLE_MS: 60_000 }),
      now: () => new Date(now),
    });
    const turn = async (request: Pick<ErasureRequest, 'account_id' | 'reference'>, at: number) => {
      now = at;
      const key = { account: request.account_id, reference: request.reference };
      const result = await eraseRequest(deps(), key, new AbortController().signal);
      return result.outcome === 'later' ? result.at.getTime() : result.outcome;
    };
    const accept = async (sendAt: unknown) => {
      const { account } = await platform.account();
      // A scan begins when nothing is waited for any more.
      await platform.core.accounts.setScan(account._id, 'off');
      await scheduled().insertOne({ account_id: account.records_id, to: DIGITS, status: 'pending', send_at: sendAt });
      const { request } = await acceptForget(
        { ...platform.core, deadlineMs: 24 * HOUR, graceMs: 1_000 },
        { account, actor: 'test', number: phoneNumber(DIGITS), unsuppress: false },
        new Date(start),
      );
      return { request, owner: account.records_id };
    };
    const due = start + 24 * HOUR;

    const waits: [string, unknown, number, number][] = [
      ['until it is due', new Date(start + 1_800_000), start, start + 1_800_000],
      ['an hour at most', new Date(start + 5 * HOUR), start, start + HOUR],
      ['a pause, when it should have been sent already', new Date(start - HOUR), start, start + 60_000],
      ['until the deadline, when it is due after that', new Date(due + 5 * HOUR), due - 1_000, due],
      ['an hour at most, past the deadline', new Date(due + 5 * HOUR), due + 1_000, due + 1_000 + HOUR],
      ['by UNIX seconds', Math.floor(start / 1000) + 600, start, (Math.floor(start / 1000) + 600) * 1000],
      ['by milliseconds', start + 600_000, start, start + 600_000],
      ['by a text', new Date(start + 600_000).toISOString(), start, start + 600_000],
      ['a pause, when nobody can tell', { soon: true }, start, start + 60_000],
      ['a pause, when nothing is said', null, start, start + 60_000],
    ];
    it.each(waits)('waits %s', async (_name, sendAt, at, expected) => {
      const { request } = await accept(sendAt);
      const later = await turn(request, at);
      // A time nobody can tell is taken for the present one.
      expect(Math.abs(Number(later) - expected)).toBeLessThan(30_000);
    });

    it('sent beyond the deadline: never completed before, overdue at once, and completed after', async () => {
      const { request, owner } = await accept(new Date(due + 5 * HOUR));
      const reported: { message: string; facts: { reference?: string } | undefined }[] = [];
      const relay = (at: number) =>
        relayRequests(
          {
            db: platform.core.db,
            producer: { add: async () => {}, isAlive: async () => true },
            note: async () => ({}),
            logger: {
              ...platform.logger,
              warn: () => {},
              error: (message, facts) => reported.push({ message, facts }),
            },
            times: timesOf({ ...platform.config, LEASE_MS: 1_000 }),
            now: () => new Date(at),
          },
          new Date(at),
        );
      const read = () => requestsOf(platform.core.db).findOne({ reference: request.reference });

      expect(await turn(request, due - 10)).toBe(due);
      await relay(due - 5);
      expect(await read()).not.toHaveProperty('overdue');
      // The job is called at the deadline, before any relay: the next look is an hour away.
      expect(await turn(request, due)).toBe(due + HOUR);
      await relay(due + 2_000);
      await relay(due + 4_000);
      expect(await read()).toMatchObject({ overdue: true, unfinished: true, state: 'waiting' });
      const own = { reference: request.reference, due_at: new Date(due) };
      expect(reported.filter(({ facts }) => facts?.reference === request.reference)).toEqual([
        { message: 'request is overdue', facts: own },
      ]);

      await scheduled().updateOne({ account_id: owner }, { $set: { status: 'sent' } });
      expect(await turn(request, due + 6 * HOUR)).toBe(due + 6 * HOUR + 60_000);
      expect(await turn(request, due + 7 * HOUR)).toBe('completed');
      expect(await scheduled().countDocuments({ account_id: owner, to: MASK })).toBe(1);
    });
  });
});
