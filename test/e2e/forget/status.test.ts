import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DateTime } from 'luxon';
import mongoose from 'mongoose';
import { type ErasureRequest, requestsOf } from '../../../src/ledger/requests/ledger.ts';
import { scansOf } from '../../../src/ledger/scan/ledger.ts';
import { expectStatus } from '../../support/expect-status.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { type Answer, type Call, call } from '../../support/wire.ts';

const HOUR = 3_600_000;
const NO_RECORDS = { error: { code: 77, msg: 'No records found' } };
/** What is said of the days that were searched when it was one. */
const searched = (day: unknown) => ({ day, searched: { from: day, to: day } });
const FAILED = { error: { code: 78, msg: 'Request failed' } };
const PENDING = 'Your request has been accepted and is pending removal';

/** Requests are put into the ledger as of a chosen moment: what a status answers depends on the ledger alone. */
describe('/gdpr/status', () => {
  let platform: Platform;
  let url: string;
  let count = 0;

  beforeAll(async () => {
    platform = await openPlatform('e2e-status', { RATE_LIMIT_PER_SECOND: '0' });
    ({ url } = await platform.startApi());
  });
  afterAll(() => platform?.close());

  const submitted = async (account: string, at: Date, change: Partial<ErasureRequest> = {}): Promise<string> => {
    count += 1;
    const reference = `Status${String(count).padStart(9, '0')}`;
    await requestsOf(platform.core.db).insertOne({
      _id: new mongoose.mongo.ObjectId(),
      reference,
      account_id: account,
      profile: 'forget',
      state: 'accepted',
      unfinished: true,
      token: `token1.${count}`,
      sealed: 'seal1.never-shown',
      keep_suppression: true,
      requested_by: 'test',
      selector: { by: 'number' },
      created_at: at,
      due_at: new Date(at.getTime() + 24 * HOUR),
      not_before: at,
      look_at: at,
      generation: 1,
      erased: {},
      failures: 0,
      ...change,
    });
    return reference;
  };
  const asked = (fields: Record<string, unknown>, key: string): [string, () => Promise<Answer>][] => {
    const query = new URLSearchParams(
      Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]),
    );
    const ways: [string, Call & { path?: string }][] = [
      ['GET with a query', { path: `/gdpr/status?${query}` }],
      ['POST with JSON', { body: fields }],
      ['POST with JSON labelled as a form', { body: JSON.stringify(fields), headers: { 'content-type': FORM } }],
      ['POST with form fields', { body: query }],
    ];
    return ways.map(([name, { path = '/gdpr/status', ...rest }]) => [name, () => call(url, path, { key, ...rest })]);
  };
  const FORM = 'application/x-www-form-urlencoded';

  it('of a request that waits for a scan: how many records have been read, and of how many', async () => {
    const { account, key } = await platform.account();
    const since = new Date();
    const reference = await submitted(account._id, since, { state: 'scanning', scan: { since, from: 100 } });
    const read = async () => (await call(url, `/gdpr/status?reference=${reference}`, { key })).body;
    expect(await read()).toMatchObject({ msg: PENDING, state: 'scanning', scan: { read: 0, of: null } });
    await scansOf(platform.core.db).insertOne({
      ...{ _id: new mongoose.mongo.ObjectId(), account_id: account._id, unfinished: true, asked: 1, places: 'x' },
      ...{ position: { turn: 3, place: 0 }, read: 350, turn_read: 0, skipped: false, size: 1_000, worked_ms: 0 },
      ...{ not_before: since, look_at: new Date(since.getTime() + HOUR), generation: 1 },
    });
    expect((await read()).scan).toEqual({ read: 250, of: 1_000 });
  });

  it('of a request whose account is not scanned, and of one found where the map names nothing', async () => {
    const { account, key } = await platform.account();
    const elsewhere = [{ path: 'sent_sms.note', count: 2 }];
    const reference = await submitted(account._id, new Date(), {
      state: 'completed',
      scan: { off: true, not_scanned: ['calls'], elsewhere },
    });
    const { body } = await call(url, `/gdpr/status?reference=${reference}`, { key });
    expect(body).toMatchObject({
      ...{ state: 'completed', scan: 'off', not_scanned: ['calls'] },
      elsewhere: { 'sent_sms.note': 2 },
    });
  });

  describe('the documented dates, by every way to ask', () => {
    const noon = (day: DateTime) => day.startOf('day').plus({ hours: 12 });
    const latest = (month: number, day: number) => (now: DateTime) => {
      const date = DateTime.fromObject({ year: now.year, month, day }, { zone: 'Europe/London' });
      return date > now ? date.minus({ years: 1 }) : date;
    };
    const on = (iso: string) => () => DateTime.fromISO(iso, { zone: 'Europe/London' });
    const dates: [string | number, (now: DateTime) => DateTime][] = [
      ['1537525884', on('2018-09-21')],
      [1537525884, on('2018-09-21')],
      ['2018-02-22T09:03:00+00:00', on('2018-02-22')],
      ['25th December 2019 21:00', on('2019-12-25')],
      ['2 weeks', (now) => now.minus({ weeks: 2 })],
      ['august 20', latest(8, 20)],
      ['may 11 2019', on('2019-05-11')],
      ['last friday of march 2019', on('2019-03-29')],
      ['yesterday', (now) => now.minus({ days: 1 })],
      ['today', (now) => now],
    ];

    it.each(dates)('%s', async (date, find) => {
      const { account, key } = await platform.account({ timeZone: 'Europe/London' });
      const day = find(DateTime.now().setZone('Europe/London'));
      const at = noon(day).toJSDate();
      const reference = await submitted(account._id, at);
      for (const beside of [-1, 1]) await submitted(account._id, noon(day).plus({ days: beside }).toJSDate());
      for (const [way, ask] of asked({ date }, key)) {
        const answer = await ask();
        expect([way, answer.status, answer.body.reference]).toEqual([way, 200, reference]);
        expect(answer.headers['content-type']).toMatch(/^application\/json/);
        expect(answer.body).toMatchObject({
          status: 'SUCCESS',
          msg: PENDING,
          created_at: Math.floor(at.getTime() / 1000),
        });
      }
    });

    it.each(['next saturday', 'tomorrow', '1 january 1990'])('%s: no records', async (date) => {
      const { account, key } = await platform.account({ timeZone: 'Europe/London' });
      await submitted(account._id, new Date());
      for (const [way, ask] of asked({ date }, key)) {
        const answer = await ask();
        const day = expect.stringMatching(/^\d{4}-\d\d-\d\d$/);
        expect([way, answer.status, answer.body]).toEqual([way, 404, { ...NO_RECORDS, ...searched(day) }]);
      }
    });

    it('says which day was searched, and takes all the days of a week', async () => {
      const { account, key } = await platform.account({ timeZone: 'Europe/London' });
      const monday = DateTime.now().setZone('Europe/London').minus({ weeks: 1 }).startOf('week');
      for (const days of [-1, 0, 6, 7]) await submitted(account._id, noon(monday.plus({ days })).toJSDate());
      const week = await call(url, '/gdpr/status?date=last%20week', { key });
      expect(week.body).toMatchObject({ total: 2, from: monday.toISODate(), to: monday.plus({ days: 6 }).toISODate() });
      const day = await call(url, '/gdpr/status?date=a%20week%20ago', { key });
      expect(day.body.day).toBe(DateTime.now().setZone('Europe/London').minus({ weeks: 1 }).toISODate());
    });

    it('reads a plus that a query turned into a space', async () => {
      const { account, key } = await platform.account({ timeZone: 'Europe/London' });
      const reference = await submitted(account._id, new Date('2017-02-22T09:03:00Z'));
      const answer = await call(url, '/gdpr/status?date=2017-02-22T09:03:00+00:00', { key });
      expect([answer.status, answer.body.reference]).toEqual([200, reference]);
    });
  });

  it("the account's own time zone decides the day", async () => {
    const ends = new Date('2024-01-01T10:30:00Z');
    const zones: [string, string, string][] = [
      ['Pacific/Auckland', '2024-01-01', '2023-12-31'],
      ['Pacific/Kiritimati', '2024-01-02', '2024-01-01'],
      ['Pacific/Honolulu', '2024-01-01', '2024-01-02'],
      ['Pacific/Niue', '2023-12-31', '2024-01-01'],
    ];
    for (const [timeZone, day, not] of zones) {
      const { account, key } = await platform.account({ timeZone });
      const reference = await submitted(account._id, ends);
      expect((await call(url, `/gdpr/status?date=${day}`, { key })).body.reference).toBe(reference);
      expect((await call(url, `/gdpr/status?date=${not}`, { key })).body).toEqual({ ...NO_RECORDS, ...searched(not) });
    }
  });

  it('the first moment of a day belongs to it, the first of the next does not', async () => {
    const { account, key } = await platform.account({ timeZone: 'Europe/London' });
    // The day the clocks go forward has 23 hours.
    const first = await submitted(account._id, new Date('2024-03-31T00:00:00.000Z'));
    const last = await submitted(account._id, new Date('2024-03-31T22:59:59.999Z'));
    await submitted(account._id, new Date('2024-03-30T23:59:59.999Z'));
    await submitted(account._id, new Date('2024-03-31T23:00:00.000Z'));
    const answer = await call(url, '/gdpr/status?date=2024-03-31', { key });
    expect(answer.body.total).toBe(2);
    expect((answer.body.requests as { reference: string }[]).map((one) => one.reference)).toEqual([last, first]);
  });

  it('pages: newest first, the newest again on top, the total of all', async () => {
    const { account, key } = await platform.account();
    const references: string[] = [];
    for (let hour = 0; hour < 23; hour += 1)
      references.unshift(await submitted(account._id, new Date(Date.UTC(2024, 0, 10, hour))));
    for (let minute = 0; minute < 7; minute += 1)
      references.unshift(await submitted(account._id, new Date(Date.UTC(2024, 0, 10, 23, minute))));
    const page = async (rest: string) => {
      const { body } = await call(url, `/gdpr/status?date=2024-01-10${rest}`, { key });
      const listed = (body.requests as { reference: string }[]).map((one) => one.reference);
      expect([body.total, body.reference]).toEqual([30, listed[0]]);
      return listed;
    };
    expect(await page('')).toEqual(references.slice(0, 25));
    expect(await page('&limit=1')).toEqual(references.slice(0, 1));
    expect(await page('&limit=1000')).toEqual(references);
    expect(await page('&skip=25')).toEqual(references.slice(25));
    expect(await page('&limit=10&skip=5')).toEqual(references.slice(5, 15));
    const beyond = await call(url, '/gdpr/status?date=2024-01-10&skip=30', { key });
    expect([beyond.status, beyond.body]).toEqual([404, { ...NO_RECORDS, ...searched('2024-01-10') }]);
  });

  describe('states', () => {
    const at = new Date('2024-02-01T12:00:00Z');
    const done = new Date('2024-02-01T13:00:00.999Z');
    const seconds = (date: Date) => Math.floor(date.getTime() / 1000);
    const common = { created_at: seconds(at), due_at: seconds(at) + 86_400, completed_at: null, erased: {} };
    const failing = {
      since: seconds(at),
      why: expect.stringMatching(/^A field the data map calls a number /),
      where: 'calls.to',
      help: expect.stringMatching(/^Mend or remove the record/),
      next_attempt_at: expect.any(Number),
    };
    const states: [ErasureRequest['state'], Partial<ErasureRequest>, object][] = [
      ['accepted', {}, { status: 'SUCCESS', msg: PENDING }],
      ['sweeping', { erased: { sent_sms: 3 } }, { status: 'SUCCESS', msg: PENDING, erased: { sent_sms: 3 } }],
      [
        'waiting',
        { wait: 'scheduled' },
        { status: 'SUCCESS', msg: PENDING, why: expect.stringMatching(/^Messages to the number are scheduled/) },
      ],
      ['verifying', {}, { status: 'SUCCESS', msg: PENDING }],
      [
        'completed',
        { completed_at: done, erased: { calls: 1 } },
        { status: 'SUCCESS', msg: 'The number has been removed', completed_at: seconds(done), erased: { calls: 1 } },
      ],
      [
        'failed',
        { failure: { name: 'unsupported_type', where: 'calls.to', at } },
        {
          status: 'FAILED',
          code: 78,
          msg: 'Request failed',
          failing,
          why: expect.stringMatching(/^A field the data map/),
        },
      ],
    ];
    it.each(states)('%s', async (state, change, expected) => {
      const { account, key } = await platform.account();
      const reference = await submitted(account._id, at, { state, ...change });
      const deadline = state === 'completed' ? 'met' : 'overdue';
      const entry = { ...common, reference, state, deadline, ...expected };
      const listed = await call(url, '/gdpr/status?date=2024-02-01', { key });
      // A list holds failed requests as entries; nothing else of the ledger is shown.
      expect([listed.status, listed.body]).toEqual([
        200,
        { ...entry, requests: [entry], total: 1, ...searched('2024-02-01') },
      ]);
      for (const [way, ask] of asked({ reference }, key)) {
        const answer = await ask();
        const wanted =
          state === 'failed'
            ? [
                409,
                {
                  ...FAILED,
                  reference,
                  state,
                  created_at: common.created_at,
                  due_at: common.due_at,
                  deadline,
                  failing,
                  why: expect.stringMatching(/^A field the data map/),
                },
              ]
            : [200, { ...entry, requests: [entry], total: 1 }];
        expect([way, answer.status, answer.body]).toEqual([way, ...wanted]);
      }
      const both = await call(url, `/gdpr/status?date=2024-02-01&reference=${reference}`, { key });
      expectStatus(both, state === 'failed' ? 409 : 200);
      const otherDay = await call(url, `/gdpr/status?date=2024-02-02&reference=${reference}`, { key });
      expect([otherDay.status, otherDay.body]).toEqual([404, { ...NO_RECORDS, ...searched('2024-02-02') }]);
    });
  });

  it('tells of this contract’s requests alone, though others are in the same ledger', async () => {
    const { account, key } = await platform.account();
    const at = new Date('2024-03-05T12:00:00Z');
    const reference = await submitted(account._id, at, { profile: 'interaction' });
    for (const [way, ask] of asked({ reference }, key)) {
      const answer = await ask();
      expect([way, answer.status, answer.body]).toEqual([way, 404, NO_RECORDS]);
    }
    expectStatus(await call(url, '/gdpr/status?date=2024-03-05', { key }), 404);
  });

  it('a reference that nobody has: no records', async () => {
    const { key } = await platform.account();
    for (const [way, ask] of asked({ reference: 'BWwmkoxO3YTfpEt' }, key)) {
      const answer = await ask();
      expect([way, answer.status, answer.body]).toEqual([way, 404, NO_RECORDS]);
    }
  });
});
