import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import type { Account } from '../../../src/ledger/accounts/accounts.ts';
import { AUDIT } from '../../../src/ledger/audit/entry.ts';
import { expectStatus } from '../../support/expect-status.ts';
import { callOf, chatOf, formOf, JO, makeAgency, OWN, receivedOf, SAM, sentOf } from '../../support/interactions.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform } from '../../support/records.ts';
import { call } from '../../support/wire.ts';

const { Long } = mongoose.mongo;

type Row = Record<string, unknown> & { id: string; personal: Record<string, unknown> };

const at = (day: number, hour = 12) => new Date(Date.UTC(2026, 5, day, hour));
const MARK = { redacted_at: new Date('2026-07-01T00:00:00Z') };

/** New York is four hours behind in June: what is at two in the morning there belongs to the day before. */
describe('/accounts/{id}/interactions', () => {
  let platform: Platform;
  let url: string;
  let made: Awaited<ReturnType<typeof makeAgency>>;
  let account: Account;

  beforeAll(async () => {
    platform = await openPlatform('e2e-log', { RATE_LIMIT_PER_SECOND: '0' });
    const { db } = platform.core;
    await indexPlatform(db);
    ({ url } = await platform.startApi());
    made = await makeAgency(platform, 'America/New_York');
    account = made.sub.account;
    await db
      .collection('calls')
      .insertMany([
        callOf(account, 'c1', at(1)),
        callOf(account, 'c2', at(2), { direction: 'outbound', from: OWN, to: SAM, tags: ['vip'], visitor: null }),
        callOf(account, 'c3', at(3), { status: 'missed', ...MARK }),
        callOf(account, 'c4', at(3), { direction: 'sideways', source: null }),
      ]);
    await db
      .collection('received_sms')
      .insertMany([
        receivedOf(account, 'r1', at(3)),
        receivedOf(account, 'r2', at(4, 2), { from: '+447700900123' }),
        receivedOf(account, 'r3', at(5), { from: null, body: null, ...MARK }),
      ]);
    await db.collection('sent_sms').insertMany([sentOf(account, 's1', at(3)), sentOf(account, 's2', at(6))]);
    await db.collection('chats').insertOne(chatOf(account, 'h1', at(7)));
    await db.collection('forms').insertOne(formOf(account, 'f1', at(8), { number: '07700 900123' }));
    await db.collection('calls').insertOne(callOf(made.sibling.account, 'c1', at(9)));
  });
  afterAll(() => platform?.close());

  const path = () => `/accounts/${account._id}/interactions`;
  const get = (query = '', key = made.sub.key) => call(url, path() + query, { key });
  const list = async (query = '') => {
    const answer = await get(query);
    expect({ query, status: answer.status, error: answer.body.error }).toEqual({
      query,
      status: 200,
      error: undefined,
    });
    return answer.body as unknown as { interactions: Row[]; next: string | null };
  };
  const ids = async (query = '') => (await list(query)).interactions.map((row) => row.id);
  const ALL = ['f1', 'h1', 's2', 'r3', 'r2', 'c4', 'c3', 'r1', 's1', 'c2', 'c1'];

  it.each([
    [{ contact: SAM }, ['c2']],
    [{ contact: `+${JO}`, kind: 'form' }, ['f1']],
    [{ contact: JO, kind: 'text' }, ['s2', 'r2', 'r1', 's1']],
    [{ status: 'missed' }, ['c3']],
    [{ source: 'newspaper', redacted: false }, ['c2', 'c1']],
    [{ tag: 'sales' }, ['c4', 'c3', 'c1']],
    [{ tracking_number: OWN, kind: 'chat' }, ['h1']],
    [{ tracking_number: '447700900998' }, []],
    [{ contact: SAM, from: '2026-06-03' }, []],
  ])('finds by %j', async (body, expected) => {
    const answer = await call(url, `${path()}/search`, { key: made.sub.key, body });
    expectStatus(answer, 200);
    expect((answer.body.interactions as Row[]).map(({ id }) => id)).toEqual(expected);
  });

  it('refuses a question that it does not know', async () => {
    expect((await call(url, `${path()}/search`, { key: made.sub.key, body: { contct: SAM } })).status).toBe(422);
    expect((await call(url, `${path()}/search`, { key: made.sub.key, body: { contact: 'Sam' } })).status).toBe(422);
  });

  it('tells all of it, newest first over all collections', async () => {
    expect(await ids()).toEqual(ALL);
    const rows = (await list()).interactions;
    expect(rows.find((row) => row.id === 'c1')).toEqual({
      id: 'c1',
      kind: 'call',
      direction: 'inbound',
      at: '2026-06-01T12:00:00.000Z',
      status: 'answered',
      tracking_number: OWN,
      source: 'newspaper',
      call_flow: ['menu', 'sales'],
      redacted: false,
      redacted_at: null,
      contact_number: JO,
      personal: {
        caller_name: 'Jo Bloggs',
        caller_id: { city: 'Leeds' },
        enhanced_caller_id: { age: 40 },
        email: 'jo@example.org',
        transcript: ['hello', 'this is Jo'],
        recording_url: null,
        notes: 'rang twice',
        tags: ['sales', 'vip'],
        visitor: { ip: '192.0.2.7' },
        custom: { size: 'L' },
      },
    });
    expect(rows.find((row) => row.id === 'c2')).toMatchObject({ tracking_number: OWN, contact_number: SAM });
    expect(rows.find((row) => row.id === 'c4')).toMatchObject({ direction: null, tracking_number: null });
    expect(rows.find((row) => row.id === 's1')).toMatchObject({
      kind: 'text',
      tracking_number: OWN,
      contact_number: JO,
    });
    expect(rows.find((row) => row.id === 'h1')).toMatchObject({ kind: 'chat', tracking_number: OWN, source: 'web' });
    expect(rows.find((row) => row.id === 'f1')).toMatchObject({ kind: 'form', contact_number: '07700 900123' });
  });

  it('redacted rows say so, keep what is kept, and tell nothing personal, whatever the record holds', async () => {
    const { interactions } = await list('?redacted=true');
    expect(interactions.map((row) => row.id)).toEqual(['r3', 'c3']);
    expect(interactions[1]).toMatchObject({
      redacted: true,
      redacted_at: '2026-07-01T00:00:00.000Z',
      tracking_number: OWN,
      source: 'newspaper',
      status: 'missed',
      call_flow: ['menu', 'sales'],
      contact_number: null,
    });
    for (const row of interactions) expect(Object.values(row.personal).every((value) => value === null)).toBe(true);
    expect(await ids('?redacted=false')).toEqual(ALL.filter((id) => !['r3', 'c3'].includes(id)));
  });

  const narrowed: [string, string[]][] = [
    ['?kind=call', ['c4', 'c3', 'c2', 'c1']],
    ['?kind=text', ['s2', 'r3', 'r2', 'r1', 's1']],
    ['?kind=chat', ['h1']],
    ['?kind=form', ['f1']],
    ['?kind=text&redacted=true', ['r3']],
    ['?from=2026-06-07', ['f1', 'h1']],
    ['?to=2026-06-01', ['c1']],
    // Two in the morning of the fourth, UTC, is the third in New York.
    ['?from=2026-06-03&to=2026-06-03', ['r2', 'c4', 'c3', 'r1', 's1']],
    ['?from=2026-06-04&to=2026-06-05', ['r3']],
    ['?from=2026-06-03T12:00:00Z&to=2026-06-04T02:00:00Z', ['c4', 'c3', 'r1', 's1']],
    ['?from=2026-06-03T14:00:00+02:00&to=2026-06-03T12:00:01Z', ['c4', 'c3', 'r1', 's1']],
    ['?from=2027-01-01', []],
  ];
  it.each(narrowed)('%s', async (query, wanted) => {
    expect(await ids(query)).toEqual(wanted);
  });

  it.each([1, 2, 3, 4, 10, 11])('in pages of %i: every row once, in one order', async (limit) => {
    const seen: string[] = [];
    let next: string | null = null;
    do {
      const page: { interactions: Row[]; next: string | null } = await list(
        `?limit=${limit}${next === null ? '' : `&cursor=${next}`}`,
      );
      expect(page.interactions.length).toBeLessThanOrEqual(limit);
      seen.push(...page.interactions.map((row) => row.id));
      next = page.next;
    } while (next !== null);
    expect(seen).toEqual(ALL);
  });

  it('an agency reads the log of its sub-accounts; others find nothing there', async () => {
    expect((await get('', made.agency.key)).body).toEqual((await get()).body);
    for (const who of [made.sibling, made.stranger]) {
      const answer = await get('', who.key);
      expect({ status: answer.status, body: answer.body }).toEqual({
        status: 404,
        body: { error: { code: 404, msg: 'Not found' } },
      });
    }
  });

  it('giving personal data out is in the audit, and giving out none is not', async () => {
    const count = () => platform.core.db.collection(AUDIT).countDocuments({ account_id: account._id });
    const before = await count();
    await list('?redacted=true');
    await list('?from=2027-01-01');
    expect(await count()).toBe(before);
    await list('?kind=call');
    const [entry] = await platform.core.db
      .collection(AUDIT)
      .find({ account_id: account._id })
      .sort({ seq: -1 })
      .limit(1)
      .toArray();
    expect(entry).toMatchObject({ action: 'data.access', reason: 'interaction_log', counts: { calls: 3 } });
  });

  it('the report: redacted rows count in totals, and not by contact, session or tag', async () => {
    const answer = await get('/report');
    expect(answer.body).toEqual({
      total: 11,
      redacted: 2,
      by_kind: {
        text: { total: 5, redacted: 1 },
        call: { total: 4, redacted: 1 },
        chat: { total: 1, redacted: 0 },
        form: { total: 1, redacted: 0 },
      },
      by_status: {
        answered: { total: 3, redacted: 0 },
        received: { total: 3, redacted: 1 },
        delivered: { total: 2, redacted: 0 },
        missed: { total: 1, redacted: 1 },
        closed: { total: 1, redacted: 0 },
        submitted: { total: 1, redacted: 0 },
      },
      by_source: {
        web: { total: 5, redacted: 1 },
        newspaper: { total: 3, redacted: 1 },
        unknown: { total: 3, redacted: 0 },
      },
      by_tracking_number: { [OWN]: { total: 10, redacted: 2 }, unknown: { total: 1, redacted: 0 } },
      // Jo in four writings, and Sam.
      contacts: { count: 2, at_least: false },
      // c1, c4 and the form; not c3.
      sessions: 3,
      by_tag: { vip: 4, sales: 2 },
    });
    expect((await get('/report?kind=call&to=2026-06-02')).body).toMatchObject({
      total: 2,
      by_kind: { call: { total: 2, redacted: 0 } },
      by_tag: { vip: 2, sales: 1 },
    });
    expectStatus(await get('/report', made.stranger.key), 404);
  });

  it('pages by ids larger than a double can tell apart', async () => {
    const { account: own, key } = made.agency;
    const large = ['9007199254740993', '9007199254740992', '9007199254740991'];
    await platform.core.db
      .collection('chats')
      .insertMany(large.map((id) => ({ _id: Long.fromString(id) as never, ...chatOf(own, id, at(1)) })));
    const found: unknown[] = [];
    let next: unknown = '';
    while (next !== null) {
      const { body } = await call(url, `/accounts/${own._id}/interactions?limit=1${next && `&cursor=${next}`}`, {
        key,
      });
      found.push(...(body.interactions as Row[]).map((row) => row.id));
      next = body.next;
    }
    expect(found).toEqual(large);
  });

  it('the report sums up what is rare beside a source of that very name', async () => {
    const { account: own, key } = made.stranger;
    const rare = Array.from({ length: 501 }, (_, index) => `source ${index}`);
    await platform.core.db
      .collection('calls')
      .insertMany(['other', 'other', ...rare].map((source, index) => callOf(own, `o${index}`, at(1), { source })));
    const { body } = await call(url, `/accounts/${own._id}/interactions/report`, { key });
    const rows = Object.entries(body.by_source as Record<string, { total: number }>);
    // 499 of the rare are told beside it, and two are not.
    expect(rows).toHaveLength(500);
    expect(rows.find(([name]) => name === 'other')).toEqual(['other', { total: 4, redacted: 0 }]);
  });

  const bad: [string, RegExp][] = [
    ['kind=fax', /kind must be call, text, chat, form/],
    ['kind=call&kind=text', /kind must be/],
    ['kind[$ne]=call', /not known here/],
    ['redacted=1', /redacted must be true or false/],
    ['limit=0', /limit must be/],
    ['limit=201', /limit must be/],
    ['limit=-1', /limit must be/],
    ['limit=1.5', /limit must be/],
    ['limit=', /limit must be/],
    ['from=yesterday', /from must be a day/],
    ['from=2026-02-30', /from must be a day/],
    ['from=1537525884', /from must be a day/],
    ['from=2026-06-01T25:00:00Z', /from must be a day/],
    ['from=2026-06-02&to=2026-06-01', /to must be later than from/],
    ['from=2026-06-01T12:00:00Z&to=2026-06-01T12:00:00Z', /to must be later/],
    ['cursor=x', /cursor must be/],
    ['cursor=', /cursor must be/],
    [`cursor=${'A'.repeat(8_000)}`, /cursor must be/],
    ...[
      '[{"$date":"2026-06-01T00:00:00Z"},"calls",{"$ne":null}]',
      '[{"$date":"2026-06-01T00:00:00Z"},"calls",{"$regularExpression":{"pattern":"","options":""}}]',
      '[{"$date":"2026-06-01T00:00:00Z"},"calls",null]',
      '[{"$date":"2026-06-01T00:00:00Z"},"calls"]',
      '["1","calls","x"]',
      '[{"$date":"2026-06-01T00:00:00Z"},{"$ne":null},"x"]',
      '[1e300,"calls","x"]',
      '{"at":1}',
      '[{"$date":"2026-06-01T00:00:00Z"},"calls",{"$code":"1"}]',
      '[1,"calls","x"]',
      '[{"$date":"never"},"calls","x"]',
    ].map((text): [string, RegExp] => [`cursor=${Buffer.from(text).toString('base64url')}`, /cursor must be/]),
  ];
  it.each(bad)('refuses ?%.70s', async (query, says) => {
    const answer = await get(`?${query}`);
    expect({ status: answer.status, body: answer.body }).toEqual({
      status: 422,
      body: { error: { code: 422, msg: expect.stringMatching(says) } },
    });
  });

  it('reads only', async () => {
    for (const where of ['', '/report']) {
      const answer = await call(url, path() + where, { method: 'POST', key: made.sub.key, body: {} });
      expect({ status: answer.status, allow: answer.headers.allow }).toEqual({ status: 405, allow: 'GET, HEAD' });
    }
  });
});
