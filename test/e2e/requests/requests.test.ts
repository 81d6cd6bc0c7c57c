import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eraseRequest } from '../../../src/ledger/requests/erase.ts';
import { type ErasureRequest, requestsOf } from '../../../src/ledger/requests/ledger.ts';
import { forget } from '../../support/forget.ts';
import { makeAgency, type Party } from '../../support/interactions.ts';
import { phoneNumber } from '../../support/numbers.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../support/records.ts';
import { driveByHand, type HandDriven } from '../../support/scans.ts';
import type { Db } from '../../support/types.ts';
import { call } from '../../support/wire.ts';

const DIGITS = '447700900123';
const MASKED = '44********23';
const MINUTE_MS = 60_000;
const keyIdOf = ({ key }: Pick<Party, 'key'>) => key.split('.')[0] ?? '';

describe('requests, as people look at them', () => {
  let platform: Platform;
  let url: string;
  let db: Db;
  let hand: HandDriven;
  let agency: Party;
  let sub: Party;
  let stranger: Party;
  beforeAll(async () => {
    platform = await openPlatform('e2e-request-list', { RATE_LIMIT_PER_SECOND: '0', FORGET_GRACE_MINUTES: '0' });
    ({ db } = platform.core);
    await indexPlatform(db);
    ({ url } = await platform.startApi());
    ({ agency, sub, stranger } = await makeAgency(platform));
    for (const { account } of [agency, sub, stranger]) await platform.core.accounts.setScan(account._id, 'off');
    hand = driveByHand(platform);
  });
  afterAll(() => platform?.close());

  const blacklist = ({ account }: Party) =>
    db.collection('blacklist').find({ account_id: account.records_id }).sort({ _id: 1 }).toArray();
  const isSuppressed = async ({ key }: Party, number = DIGITS) =>
    (await call(url, '/blacklist/check', { key, body: { number } })).body.blacklisted;
  const show = async ({ key }: Party, reference: string) => (await call(url, `/requests/${reference}`, { key })).body;
  const post = (path: string, { key }: Party, body?: object) =>
    call(url, path, { key, method: 'POST', ...(body && { body }) });
  const fresh = async () => {
    const { account, key } = await platform.account();
    await platform.core.accounts.setScan(account._id, 'off');
    return { account, key } as Party;
  };
  const turn = async (party: Party, reference: string) => {
    await requestsOf(db).updateOne({ reference }, { $set: { not_before: new Date(0) } });
    await eraseRequest(hand.jobs.erase, { account: party.account._id, reference }, new AbortController().signal);
    return hand.row(reference);
  };

  describe('in their time of grace', () => {
    /** What stood on the list before, by what the number's row is. */
    const BEFORE: [string, (party: Party) => Promise<unknown>][] = [
      ['nothing', async () => {}],
      [
        'a row of the platform',
        ({ account }) =>
          db
            .collection('blacklist')
            .insertOne({ account_id: account.records_id, number: DIGITS, reason: 'asked', token: null }),
      ],
      [
        'the tombstone of an earlier request',
        async (party) => {
          const reference = await forget(url, party.key, { number: DIGITS });
          await turn(party, reference);
          await insertRecords(db, party.account.records_id, DIGITS, { sent: 1 });
        },
      ],
    ];

    it.each(BEFORE)('suppressed at once, with %s on the list; cancelled, all is as it was', async (before, prepare) => {
      const party = await fresh();
      await insertRecords(db, party.account.records_id, DIGITS, { sent: 2, contacts: 1 });
      await prepare(party);
      const [listed, suppressed] = [await blacklist(party), await isSuppressed(party)];
      const reference = await forget(url, party.key, { number: DIGITS, grace_minutes: 30 });
      expect(await isSuppressed(party)).toBe(true);
      // The same number again is the same request.
      expect(await forget(url, party.key, { number: DIGITS })).toBe(reference);
      const row = await hand.row(reference);
      expect(row.due_at.getTime() - row.created_at.getTime()).toBe(24 * 60 * MINUTE_MS);
      expect(row.not_before.getTime() - row.created_at.getTime()).toBe(30 * MINUTE_MS);
      // Nobody may begin, and nobody begins before.
      const outcome = await hand.erase(party.account, reference);
      expect([outcome, (await hand.row(reference)).state]).toEqual(['later', 'accepted']);
      expect(await show(party, reference)).toMatchObject({
        state: 'accepted',
        masked: MASKED,
        why: 'It can still be cancelled, and begins then',
        waits_for: { what: 'grace' },
        can: { retry: false, cancel: true },
      });
      const { body } = await call(url, `/gdpr/status?reference=${reference}`, { key: party.key });
      expect(body).toMatchObject({ state: 'accepted', until: Math.floor(row.not_before.getTime() / 1000) });

      const cancelled = await post(`/requests/${reference}/cancel`, party);
      expect(cancelled.body).toMatchObject({ state: 'cancelled', can: { retry: false, cancel: false } });
      expect(cancelled.body).not.toHaveProperty('masked');
      expect(await blacklist(party)).toEqual(listed);
      expect(await isSuppressed(party)).toBe(suppressed);
      const after = await hand.row(reference);
      for (const name of ['sealed', 'unfinished', 'suppressed_before']) expect(after).not.toHaveProperty(name);
      const [entry] = await db.collection('lethe_audit').find({ account_id: party.account._id, reference }).toArray();
      expect(entry).toMatchObject({ action: 'request.cancel', actor: keyIdOf(party) });
      expect((await call(url, `/gdpr/status?reference=${reference}`, { key: party.key })).body).toMatchObject({
        state: 'cancelled',
        msg: 'The request was cancelled: nothing was removed',
      });
      expect((await post(`/requests/${reference}/cancel`, party)).status).toBe(409);
      // Who asks for the number is told what there was before it.
      const standing = await call(url, '/gdpr/status', { key: party.key, body: { number: DIGITS } });
      expect(standing.body.state).toBe(before.startsWith('the tombstone') ? 'gone' : 'never_asked');
      // Asked again, it is a new request, and is carried out.
      const next = await forget(url, party.key, { number: DIGITS });
      expect(next).not.toBe(reference);
      expect(await turn(party, next)).toMatchObject({ state: 'completed' });
      expect(await isSuppressed(party)).toBe(true);
    });

    it('cannot be cancelled once a worker has it, nor without a grace', async () => {
      const party = await fresh();
      await insertRecords(db, party.account.records_id, DIGITS, { sent: 1 });
      const reference = await forget(url, party.key, { number: DIGITS, grace_minutes: 1 });
      await requestsOf(db).updateOne(
        { reference },
        { $set: { state: 'sweeping', lease: { owner: 'w', until: new Date(Date.now() + MINUTE_MS) } } },
      );
      expect((await post(`/requests/${reference}/cancel`, party)).body).toMatchObject({
        error: 'not_now',
        msg: expect.stringMatching(/begun/),
      });
      const other = await fresh();
      await insertRecords(db, other.account.records_id, DIGITS, { sent: 1 });
      const plain = await forget(url, other.key, { number: DIGITS });
      expect((await post(`/requests/${plain}/cancel`, other)).status).toBe(409);
      for (const grace_minutes of [-1, 1441, 'soon'])
        expect(
          (await call(url, '/gdpr/forget', { key: other.key, body: { number: DIGITS, grace_minutes } })).status,
        ).toBe(400);
    });

    it('is swept when the grace is over', async () => {
      const party = await fresh();
      await insertRecords(db, party.account.records_id, DIGITS, { sent: 1 });
      const reference = await forget(url, party.key, { number: DIGITS, grace_minutes: 5 });
      expect(await turn(party, reference)).toMatchObject({ state: 'completed', erased: { sent_sms: 1 } });
    });
  });

  describe('in lists', () => {
    const at = (minutes: number) => new Date(Date.UTC(2026, 0, 1, 0, minutes));
    let serial = 0;
    const put = async ({ account, key }: Party, change: Partial<ErasureRequest> = {}) => {
      serial += 1;
      const reference = `list${String(serial).padStart(11, '0')}`;
      await requestsOf(db).insertOne({
        ...{ reference, account_id: account._id, profile: 'forget', selector: { by: 'number' }, token: `t${serial}` },
        ...{
          state: 'accepted',
          unfinished: true,
          keep_suppression: true,
          requested_by: keyIdOf({ key }),
          failures: 0,
          erased: {},
        },
        ...{
          created_at: at(serial),
          due_at: at(serial + 1_440),
          not_before: new Date(0),
          look_at: at(serial),
          generation: 1,
        },
        ...change,
      } as ErasureRequest);
      if (change.completed_at) await requestsOf(db).updateOne({ reference }, { $unset: { unfinished: '' } });
      return reference;
    };
    const done: Partial<ErasureRequest> = { state: 'completed', completed_at: at(3_000) };
    const list = async ({ key }: Party, query: string) => {
      const answer = await call(url, `/requests?${query}`, { key });
      expect({ query, status: answer.status, text: answer.status === 200 || answer.text }).toEqual({
        query,
        status: 200,
        text: true,
      });
      return answer.body as { items: Record<string, unknown>[]; next?: string };
    };
    const references = (items: Record<string, unknown>[]) => items.map(({ reference }) => reference);
    const all = async (party: Party, query: string) => {
      const found: unknown[] = [];
      let next: string | undefined;
      do {
        const page = await list(party, `${query}&limit=3${next ? `&cursor=${next}` : ''}`);
        found.push(...references(page.items));
        ({ next } = page);
      } while (next !== undefined);
      return found;
    };
    let open: string[];
    let finished: string[];
    let failed: string;
    let waiting: string;
    let foreign: string;
    beforeAll(async () => {
      open = [];
      for (let index = 0; index < 5; index += 1) open.push(await put(index % 2 ? sub : agency));
      // Several of one moment: a page must not lose any of them.
      for (let index = 0; index < 4; index += 1)
        open.push(await put(agency, { due_at: at(1_500), created_at: at(60) }));
      const failure = {
        name: 'refused',
        where: 'sent_sms.to (_id 1)',
        count: 2,
        at: at(10),
        records: [{ name: 'refused', where: 'sent_sms.to', id: '1' }],
      } as const;
      failed = await put(sub, {
        state: 'failed',
        failure,
        attempts: [failure],
        due_at: at(1_600),
        not_before: new Date(Date.now() + MINUTE_MS),
      });
      waiting = await put(agency, {
        state: 'waiting',
        wait: 'scheduled',
        wait_until: at(9_000_000),
        not_before: at(9_000_000),
        due_at: at(8_000_000),
      });
      finished = [await put(agency, done), await put(sub, { ...done, profile: 'interaction' })];
      foreign = await put(stranger);
    });

    it('by deadline: page after page, without a gap or a repeat', async () => {
      const expected = [...open, failed, waiting];
      expect(await all(agency, 'sort=due')).toEqual(expected);
      expect(await all(agency, 'sort=due&overdue=true')).toEqual([...open, failed]);
      expect(await all(sub, 'sort=due')).toEqual([open[1], open[3], failed]);
      expect(await all(agency, `sort=due&account=${sub.account._id}`)).toEqual([open[1], open[3], failed]);
    });

    it('by what is asked for', async () => {
      expect(references((await list(agency, 'failed=true')).items)).toEqual([failed]);
      expect(references((await list(agency, 'state=failed')).items)).toEqual([failed]);
      expect(references((await list(agency, 'waiting=true')).items)).toEqual([waiting]);
      expect(references((await list(agency, 'state=completed')).items)).toEqual([...finished].reverse());
      expect(references((await list(agency, 'profile=interaction')).items)).toEqual([finished[1]]);
      const newest = await all(agency, 'sort=newest');
      expect(newest).toHaveLength(open.length + 4);
      expect(newest.slice(0, 4)).toEqual([...open.slice(5)].reverse());
      expect(await all(agency, 'sort=newest&from=2026-01-01T00:02:00Z&to=2026-01-01T00:04:00Z')).toEqual([
        open[2],
        open[1],
      ]);
    });

    it('says why, until when and how it stands to its deadline', async () => {
      const [item] = (await list(agency, 'failed=true')).items;
      expect(item).toMatchObject({
        ...{
          reference: failed,
          account: sub.account._id,
          profile: 'forget',
          state: 'failed',
          deadline_state: 'overdue',
        },
        failed: { code: 'refused', where: 'sent_sms.to (_id 1)', count: 2 },
        why: expect.stringMatching(/^A unique index .* \(refused\): sent_sms\.to/),
        until: expect.any(String),
      });
      const details = await show(agency, failed);
      expect(details).toMatchObject({
        attempts: [{ code: 'refused', ids: ['1'], count: 2, plain: expect.stringContaining('unique index') }],
        can: { retry: true, cancel: false },
        requested_by: keyIdOf(sub),
      });
      expect((details.timeline as { what: string }[]).map(({ what }) => what)).toEqual([
        'accepted',
        'suppressed',
        'failed',
      ]);
      expect(await show(agency, waiting)).toMatchObject({
        waits_for: { what: 'scheduled_messages', until: at(9_000_000).toISOString() },
        deadline_state: 'on_track',
      });
    });

    it("another's request is none, whatever is asked of it", async () => {
      for (const path of [`/requests/${foreign}`, '/requests/none', `/requests?account=${stranger.account._id}`])
        expect((await call(url, path, { key: agency.key })).status).toBe(404);
      for (const what of ['retry', 'cancel'])
        expect((await post(`/requests/${foreign}/${what}`, sub)).status).toBe(404);
      for (const query of ['limit=0', 'limit=201', 'cursor=x', 'sort=up', 'state=gone', 'overdu=true', 'from=soon'])
        expect((await call(url, `/requests?${query}`, { key: agency.key })).status).toBe(400);
    });

    it('retries one, and many: each is told of by itself', async () => {
      const before = await hand.row(failed);
      expect((await post(`/requests/${failed}/retry`, agency)).status).toBe(200);
      expect((await hand.row(failed)).generation).toBe(before.generation + 1);
      const answer = await post('/requests/retry', agency, { references: [failed, finished[0], foreign] });
      expect(answer.body).toEqual({
        retried: [failed],
        refused: [
          { reference: finished[0], why: 'the request is completed' },
          { reference: foreign, why: 'no request of this account has this reference' },
        ],
      });
    });
  });

  it('keeps the last twenty failed attempts, and forgets a cause that is cured', async () => {
    const party = await fresh();
    await insertRecords(db, party.account.records_id, DIGITS, { contacts: 1 });
    await db
      .collection('sent_sms')
      .createIndex({ campaign: 1, to: 1 }, { unique: true, partialFilterExpression: { campaign: { $gt: '' } } });
    const own = { account_id: party.account.records_id, campaign: 'c' };
    await db.collection('sent_sms').insertMany([
      { ...own, to: MASKED },
      { ...own, to: DIGITS, body: 'x' },
    ]);
    const reference = await forget(url, party.key, { number: DIGITS });
    for (let tries = 0; tries < 22; tries += 1) await turn(party, reference);
    const failed = await show(party, reference);
    expect(failed).toMatchObject({ failures: 22, state: 'failed', erased: { contacts: 1 } });
    expect(failed.attempts).toHaveLength(20);
    await db.collection('sent_sms').deleteOne({ ...own, to: MASKED });
    await db.collection('scheduled_sms').insertOne({
      ...{ account_id: party.account.records_id, to: DIGITS, status: 'pending' },
      send_at: new Date(Date.now() + 60 * MINUTE_MS),
    });
    await turn(party, reference);
    const waits = await show(party, reference);
    expect(waits).toMatchObject({ state: 'waiting', why: 'Messages to the number are scheduled: they are sent first' });
    expect(waits).not.toHaveProperty('failed');
    expect(waits.attempts).toHaveLength(20);
    expect(phoneNumber(DIGITS)).not.toBe(waits.masked);
  });
});
