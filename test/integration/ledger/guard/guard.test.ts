import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { readConfig } from '../../../../src/base/config.ts';
import { generateKey } from '../../../../src/base/keys/key-ring.ts';
import { createTokens } from '../../../../src/base/keys/token.ts';
import { acceptForget } from '../../../../src/contracts/forget/accept.ts';
import type { Account } from '../../../../src/ledger/accounts/accounts.ts';
import { runGuard } from '../../../../src/ledger/guard/guard.ts';
import { guardOf } from '../../../../src/ledger/guard/row.ts';
import { verifyReceipt } from '../../../../src/ledger/receipts/verify.ts';
import { type ErasureRequest, requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import { tombstonesOf } from '../../../../src/ledger/tombstones/tombstones.ts';
import type { PhoneNumber } from '../../../../src/phone/number.ts';
import { phoneNumber } from '../../../support/numbers.ts';
import { openPlatform, type Platform, TEST_KEYS } from '../../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../../support/records.ts';
import { driveByHand, type HandDriven } from '../../../support/scans.ts';

const { ObjectId } = mongoose.mongo;
const OWN = '447700900999';
const LONG_AGO = new Date('2026-01-01T12:00:00Z');
const HOUR_MS = 3_600_000;

describe('the guard: what comes late of somebody who was forgotten', () => {
  let platform: Platform;
  let driven: HandDriven;
  let account: Account;
  let serial = 500;
  beforeAll(async () => {
    platform = await openPlatform('guard', { GUARD_LOOK_BACK_MINUTES: '60' });
    await indexPlatform(platform.core.db);
    driven = driveByHand(platform);
  });
  afterAll(() => platform?.close());

  const of = (name: string) => platform.core.db.collection(name);
  /** Somebody who had records on an account of their own, and was forgotten. */
  const forgotten = async ({ unsuppress = false } = {}): Promise<{ number: PhoneNumber; request: ErasureRequest }> => {
    ({ account } = await platform.account());
    const number = phoneNumber(447700900000 + serial++);
    await insertRecords(platform.core.db, account.records_id, number, { contacts: 1, sent: 1 });
    const { core } = platform;
    const accepted = await acceptForget(
      { ...core, deadlineMs: 24 * HOUR_MS, graceMs: 0 },
      { account, actor: 'test', number, unsuppress },
      driven.now(),
    );
    return { number, request: await driven.finish(account, accepted.request.reference) };
  };
  const later = (date: Date, ms: number) => new Date(date.getTime() + ms);
  const put = async (collection: string, record: object) => {
    const { insertedId } = await of(collection).insertOne({ account_id: account.records_id, ...record });
    return () => of(collection).findOne({ _id: insertedId });
  };
  const received = (number: PhoneNumber, received_at: Date, more: object = {}) =>
    put('received_sms', { from: number, to: OWN, body: 'Hello', received_at, ...more });
  const isErased = async (read: () => Promise<unknown>, number: PhoneNumber) =>
    !JSON.stringify((await read()) ?? '').includes(number);
  const guard = (more: object = {}) =>
    runGuard(
      { ...driven.jobs.guard, times: { ...platform.core.times, guardTurnMs: HOUR_MS }, ...more },
      new AbortController().signal,
    );
  const lateRequests = () =>
    requestsOf(platform.core.db)
      .find({ account_id: account._id, 'selector.late': { $exists: true } })
      .sort({ _id: 1 })
      .toArray();
  /** Has the guard look, and what it opens carried out. @returns the requests it opened so far */
  const guardAndErase = async (more: object = {}): Promise<ErasureRequest[]> => {
    await guard(more);
    for (const { reference, state } of await lateRequests())
      if (state !== 'completed') await driven.finish(account, reference);
    return lateRequests();
  };

  it('erases what is older than the completion, however late it is written, and leaves new contact alone', async () => {
    const { number, request } = await forgotten();
    const done = request.completed_at as Date;
    const late = [
      await put('sent_sms', { to: number, body: 'Hi Jo', status: 'delivered', sent_at: LONG_AGO }),
      await received(phoneNumber(447700900998), LONG_AGO, { body: `call ${number} please` }),
      await put('contacts', { number: `+${number}`, name: 'Jo' }),
      await put('contact_lists', { contacts: [{ number: Number(number), name: 'Jo' }] }),
    ];
    const fresh = await received(number, later(done, 60_000));
    const [first, ...others] = await guardAndErase();
    expect(others).toEqual([]);
    expect(first).toMatchObject({ state: 'completed', requested_by: 'guard', erased: { sent_sms: 1, contacts: 1 } });
    expect(await Promise.all(late.map((read) => isErased(read, number)))).toEqual(late.map(() => true));
    expect(await fresh()).toMatchObject({ from: number, body: 'Hello' });

    const entries = await of('lethe_audit').find({ account_id: account._id, reference: first?.reference }).toArray();
    expect(entries.map(({ action, reason, actor }) => ({ action, reason, actor }))).toEqual([
      { action: 'data.late', reason: 'late_record', actor: 'guard' },
      { action: 'data.erasure', reason: 'late_record', actor: 'guard' },
    ]);
    const row = await platform.core.receipts.find(account._id, first?.reference ?? '');
    expect((await verifyReceipt(row?.jws ?? '', platform.core.signer.jwks)).claims).toMatchObject({
      token: request.token,
      follows: { reference: request.reference, before: done.toISOString() },
    });
    expect(await tombstonesOf(platform.core.db).countDocuments({ account_id: account._id })).toBe(1);
    expect(await guardAndErase()).toHaveLength(1);
  });

  it('leaves everything new alone after a completion that took the number off the blacklist', async () => {
    const { number, request } = await forgotten({ unsuppress: true });
    const done = request.completed_at as Date;
    const kept = [
      await put('contacts', { _id: ObjectId.createFromTime(done.getTime() / 1000 + 60), number, name: 'Jo again' }),
      await received(number, later(done, 1_000)),
      await put('contact_lists', { contacts: [{ number, name: 'Jo again' }] }),
    ];
    expect(await guardAndErase()).toEqual([]);
    const late = await received(number, later(done, -1_000));
    expect(await guardAndErase()).toHaveLength(1);
    expect(await isErased(late, number)).toBe(true);
    for (const read of kept) expect(await isErased(read, number)).toBe(false);
    expect(await of('blacklist').countDocuments({ account_id: account.records_id })).toBe(0);
  });

  it('erases what becomes of a message that was scheduled before', async () => {
    const { number, request } = await forgotten();
    const done = request.completed_at as Date;
    const source = { to: '44********01', body: '[REDACTED]', status: 'sent', send_at: LONG_AGO };
    const [before, since] = [
      ObjectId.createFromTime(1_700_000_000),
      ObjectId.createFromTime(done.getTime() / 1000 + 60),
    ];
    for (const _id of [before, since]) await put('scheduled_sms', { ...source, _id });
    const sent = { to: number, body: 'Hi Jo', status: 'delivered', sent_at: later(done, 90_000) };
    const stems = [
      await put('sent_sms', { ...sent, scheduled_id: before }),
      await put('sent_sms', { ...sent, scheduled_id: String(before) }),
    ];
    const own = await put('sent_sms', { ...sent, scheduled_id: since });
    expect(await guardAndErase()).toMatchObject([{ state: 'completed', erased: { sent_sms: 2 } }]);
    for (const read of stems) expect(await isErased(read, number)).toBe(true);
    expect(await own()).toMatchObject({ to: number });
  });

  it('finds what was inserted under an old id or none that tells a time, when it reads everything', async () => {
    const { number } = await forgotten();
    await guardAndErase();
    const old = await received(number, LONG_AGO, { _id: ObjectId.createFromTime(1_600_000_000) });
    const named = await received(number, LONG_AGO, { _id: 'r-1' });
    expect(await guardAndErase()).toEqual([]);
    const now = () => later(driven.now(), 25 * HOUR_MS);
    expect(await guardAndErase({ now })).toHaveLength(1);
    expect([await isErased(old, number), await isErased(named, number)]).toEqual([true, true]);
  });

  it('knows numbers by tokens under every key of the ring, and two guards open one request', async () => {
    const { number, request } = await forgotten();
    expect(request.token).toMatch(/^token1\./);
    const late = await received(number, LONG_AGO);
    const ring = readConfig({
      ...platform.env,
      LETHE_TOKEN_KEYS: `${generateKey(new Date())},${TEST_KEYS.LETHE_TOKEN_KEYS}`,
    }).LETHE_TOKEN_KEYS;
    await Promise.all([guard({ tokens: createTokens(ring) }), guard()]);
    expect(await guardAndErase()).toHaveLength(1);
    expect(await isErased(late, number)).toBe(true);
  });

  it('opens none for records that another request has erased since they were read', async () => {
    const { number } = await forgotten();
    const late = await received(number, LONG_AGO);
    let asked = 0;
    const isSuppressed: typeof driven.jobs.guard.isSuppressed = async (...of) => {
      asked += 1;
      // First when the record is read, then before a request is opened.
      if (asked === 2) await guardAndErase();
      return driven.jobs.guard.isSuppressed(...of);
    };
    await guard({ isSuppressed });
    expect(asked).toBeGreaterThan(1);
    expect(await isErased(late, number)).toBe(true);
    expect(await lateRequests()).toMatchObject([{ state: 'completed', erased: { received_sms: 1 } }]);
  });

  it('ends when its time is over, and goes on where it was', async () => {
    const { number } = await forgotten();
    const late = await received(number, LONG_AGO);
    for (let turn = 0; (await lateRequests()).length === 0 && turn < 100; turn += 1)
      await guard({ times: { ...platform.core.times, guardTurnMs: 8_000 } });
    await guardAndErase();
    expect(await isErased(late, number)).toBe(true);
    const row = await guardOf(platform.core.db).findOne({ _id: account._id });
    expect(row?.watermark).toBeInstanceOf(Date);
  });
});
