import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { requestsOf } from '../../../src/ledger/requests/ledger.ts';
import { expectStatus, expectStatuses } from '../../support/expect-status.ts';
import { askToForget, untilCompleted } from '../../support/forget.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../support/records.ts';
import { type Answer, call } from '../../support/wire.ts';

const REFUSED = { error: { code: 76, msg: 'Cannot use this number' } };

describe('the same number more than once', () => {
  let platform: Platform;
  let url: string;
  let key: string;
  let account: Awaited<ReturnType<Platform['account']>>['account'];

  beforeAll(async () => {
    platform = await openPlatform('e2e-repeat', { RATE_LIMIT_PER_SECOND: '0' });
    await indexPlatform(platform.core.db);
    ({ url } = await platform.startApi());
    ({ account, key } = await platform.account());
  });
  afterAll(() => platform?.close());

  const ask = (body: object): Promise<Answer> => askToForget(url, key, body);
  const isBlacklisted = async (number: number) =>
    (await call(url, '/blacklist/check', { key, body: { number } })).body.blacklisted;
  const put = (digits: number) =>
    insertRecords(platform.core.db, account.records_id, String(digits), { contacts: 1, sent: 2 });
  const rows = () => platform.core.db.collection('blacklist').find({ account_id: account.records_id }).toArray();
  const ledger = (reference: unknown) =>
    requestsOf(platform.core.db).findOne({ account_id: account._id, reference: String(reference) });
  const completed = (answer: Answer) => untilCompleted(platform, String(answer.body.reference));

  describe('while the first is unfinished', () => {
    it.each([
      ['the same again', {}],
      ['as a string', { number: '447700900101' }],
      ['with another wish for the blacklist', { blacklist: true }],
    ])('%s: the first reference and time', async (_name, change) => {
      await put(447700900101);
      const first = await ask({ number: 447700900101 });
      const second = await ask({ number: 447700900101, ...change });
      expect([second.status, second.body]).toEqual([200, first.body]);
    });

    it('ten at the same instant are one request and one suppression', async () => {
      await put(447700900102);
      const before = (await rows()).length;
      const answers = await Promise.all(Array.from({ length: 10 }, () => ask({ number: 447700900102 })));
      expectStatuses(answers, Array(10).fill(200));
      expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
      expect(await rows()).toHaveLength(before + 1);
      const token = (await ledger(answers[0]?.body.reference))?.token;
      expect(await requestsOf(platform.core.db).countDocuments({ account_id: account._id, token: token ?? '' })).toBe(
        1,
      );
    });
  });

  describe('after the first is completed', () => {
    beforeAll(() => platform.startWorker());

    it('nothing on record again: code 76, and the number stays suppressed', async () => {
      await put(447700900111);
      expect(await isBlacklisted(447700900111)).toBe(false);
      const first = await ask({ number: 447700900111 });
      expect(await isBlacklisted(447700900111)).toBe(true);
      await completed(first);
      expect(await isBlacklisted(447700900111)).toBe(true);

      const again = await ask({ number: 447700900111 });
      expect([again.status, again.body]).toEqual([400, REFUSED]);
      expect(await isBlacklisted(447700900111)).toBe(true);
    });

    it('with blacklist: true the kept suppression is reason enough, and the erasure takes it away', async () => {
      await put(447700900112);
      const first = await ask({ number: 447700900112 });
      const before = await completed(first);
      const again = await ask({ number: 447700900112, blacklist: true });
      expectStatus(again, 200);
      expect(again.body.reference).not.toBe(first.body.reference);
      expect((await completed(again)).erased).toEqual({});
      expect(await isBlacklisted(447700900112)).toBe(false);
      expect((await rows()).filter((row) => row.token === before.token)).toEqual([]);

      const third = await ask({ number: 447700900112, blacklist: true });
      expect([third.status, third.body]).toEqual([400, REFUSED]);
    });

    it('new records: a new request with a reference of its own, on the same suppression', async () => {
      await put(447700900113);
      const first = await ask({ number: 447700900113 });
      const done = await completed(first);
      const kept = (await rows()).filter((row) => row.token === done.token);
      await put(447700900113);
      const again = await ask({ number: 447700900113 });
      expect(again.body.reference).not.toBe(first.body.reference);
      expect((await completed(again)).erased).toEqual({ contacts: 1, sent_sms: 2 });
      expect((await rows()).filter((row) => row.token === done.token)).toEqual(kept);
      expect(kept).toHaveLength(1);
      expect(kept[0]).not.toHaveProperty('number');
    });

    it("the platform's own blacklist row is replaced by the suppression, or gone with it", async () => {
      const own = (digits: number) =>
        platform.core.db
          .collection('blacklist')
          .insertOne({ account_id: account.records_id, number: String(digits), reason: 'STOP' });
      await Promise.all([own(447700900114), own(447700900115)]);
      const count = (await rows()).length;
      await completed(await ask({ number: 447700900114 }));
      await completed(await ask({ number: 447700900115, blacklist: true }));
      expect([await isBlacklisted(447700900114), await isBlacklisted(447700900115)]).toEqual([true, false]);
      const left = await rows();
      expect(left).toHaveLength(count - 1);
      expect(JSON.stringify(left)).not.toMatch(/44770090011[45]/);
    });

    it('a suppression from before outlives a request that fails to be one', async () => {
      const answer = await ask({ number: 447700900119 });
      expect(answer.body).toEqual(REFUSED);
      expect(await isBlacklisted(447700900119)).toBe(false);
    });
  });
});
