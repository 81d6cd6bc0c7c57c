import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { forget, untilCompleted } from '../../support/forget.ts';
import { phoneNumber } from '../../support/numbers.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../support/records.ts';
import { type SignedIn, signInAs } from '../../support/sign-in.ts';
import { call } from '../../support/wire.ts';

const GONE = phoneNumber(447700900541);
const OPEN = phoneNumber(447700900542);
const NEVER = phoneNumber(447700900543);
const HELD = phoneNumber(447700900544);
const STOPPED = phoneNumber(447700900545);

const READ = { number: GONE, international: '+44 7700 900541', national: '07700 900541', country: 'GB' };

describe('finding a number', () => {
  let platform: Platform;
  let url: string;
  let account: string;
  let owner: unknown;
  let key: string;
  let clerk: SignedIn;
  let gone: string;
  let open: string;
  beforeAll(async () => {
    platform = await openPlatform('find-number', { RATE_LIMIT_PER_SECOND: '0' });
    const { db } = platform.core;
    await indexPlatform(db);
    ({ url } = await platform.startApi());
    const made = await platform.account();
    [account, owner, key] = [made.account._id, made.account.records_id, made.key];
    clerk = await signInAs(platform, url, 'clerk@example.com', 'clerk', { kind: 'account', id: account });
    for (const number of [GONE, OPEN, HELD]) await insertRecords(db, owner, number, { contacts: 1, sent: 2 });
    await db.collection('blacklist').insertOne({ account_id: owner, number: STOPPED, reason: 'STOP' });
    const worker = await platform.startWorker();
    gone = String((await clerk.ask('/gdpr/forget', { body: { number: GONE } })).body.reference);
    await untilCompleted(platform, gone);
    await worker.stop();
    open = await forget(url, key, { number: OPEN });
  });
  afterAll(() => platform?.close());

  const status = async (number: unknown) => (await clerk.ask('/gdpr/status', { body: { number } })).body;

  it.each(['447700900541', '+447700900541', '07700900541', '07700 900 541', '+44 (0)7700 900541', 447700900541])(
    'in the writing %s',
    async (number) => {
      expect(await status(number)).toEqual({
        ...{ state: 'gone', number_read: READ, suppressed: true, reference: gone },
        ...{ accepted_at: expect.stringMatching(/Z$/), due_at: expect.any(String), completed_at: expect.any(String) },
        erased: { contacts: 1, sent_sms: 2 },
      });
    },
  );

  it('says what is on its way, what nobody asked for, and what came back since', async () => {
    expect(await status(OPEN)).toMatchObject({ state: 'on_its_way', suppressed: true, reference: open, erased: {} });
    expect(await status(NEVER)).toEqual({ state: 'never_asked', number_read: expect.any(Object), suppressed: false });
    const { insertedId } = await platform.core.db.collection('sent_sms').insertOne({ account_id: owner, to: GONE });
    expect(await status(GONE)).toMatchObject({ state: 'gone', held_again: true });
    await platform.core.db.collection('sent_sms').deleteOne({ _id: insertedId });
  });

  it('refuses what is no number, or asks for two things, and repeats nothing', async () => {
    for (const body of [
      { number: 'Jo' },
      { number: '12' },
      { number: '+353861234567' },
      { number: [GONE] },
      { number: GONE, date: 'today' },
      { number: GONE, reference: gone },
      { number: `${GONE}`.repeat(20) },
    ]) {
      const answer = await clerk.ask('/gdpr/status', { body });
      expect([body, answer.status]).toEqual([body, 400]);
      expect(answer.text).not.toContain('7700900541');
    }
    // Never in an address.
    expect((await call(url, `/gdpr/status?number=${GONE}`, { key })).status).toBe(400);
  });

  it('by words: what was searched is said', async () => {
    const { body } = await clerk.ask('/gdpr/status', { body: { date: 'today' } });
    const day = new Date().toLocaleDateString('en-CA', { timeZone: 'Europe/London' });
    expect(body).toMatchObject({ total: 2, day, searched: { from: day, to: day } });
    const week = (await clerk.ask('/gdpr/status', { body: { date: 'this week' } })).body;
    expect(week.searched).toEqual({ from: week.from, to: week.to });
    expect(new Date(String(week.to)).getTime() - new Date(String(week.from)).getTime()).toBe(6 * 86_400_000);
  });

  it('a request that was called off is none', async () => {
    const ask = { number: NEVER, grace_minutes: 60 };
    await insertRecords(platform.core.db, owner, NEVER, { sent: 1 });
    const { reference } = (await clerk.ask('/gdpr/forget', { body: ask })).body;
    expect(await status(NEVER)).toMatchObject({
      ...{ state: 'on_its_way', why: 'It can still be cancelled, and begins then', until: expect.stringMatching(/Z$/) },
    });
    expect((await clerk.ask(`/requests/${reference}/cancel`, { method: 'POST' })).status).toBe(200);
    expect(await status(NEVER)).toMatchObject({ state: 'never_asked', suppressed: false });
    await platform.core.db.collection('sent_sms').deleteMany({ to: NEVER });
  });

  it('previews a forget, and changes nothing', async () => {
    const preview = async (number: unknown) => (await clerk.ask('/gdpr/forget/preview', { body: { number } })).body;
    const before = await platform.core.db.collection('lethe_requests').countDocuments();
    expect(await preview('07700 900544')).toEqual({
      read: { ...READ, number: HELD, international: '+44 7700 900544', national: '07700 900544' },
      counts: { contacts: 1, sent_sms: 2 },
    });
    expect(await preview(OPEN)).toMatchObject({ counts: { contacts: 1, sent_sms: 2 }, already: open });
    expect(await preview(NEVER)).toMatchObject({ counts: {} });
    expect(await platform.core.db.collection('lethe_requests').countDocuments()).toBe(before);
    expect((await clerk.ask('/suppressions/check', { body: { number: HELD } })).body).toEqual({ suppressed: false });
  });

  it('gives everything that is held, with the number in the body', async () => {
    const { body } = await clerk.ask('/gdpr/access', { body: { number: '07700 900544' } });
    expect(body).toMatchObject({ counts: { contacts: 1, sent_sms: 2 } });
  });

  it('lists who is suppressed, masked, page by page, and by whom', async () => {
    const first = (await clerk.ask('/suppressions?limit=1')).body as { items: object[]; next: string };
    expect(first.items).toEqual([
      {
        id: expect.stringMatching(/^[\w-]{16}$/),
        ...{ masked: '44********42', since: expect.stringMatching(/Z$/), why: 'gdpr_forget' },
        ...{ by: key.split('.')[0], reference: open },
      },
    ]);
    const second = (await clerk.ask(`/suppressions?limit=1&cursor=${first.next}`)).body;
    expect(second).toEqual({ items: [expect.objectContaining({ masked: '44********41', by: 'clerk@example.com' })] });
    expect((await clerk.ask('/suppressions?cursor=WyJ4Il0x')).status).toBe(400);
  });

  it('lifts a suppression with a reason, once it is gone, and the audit says who and why', async () => {
    const lift = (number: unknown, reason: unknown = 'asked for by letter') =>
      clerk.ask('/suppressions/lift', { body: { number, reason } });
    const blacklisted = async (number: unknown) =>
      (await call(url, '/blacklist/check', { key, body: { number } })).body;
    for (const reason of ['', null, `for ${GONE}`, 'for +44 7700 900541'])
      expect((await lift(GONE, reason)).status).toBe(400);
    expect((await clerk.ask('/suppressions/check', { body: { number: GONE } })).body).toMatchObject({
      ...{ suppressed: true, why: 'gdpr_forget', by: 'clerk@example.com', reference: gone },
    });
    expect((await lift(OPEN)).body.error).toBe('conflict');
    expect((await lift(NEVER)).body.error).toBe('no_records');
    expect((await lift(STOPPED)).body).toMatchObject({ error: 'conflict', msg: expect.stringContaining('platform') });
    expect(await blacklisted(GONE)).toEqual({ blacklisted: true });
    expect((await lift('07700 900541')).body).toEqual({ suppressed: false });
    expect(await blacklisted(GONE)).toEqual({ blacklisted: false });
    expect(await status(GONE)).toMatchObject({ state: 'gone', suppressed: false });
    const entries = await platform.core.db.collection('lethe_audit').find({ action: 'suppression.lift' }).toArray();
    expect(entries).toEqual([
      expect.objectContaining({ actor: 'clerk@example.com', reason: 'asked for by letter', token: expect.any(String) }),
    ]);
    for (const number of [OPEN, STOPPED]) expect(await blacklisted(number)).toEqual({ blacklisted: true });
  });
});
