import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AUDIT, type AuditEntry, createAuditSeal } from '../../../src/ledger/audit/entry.ts';
import { verifyAudit } from '../../../src/ledger/audit/verify.ts';
import { type MongoProxy, startMongoProxy } from '../../support/chaos-mongo.ts';
import { expectStatus, expectStatuses } from '../../support/expect-status.ts';
import { phoneNumber } from '../../support/numbers.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { openProcesses, type TestProcess } from '../../support/processes.ts';
import { findTraces } from '../../support/traces.ts';
import { basic, ERRORS_AT, insertTransactions, OLD, PERSON, redact } from '../../support/transactions.ts';
import { waitFor } from '../../support/wait-for.ts';
import { call } from '../../support/wire.ts';

type Api = TestProcess & { readonly url: string };

/** What only API processes of their own can show. */
describe('redaction, by two API processes', () => {
  const processes = openProcesses();
  let platform: Platform;
  let apis: Api[];

  beforeAll(async () => {
    platform = await openPlatform('transaction-processes', {
      LOG_LEVEL: 'debug',
      RATE_LIMIT_PER_SECOND: '0',
      REDACT_RATE_LIMIT: '0',
    });
    await platform.core.db.collection('sent_sms').createIndex({ account_id: 1, message_id: 1 });
    apis = await Promise.all([processes.api(platform.env), processes.api(platform.env)]);
  });
  afterAll(async () => {
    await processes.endAll();
    await platform?.close();
  });

  const urlOf = (index: number) => apis[index % apis.length]?.url ?? '';
  const entries = (account: string) =>
    platform.core.db.collection<AuditEntry>(AUDIT).find({ account_id: account }).sort({ seq: 1 }).toArray();
  const expectWholeChain = async (account: string) => {
    const faults = verifyAudit(platform.core.db, createAuditSeal(platform.config.LETHE_TOKEN_KEYS), account);
    expect((await faults.next()).done).toBe(true);
  };

  it('sixty of one account at once: all masked, each in the audit once', async () => {
    const { account, key } = await platform.account();
    const sent = platform.core.db.collection('sent_sms');
    const ids = Array.from({ length: 60 }, (_, index) => `m-${index}`);
    await sent.insertMany(
      ids.map((id) => ({ account_id: account.records_id, message_id: id, to: PERSON, body: 'Hi', sent_at: OLD })),
    );
    const answers = await Promise.all(ids.map((id, index) => redact(urlOf(index), key, { id, product: 'sms' })));
    expectStatuses(
      answers,
      ids.map(() => 204),
    );
    expect(await sent.countDocuments({ account_id: account.records_id, to: 'REDACTED' })).toBe(60);
    const written = await entries(account._id);
    expect(written.map((entry) => entry.reference).sort()).toEqual([...ids].sort());
    await expectWholeChain(account._id);
  });

  it('one transaction twenty times at once: all are told 204, and it happened once', async () => {
    const { account, key } = await platform.account();
    await insertTransactions(platform, account.records_id);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => redact(urlOf(index), key, { id: 'out-1', product: 'sms' })),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([204]));
    expect((await entries(account._id)).map((entry) => entry.counts)).toEqual([{ sent_sms: 1 }]);
    await expectWholeChain(account._id);
  });

  it('the rate is counted over both, for each account, and apart from other calls', async () => {
    const env = { ...platform.env, RATE_LIMIT_PER_SECOND: '1', REDACT_RATE_LIMIT: '2' };
    const limited = await Promise.all([processes.api(env), processes.api(env)]);
    const [one, other] = [await platform.account(), await platform.account()];
    for (const { account } of [one, other]) await insertTransactions(platform, account.records_id);
    const ask = (key: string, index: number) =>
      redact(limited[index % 2]?.url ?? '', key, { id: 'out-1', product: 'sms' });
    const began = Math.floor(Date.now() / 1000);
    const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => ask(one.key, index)));
    const seconds = Math.floor(Date.now() / 1000) - began + 1;
    const passed = answers.filter((answer) => answer.status === 204);
    const refused = answers.filter((answer) => answer.status === 429);
    expect(passed.length + refused.length).toBe(40);
    // Two a second and not one: the general limit is another count.
    expect(passed.length).toBeGreaterThanOrEqual(2);
    expect(passed.length).toBeLessThanOrEqual(2 * seconds);
    for (const { headers, body } of refused) {
      expect(headers['retry-after']).toBe('1');
      expect(body).toEqual({
        type: `${ERRORS_AT}/redact#rate-limit`,
        title: 'Rate Limit Hit',
        detail: 'Please wait, then retry your request',
        instance: expect.stringMatching(/^[0-9a-f]{32}$/),
      });
    }
    expectStatus(await ask(other.key, 0), 204);
  });

  describe('while MongoDB is away', () => {
    let proxy: MongoProxy;
    afterAll(() => proxy?.close());

    it('503 with Retry-After and nothing done, 204 when it is back', async () => {
      proxy = await startMongoProxy(platform.config.MONGODB_URI);
      const api = await processes.api({ ...platform.env, MONGODB_URI: proxy.uri });
      const { account, key } = await platform.account();
      await insertTransactions(platform, account.records_id);
      const ask = () => redact(api.url, key, { id: 'out-1', product: 'sms' });
      proxy.refuse();
      const away = await ask();
      expect([away.status, away.headers['retry-after']]).toEqual([503, '5']);
      expect(away.body).toEqual({
        type: `${ERRORS_AT}#service-unavailable`,
        title: 'Service Unavailable',
        detail: 'The database cannot keep a promise just now. Try again.',
        instance: expect.stringMatching(/^[0-9a-f]{32}$/),
      });
      const legs = await call(api.url, '/v0.1/legs/x', { method: 'DELETE', key });
      expect([legs.status, legs.body.title]).toEqual([503, 'Service Unavailable']);
      expect(await entries(account._id)).toEqual([]);
      proxy.pass();
      await waitFor('a redaction', async () => (await ask()).status === 204);
      expect((await entries(account._id)).length).toBe(1);
    });
  });

  it('neither key nor number is in a log, and every refusal is found there by its instance', async () => {
    const { account, key } = await platform.account();
    await insertTransactions(platform, account.records_id);
    await platform.core.db
      .collection('sent_sms')
      .insertOne({ account_id: account.records_id, message_id: PERSON, to: PERSON, sent_at: OLD });
    const [id = '', secret = ''] = key.split('.');
    const query = `?api_key=${id}&api_secret=${secret}`;
    const [api] = apis;
    if (!api) throw new Error('no API');
    const path = '/v1/redact/transaction';
    const answers = [
      await call(api.url, path + query, { body: { id: PERSON, product: 'sms' } }),
      await call(api.url, path + query, { body: { id: `0${PERSON.slice(2)}`, product: 'sms' } }),
      await call(api.url, path + query, { body: { id: PERSON, product: PERSON } }),
      await call(api.url, path + query, { body: `{"id": ${PERSON}x` }),
      await call(api.url, `${path + query}x`, { body: { id: PERSON, product: 'sms' } }),
      await call(api.url, `/v1/redact/${PERSON}${query}`, { body: {} }),
      await redact(api.url, `${key}x`, { id: PERSON, product: 'sms' }),
      await call(api.url, `/v0.1/legs/${PERSON}`, { method: 'DELETE', key }),
      await call(api.url, `/v0.1/users/${encodeURIComponent(`+${PERSON}`)}`, { method: 'DELETE', key }),
      await call(api.url, `/v0.1/users/${PERSON}`, { method: 'PUT', key, body: { name: 'x', properties: PERSON } }),
      await call(api.url, `/v0.1/conversations/${PERSON}/events/${PERSON}`, { method: 'DELETE', key }),
      await call(api.url, `/v3/media/${PERSON}%`, { method: 'DELETE', key }),
      await call(api.url, `/v0.1/legs?conversation_uuid=${PERSON}&page_size=${PERSON}`, { key }),
    ];
    expect(answers.map((answer) => answer.status)).toEqual([
      204, 404, 422, 422, 401, 404, 401, 404, 404, 422, 404, 404, 422,
    ]);
    const instances = answers.flatMap(({ body, headers }) =>
      typeof body.instance === 'string' ? [{ instance: body.instance, request_id: headers['x-request-id'] }] : [],
    );
    expect(instances).toHaveLength(10);
    const lineOf = (instance: string) =>
      api
        .output()
        .split('\n')
        .find((line) => line.includes(instance));
    for (const { instance, request_id } of instances) {
      const line = await waitFor('a line', () => lineOf(instance));
      expect(JSON.parse(line)).toMatchObject({ message: 'request refused', instance, request_id });
    }
    for (const { output } of apis) expect(output()).not.toContain(secret);
    expect(apis.some(({ output }) => output().includes(basic(key).slice(6)))).toBe(false);
    const texts = [...apis.map((one) => one.output()), ...answers.map((one) => JSON.stringify(one.headers) + one.text)];
    const audit = JSON.stringify(await entries(account._id));
    expect(
      findTraces(
        [...texts, audit].map((text) => ['a text', text]),
        [phoneNumber(PERSON)],
      ),
    ).toEqual([]);
  });
});
