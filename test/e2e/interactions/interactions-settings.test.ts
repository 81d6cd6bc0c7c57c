import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { AUDIT, type AuditEntry, createAuditSeal } from '../../../src/ledger/audit/entry.ts';
import { verifyAudit } from '../../../src/ledger/audit/verify.ts';
import { endRedis } from '../../support/end-redis.ts';
import { expectStatus, expectStatuses } from '../../support/expect-status.ts';
import { makeAgency } from '../../support/interactions.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { snapshotDatabase, snapshotRedis } from '../../support/snapshot.ts';
import { call, sendRaw } from '../../support/wire.ts';

type Made = Awaited<ReturnType<typeof makeAgency>>;
const FORBIDDEN = { error: { code: 403, msg: 'The agency does not allow redaction in its sub-accounts' } };
const NOT_FOUND = { error: { code: 404, msg: 'Not found' } };

describe('/accounts/{id}/redaction', () => {
  let platform: Platform;
  let url: string;
  let made: Made;
  let queue: Queue;
  let redis: Redis;

  beforeAll(async () => {
    platform = await openPlatform('e2e-settings', { RATE_LIMIT_PER_SECOND: '0' });
    ({ url } = await platform.startApi());
    redis = new Redis(platform.config.REDIS_URL, { maxRetriesPerRequest: null });
    queue = new Queue('housekeeping', { connection: redis, prefix: `{${platform.config.QUEUE_PREFIX}}` });
  });
  beforeEach(async () => {
    made = await makeAgency(platform, 'America/New_York');
  });
  afterAll(async () => {
    await queue?.close();
    if (redis) await endRedis(redis);
    await platform?.close();
  });

  const path = (who: keyof Made) => `/accounts/${made[who].account._id}/redaction`;
  const get = (by: keyof Made, of: keyof Made) => call(url, path(of), { key: made[by].key });
  const patch = (by: keyof Made, of: keyof Made, body: object | string) =>
    call(url, path(of), { method: 'PATCH', key: made[by].key, body });
  const scheduleOf = (of: keyof Made) => queue.getJobScheduler(`redact-due-${made[of].account._id}`);
  const auditOf = async (of: keyof Made) =>
    (
      await platform.core.db
        .collection<AuditEntry>(AUDIT)
        .find({ account_id: made[of].account._id })
        .sort({ seq: 1 })
        .toArray()
    ).map(({ action, reason, actor }) => ({ action, reason, actor }));

  it('says what is set, and what of it is in force', async () => {
    expect((await get('agency', 'agency')).body).toEqual({
      account: made.agency.account._id,
      agency: null,
      allow_sub_accounts: false,
      manual: false,
      automatic: 'off',
      time_zone: 'America/New_York',
      effective: { manual: false, automatic: 'off' },
    });
    expect((await get('sub', 'sub')).body).toEqual({
      account: made.sub.account._id,
      agency: made.agency.account._id,
      manual: false,
      automatic: 'off',
      time_zone: 'America/New_York',
      effective: { manual: false, automatic: 'off' },
    });
  });

  it("a PATCH as bytes on the wire, and one schedule in the account's zone", async () => {
    const body = '{"allow_sub_accounts":true}';
    const answer = await sendRaw(
      url,
      `PATCH ${path('agency')} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${made.agency.key}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect({ status: answer.status, allows: answer.body.allow_sub_accounts }).toEqual({ status: 200, allows: true });
    for (const automatic of ['daily', 30, 60, 90]) {
      const changed = await patch('sub', 'sub', { automatic });
      expectStatus(changed, 200);
      expect(changed.body).toMatchObject({ automatic, effective: { automatic, manual: false } });
      expect(await scheduleOf('sub')).toMatchObject({
        pattern: '0 0,1 * * *',
        tz: 'America/New_York',
        name: 'redact-due',
      });
    }
    await patch('sub', 'sub', { time_zone: 'Asia/Beirut' });
    expect(await scheduleOf('sub')).toMatchObject({
      tz: 'Asia/Beirut',
      template: { data: { account: made.sub.account._id } },
    });
    await patch('sub', 'sub', { automatic: 'off' });
    expect(await scheduleOf('sub')).toBeUndefined();
  });

  it('a sub-account may not turn on what its agency does not allow, and may turn off', async () => {
    for (const body of [{ manual: true }, { automatic: 'daily' }, { automatic: 30, manual: false }]) {
      for (const by of ['sub', 'agency'] as const) {
        const answer = await patch(by, 'sub', body);
        expect({ status: answer.status, body: answer.body }).toEqual({ status: 403, body: FORBIDDEN });
      }
    }
    expectStatus(await patch('sub', 'sub', { manual: false, automatic: 'off' }), 200);
    expect((await patch('sub', 'sub', { time_zone: 'Europe/Paris' })).body.time_zone).toBe('Europe/Paris');
    expect(await scheduleOf('sub')).toBeUndefined();
  });

  it('what is set stops being in force when the agency allows it no more, and is kept', async () => {
    await patch('agency', 'agency', { allow_sub_accounts: true });
    await patch('agency', 'sub', { manual: true, automatic: 60 });
    expect((await get('sub', 'sub')).body).toMatchObject({ effective: { manual: true, automatic: 60 } });
    await patch('agency', 'agency', { allow_sub_accounts: false });
    const forbidden = { manual: true, automatic: 60, effective: { manual: false, automatic: 'off' } };
    expect((await get('sub', 'sub')).body).toMatchObject(forbidden);
    expectStatus(await patch('sub', 'sub', { manual: true }), 403);
    await patch('agency', 'agency', { allow_sub_accounts: true });
    expect((await get('sub', 'sub')).body).toMatchObject({ effective: { manual: true, automatic: 60 } });
  });

  it('an agency decides for itself without allowing anybody anything', async () => {
    const answer = await patch('agency', 'agency', { manual: true, automatic: 90 });
    expect(answer.body).toMatchObject({ allow_sub_accounts: false, effective: { manual: true, automatic: 90 } });
  });

  it('another account is not there: no telling which', async () => {
    await patch('agency', 'agency', { allow_sub_accounts: true });
    const reaches: [keyof Made, keyof Made][] = [
      ['sub', 'agency'],
      ['sub', 'sibling'],
      ['stranger', 'agency'],
      ['stranger', 'sub'],
      ['agency', 'stranger'],
    ];
    for (const [by, of] of reaches) {
      for (const answer of [await get(by, of), await patch(by, of, { manual: true })])
        expect({ by, of, status: answer.status, body: answer.body }).toEqual({ by, of, status: 404, body: NOT_FOUND });
    }
    expectStatus(await get('agency', 'sibling'), 200);
    expect((await get('stranger', 'stranger')).body.manual).toBe(false);
  });

  it('every change is in the audit of the account it is about, once', async () => {
    const { keyId } = { keyId: made.agency.key.split('.')[0] };
    await patch('agency', 'agency', { allow_sub_accounts: true });
    await patch('agency', 'sub', { manual: true, automatic: 30 });
    await patch('agency', 'sub', { manual: true, automatic: 30 });
    await patch('sub', 'sub', { automatic: 'off', time_zone: 'Europe/Paris' });
    expect(await auditOf('agency')).toEqual([
      { action: 'settings.change', reason: 'redaction allow_sub_accounts: false -> true', actor: keyId },
    ]);
    expect(await auditOf('sub')).toEqual([
      { action: 'settings.change', reason: 'redaction manual: false -> true, automatic: off -> 30', actor: keyId },
      {
        action: 'settings.change',
        reason: 'redaction automatic: 30 -> off, time_zone: America/New_York -> Europe/Paris',
        actor: made.sub.key.split('.')[0],
      },
    ]);
  });

  it('changes side by side are all made and all audited', async () => {
    const changes = [{ manual: true }, { automatic: 30 }, { time_zone: 'Europe/Paris' }, { allow_sub_accounts: true }];
    const answers = await Promise.all(changes.map((body) => patch('agency', 'agency', body)));
    expectStatuses(answers, [200, 200, 200, 200]);
    expect((await get('agency', 'agency')).body).toMatchObject({
      manual: true,
      automatic: 30,
      time_zone: 'Europe/Paris',
      allow_sub_accounts: true,
    });
    expect(await auditOf('agency')).toHaveLength(4);
    const seal = createAuditSeal(platform.config.LETHE_TOKEN_KEYS);
    const faults: unknown[] = [];
    for await (const fault of verifyAudit(platform.core.db, seal, made.agency.account._id)) faults.push(fault);
    expect(faults).toEqual([]);
  });

  it('takes the change with Redis away: workers set the schedule later', async () => {
    const { url: alone, close } = await platform.startApi({ REDIS_URL: 'redis://127.0.0.1:1' });
    const answer = await call(alone, path('agency'), {
      method: 'PATCH',
      key: made.agency.key,
      body: { automatic: 30 },
    });
    await close();
    expect(answer.body).toMatchObject({ effective: { automatic: 30 } });
  });

  describe('refuses, and changes nothing', () => {
    const bad: [string, unknown, RegExp, number?][] = [
      ['nothing', {}, /one of allow_sub_accounts, manual, automatic, time_zone is needed/],
      ['unknown fields only', { colour: 'red', $set: { manual: true } }, /^colour is not known here; a field/],
      ['__proto__', '{"__proto__":{"manual":true}}', /__proto__ is not known/],
      ['manual: "true"', { manual: 'true' }, /manual must be true or false/],
      ['manual: 1', { manual: 1 }, /manual must be/],
      ['manual: null', { manual: null }, /manual must be/],
      ['manual: an operator', { manual: { $ne: null } }, /manual must be/],
      ['allow_sub_accounts: []', { allow_sub_accounts: [] }, /allow_sub_accounts must be/],
      ['automatic: "30"', { automatic: '30' }, /automatic must be/],
      ['automatic: 31', { automatic: 31 }, /automatic must be/],
      ['automatic: 30.5', { automatic: 30.5 }, /automatic must be/],
      ['automatic: true', { automatic: true }, /automatic must be/],
      ['automatic: "weekly"', { automatic: 'weekly' }, /automatic must be/],
      ['automatic: ["daily"]', { automatic: ['daily'] }, /automatic must be/],
      ['a time zone that does not exist', { time_zone: 'Mars/Base' }, /time_zone must be a name of the IANA/],
      ['an empty time zone', { time_zone: '' }, /time_zone must be/],
      ['a time zone of 10,000 characters', { time_zone: 'Europe/'.padEnd(9_000, 'x') }, /time_zone must be/],
      ['a number as time zone', { time_zone: 1 }, /time_zone must be/],
      ['one good and one bad', { manual: true, automatic: 7 }, /automatic must be/],
      ['a list', '[{"manual":true}]', /object of fields/, 400],
      ['null', 'null', /object of fields/, 400],
      ['broken JSON', '{"manual":tru', /not JSON/, 400],
      ['a megabyte', '{"manual":true}'.padEnd(1_000_000), /larger than 10 kB/, 413],
    ];
    it.each(bad)('%s', async (_name, body, says, status = 422) => {
      const before = [await snapshotDatabase(platform), await snapshotRedis(platform)];
      const answer = await patch('agency', 'agency', body as object | string);
      expect({ status: answer.status, body: answer.body }).toEqual({
        status,
        body: { error: { code: status, msg: expect.stringMatching(says) } },
      });
      expect([await snapshotDatabase(platform), await snapshotRedis(platform)]).toEqual(before);
    });

    it('allow_sub_accounts of a sub-account', async () => {
      const answer = await patch('sub', 'sub', { allow_sub_accounts: true });
      expect(answer.body).toEqual({ error: { code: 422, msg: 'allow_sub_accounts is for agencies only' } });
    });

    it('no body, other methods, and callers without a key', async () => {
      const key = made.agency.key;
      expectStatus(await call(url, path('agency'), { method: 'PATCH', key }), 422);
      for (const method of ['POST', 'PUT', 'DELETE']) {
        const answer = await call(url, path('agency'), { method, key, body: { manual: true } });
        expect({ status: answer.status, allow: answer.headers.allow }).toEqual({
          status: 405,
          allow: 'GET, HEAD, PATCH',
        });
      }
      const wrong = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
      for (const one of [undefined, wrong, 'x']) {
        const answer = await call(url, path('agency'), {
          method: 'PATCH',
          body: { manual: true },
          ...(one !== undefined && { key: one }),
        });
        expect({ status: answer.status, body: answer.body }).toEqual({
          status: 401,
          body: { error: { code: 401, msg: 'Unauthorized' } },
        });
      }
      expect((await get('agency', 'agency')).body.manual).toBe(false);
    });

    it.each([
      'x',
      'acc_',
      'acc_AAAAAAAAAAAA',
      '%7B%22$ne%22:null%7D',
      'acc_AAAAAAAAAAAA%00',
      'a'.repeat(10_000),
      '__proto__',
    ])('an account called %.40s', async (id) => {
      const answer = await call(url, `/accounts/${id}/redaction`, { key: made.agency.key });
      expect({ status: answer.status, body: answer.body }).toEqual({ status: 404, body: NOT_FOUND });
    });
  });
});
