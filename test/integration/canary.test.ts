import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import mongoose from 'mongoose';
import { deliveriesOf } from '../../src/ledger/webhooks/deliveries.ts';
import { endRedis } from '../support/end-redis.ts';
import { forget, untilCompleted, untilRequest } from '../support/forget.ts';
import { SUPPRESSION_LIST, writeMap } from '../support/map-file.ts';
import { phoneNumber } from '../support/numbers.ts';
import { OPENDSR_DOMAIN, setUpOpendsr } from '../support/opendsr.ts';
import { openPlatform, type Platform } from '../support/platform.ts';
import { openProcesses, type TestProcess } from '../support/processes.ts';
import { indexPlatform, insertRecords } from '../support/records.ts';
import { type Found, findTraces, readDatabase, readRedis } from '../support/traces.ts';
import { waitFor } from '../support/wait-for.ts';
import { type Answer, call, sendRaw } from '../support/wire.ts';

const { Long, Double, Decimal128 } = mongoose.mongo;

/** Numbers that are on record, and erased. */
const ERASED = {
  everywhere: phoneNumber(447700900811),
  unsuppressed: phoneNumber(447700900822),
  failing: phoneNumber(447700900833),
  waiting: phoneNumber(447700900844),
  twice: phoneNumber(447700900855),
  blacklisted: phoneNumber(447700900866),
};
/** A number nobody has a record of; it comes only in requests. */
const STRAY = phoneNumber(447700900877);
const ALL = [...Object.values(ERASED), STRAY];

const writings = (digits: string) => [
  digits,
  `+${digits}`,
  `00${digits}`,
  `0${digits.slice(2)}`,
  digits.slice(2),
  `+44 ${digits.slice(2, 6)} ${digits.slice(6)}`,
  Long.fromString(digits),
  new Double(Number(digits)),
  Decimal128.fromString(digits),
];

const OPENDSR = '/opendsr/2.0/requests';
const SUBJECT_REQUEST = '5cdd6e3a-9d1c-4f0e-8f0e-1f6d0b8f3a11';
const subjectRequest = (more: object) => ({
  ...{ subject_request_id: SUBJECT_REQUEST, subject_request_type: 'erasure', submitted_time: '2026-02-01T00:00:00Z' },
  subject_identities: [
    { identity_type: 'controller_customer_id', identity_value: ERASED.everywhere, identity_format: 'raw' },
  ],
  // Nobody listens there.
  status_callback_urls: ['http://127.0.0.1:9/'],
  ...more,
});

describe('where the number may not be', () => {
  const opendsr = setUpOpendsr();
  let platform: Platform;
  const processes = openProcesses();
  let api: TestProcess;
  let worker: TestProcess;
  let url: string;
  let key: string;
  let owner: unknown;
  const answers: Found[] = [];

  beforeAll(async () => {
    platform = await openPlatform('canary', {
      ...{ LOG_LEVEL: 'debug', RATE_LIMIT_PER_SECOND: '0', WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8' },
      ...opendsr.env,
    });
    await indexPlatform(platform.core.db);
    // The list of a platform that lets no number stand on it twice.
    await platform.core.db
      .collection('blacklist')
      .createIndex(
        { number: 1, account_id: 1 },
        { unique: true, partialFilterExpression: { number: { $exists: true } } },
      );
    const started = await processes.api(platform.env);
    [api, url] = [started, started.url];
    worker = await processes.worker(platform.env);
    const made = await platform.account();
    [key, owner] = [made.key, made.account.records_id];
  });
  afterAll(async () => {
    await processes.endAll();
    await platform?.close();
    opendsr.remove();
  });

  const keep = (name: string, { status, headers, text }: Answer) => {
    answers.push([`the answer to ${name}`, JSON.stringify({ status, headers }) + text]);
  };
  const everything = async (): Promise<Found[]> => [
    ['the output of the API', api.output()],
    ['the output of the worker', worker.output()],
    ...answers,
    ...(await readDatabase(platform)),
    ...(await readRedis(platform)),
  ];

  it('good requests, to their end', async () => {
    const { db } = platform.core;
    for (const number of Object.values(ERASED)) {
      for (const form of writings(number))
        await insertRecords(db, owner, form, { contacts: 1, lists: 1, sent: 1, received: 1, calls: 2 });
    }
    await db.collection('blacklist').insertOne({ account_id: owner, number: ERASED.blacklisted, reason: 'STOP' });
    // Kept, and known by the number: nobody can erase it, nor say aloud which record it is.
    await db.collection<{ _id: string }>('calls').insertOne({ _id: ERASED.failing, account_id: owner } as never);
    // Records that only a scan finds, known by numbers: its place among them is written down.
    await db.collection('calls').insertMany(
      Array.from({ length: 400 }, (_, index) => ({
        _id: `${ERASED.everywhere}${index}` as never,
        ...{ account_id: owner, from: `Jo <+${ERASED.blacklisted}>`, to: [[ERASED.unsuppressed]] },
      })),
    );
    const { insertedId: pending } = await db.collection('scheduled_sms').insertOne({
      account_id: owner,
      to: ERASED.waiting,
      status: 'pending',
      send_at: new Date(),
    });
    // Before anything is done the search finds them all: it is able to.
    expect(findTraces(await readDatabase(platform), Object.values(ERASED)).length).toBeGreaterThan(100);

    const references = new Map<string, string>();
    for (const [name, number] of Object.entries(ERASED)) {
      const body = { number, ...(name === 'unsuppressed' && { blacklist: true }) };
      keep('sandbox', await call(url, '/gdpr/forget', { key, body: { ...body, sandbox: true } }));
      const answer = await call(url, '/gdpr/forget', { key, body });
      keep(name, answer);
      expect([name, answer.status]).toEqual([name, 200]);
      references.set(name, String(answer.body.reference));
      keep('check', await call(url, '/blacklist/check', { key, body: { number } }));
    }
    const of = (name: string) => references.get(name) ?? '';
    const failed = await untilRequest(platform, of('failing'), 'a failure', (request) => request.state === 'failed');
    expect(failed.failure).toMatchObject({ name: 'number_in_id', where: 'calls._id' });
    // While scans wait and read, too: in none of Lethe's own collections, and in no job.
    const own = (await readDatabase(platform)).filter(([place]) => place.startsWith('lethe_'));
    expect(findTraces([...own, ...(await readRedis(platform))], ALL)).toEqual([]);
    keep('a failed request', await call(url, `/gdpr/status?reference=${of('failing')}`, { key }));
    keep('the list', await call(url, '/gdpr/status?date=today', { key }));
    await db.collection('calls').deleteMany({ _id: /^4477009008/ as never });
    await db.collection('scheduled_sms').updateOne({ _id: pending }, { $set: { status: 'sent' } });
    for (const reference of references.values()) await untilCompleted(platform, reference);
    // Once more, for a number that is a tombstone by now.
    await insertRecords(db, owner, ERASED.twice, { sent: 1 });
    await untilCompleted(platform, await forget(url, key, { number: ERASED.twice }));
    await forgetByOpendsr();
    for (const number of Object.values(ERASED)) {
      keep('check', await call(url, '/blacklist/check', { key, body: { number } }));
      keep('suppressed', await call(url, '/suppressions/check', { key, body: { number } }));
      // These repeat to the caller how the number was read.
      for (const path of ['/gdpr/status', '/gdpr/forget/preview'])
        expect((await call(url, path, { key, body: { number } })).status).toBe(200);
    }
    keep('suppressions', await call(url, '/suppressions', { key }));
    const lifted = { number: ERASED.twice, reason: `asked for by ${ERASED.twice}` };
    keep('lift', await call(url, '/suppressions/lift', { key, body: lifted }));
    keep('lift', await call(url, '/suppressions/lift', { key, body: { ...lifted, reason: 'asked for' } }));
    keep('the list at the end', await call(url, '/gdpr/status?date=today', { key }));
    const receipt = { reference: of('everywhere') };
    keep('a receipt', await call(url, `/gdpr/receipt?reference=${receipt.reference}`, { key }));
    const page = { key, headers: { Accept: 'text/html' } };
    keep('a receipt as a page', await call(url, `/gdpr/receipt?reference=${receipt.reference}`, page));
    keep('a match', await call(url, '/gdpr/receipt/match', { key, body: { ...receipt, number: ERASED.everywhere } }));
  });

  /** As a controller asks: what it sent comes back in the answer, and its callback answers nobody. */
  async function forgetByOpendsr(): Promise<void> {
    const { db } = platform.core;
    await insertRecords(db, owner, ERASED.everywhere, { sent: 1 });
    const answer = await call(url, OPENDSR, { key, body: subjectRequest({}) });
    expect(answer.status).toBe(201);
    keep('OpenDSR', { ...answer, text: answer.text.replace(/"encoded_request":"[^"]*"/, '') });
    const row = await db.collection('lethe_subject_requests').findOne({ subject_request_id: SUBJECT_REQUEST });
    await untilCompleted(platform, String(row?.reference));
    for (const method of ['GET', 'DELETE'])
      keep(`OpenDSR ${method}`, await call(url, `${OPENDSR}/${SUBJECT_REQUEST}`, { key, method }));
    await waitFor('a call back', () => deliveriesOf(db).findOne({ tries: { $gt: 0 } }));
  }

  it('bad requests, with the number wherever it can be put', async () => {
    const spaced = encodeURIComponent('+44 7700 900877');
    const json = { 'content-type': 'application/json' };
    const bad: [string, Parameters<typeof call>[2]][] = [
      ['/gdpr/forget', { key, body: { number: STRAY } }],
      ['/gdpr/forget', { key, body: { number: `+${STRAY}` } }],
      ['/gdpr/forget', { key, body: { number: [STRAY] } }],
      ['/gdpr/forget/batch', { key, body: { numbers: [STRAY, [STRAY], { [STRAY]: STRAY }] } }],
      ['/gdpr/forget/batch', { key, body: { numbers: STRAY, [STRAY]: STRAY } }],
      [`/gdpr/forget/batch/${STRAY}`, { key }],
      ['/webhooks', { key, body: { url: STRAY, events: [STRAY], label: [STRAY] } }],
      [`/webhooks/${STRAY}`, { key, method: 'DELETE' }],
      [`/webhooks/deliveries?cursor=${STRAY}`, { key }],
      [`${OPENDSR}/${STRAY}`, { key }],
      [OPENDSR, { key, body: subjectRequest({ subject_request_id: STRAY, [STRAY]: STRAY }) }],
      [OPENDSR, { key, body: subjectRequest({ extensions: { [OPENDSR_DOMAIN]: { phone_number: STRAY } } }) }],
      [OPENDSR, { key, body: subjectRequest({ status_callback_urls: [`ftp://x/${STRAY}`] }) }],
      ['/gdpr/forget', { key, body: { number: { $ne: STRAY } } }],
      ['/gdpr/forget', { key, body: { [STRAY]: STRAY } }],
      ['/gdpr/forget', { key, body: { number: '447', blacklist: STRAY, sandbox: STRAY } }],
      ['/gdpr/forget', { key, body: `{"number": ${STRAY}`, headers: json }],
      ['/gdpr/forget', { key, body: new URLSearchParams({ number: `0${STRAY.slice(2)}` }) }],
      ['/gdpr/forget', { key, body: `{"number":${STRAY}}`.padEnd(20_000), headers: json }],
      ['/gdpr/forget', { key, body: `{"number":${STRAY}}`, headers: { 'content-encoding': 'gzip' } }],
      ['/gdpr/forget', { body: { number: STRAY } }],
      ['/gdpr/forget', { headers: { authorization: `Bearer ${STRAY}` }, body: { number: STRAY } }],
      [
        '/gdpr/forget',
        {
          key,
          headers: { 'x-request-id': STRAY, 'user-agent': STRAY, cookie: STRAY, referer: `https://x/${STRAY}` },
          body: {},
        },
      ],
      [`/gdpr/forget?number=${STRAY}`, { key, body: {} }],
      [`/gdpr/forget/${STRAY}`, { key }],
      [`/gdpr/forget/${spaced}`, { key, method: 'DELETE' }],
      [`/v1/contacts/${STRAY}x`, { key, method: 'DELETE' }],
      [`/v1/contacts/+${STRAY}`, { method: 'DELETE' }],
      ['/v1/redact/transaction', { key, body: { id: STRAY, product: 'sms', type: 'outbound' } }],
      ['/v1/redact/transaction', { key, body: { id: 'x', product: STRAY, type: STRAY } }],
      [`/v3/media/${STRAY}`, { key, method: 'DELETE' }],
      [`/search/message?id=${STRAY}`, { key }],
      [`/search/messages?date=${STRAY}&to=${STRAY}`, { key }],
      [`/gdpr/access?number=%2B${STRAY}&format=${STRAY}`, { key }],
      [`/v2/reports/${STRAY}`, { key }],
      [`/accounts/${STRAY}/interactions/${STRAY}/redact`, { key, body: { understood: true, redact_past: STRAY } }],
      [`/accounts/${STRAY}/redactions/${STRAY}`, { key }],
      [`/${STRAY}`, {}],
      [`/%zz${STRAY}`, {}],
      [`/gdpr/status?date=${STRAY}`, { key }],
      [`/gdpr/status?date=${spaced}`, { key }],
      [`/gdpr/status?reference=${STRAY}`, { key }],
      [`/gdpr/status?reference=${STRAY}abc`, { key }],
      [`/gdpr/status?date=today&limit=${STRAY}&skip=${STRAY}`, { key }],
      ['/gdpr/status', { key, body: { date: STRAY, reference: STRAY } }],
      ['/blacklist/check', { key, body: { number: STRAY } }],
      [`/healthz?number=${STRAY}`, {}],
      [`/readyz?number=${STRAY}`, {}],
      [`/metrics?number=${STRAY}`, {}],
      [`/metrics/${STRAY}`, {}],
    ];
    for (const [path, options] of bad) keep(path.replaceAll(STRAY, '…'), await call(url, path, options));
    // The contract of this one answers with the caller's own path.
    const contact = await call(url, `/v1/contacts/%2B${STRAY}`, { key, method: 'DELETE' });
    keep('a contact erased', { ...contact, text: contact.text.replace(`"e164":"+${STRAY}"`, '') });
    const raw = [
      `GET /${STRAY} HTTP/9.9\r\n\r\n`,
      `${STRAY}\r\n\r\n`,
      `POST /gdpr/forget HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nTransfer-Encoding: chunked\r\n\r\nzz${STRAY}\r\n`,
      `GET /healthz HTTP/1.1\r\nHost: x\r\n${STRAY}: ${STRAY}\r\n\0\r\n\r\n`,
    ];
    for (const bytes of raw) keep('raw bytes', await sendRaw(url, bytes));
    expect(answers.length).toBeGreaterThan(bad.length);
  });

  it('is nowhere, in any writing', async () => {
    // Both processes have said enough for the search to mean something.
    expect(api.lines().filter((line) => line.message === 'http').length).toBeGreaterThan(30);
    expect(worker.lines().some((line) => line.message === 'erasure failed')).toBe(true);
    const found = await everything();
    expect(findTraces(found, ALL)).toEqual([]);
  });

  it('would be found, wherever it were', async () => {
    const { db } = platform.core;
    const redis = new Redis(platform.config.REDIS_URL);
    const at = `{${platform.config.QUEUE_PREFIX}}:planted`;
    const text = 'call 07700 900 877 now';
    await redis.set(`${at}:string`, text);
    await redis.hset(`${at}:hash`, 'note', text.repeat(50));
    await redis.rpush(`${at}:list`, text);
    await redis.sadd(`${at}:set`, text);
    await redis.zadd(`${at}:zset`, Number(STRAY), 'member');
    await redis.xadd(`${at}:stream`, '*', 'note', text);
    await redis.set(`${at}:${STRAY}`, '1');
    await db
      .collection('planted')
      .insertMany([
        { note: text },
        { a: [{ b: Long.fromString(STRAY) }] },
        { a: new Double(Number(STRAY)) },
        { a: new mongoose.mongo.Binary(Buffer.from(`0${STRAY.slice(2)}`)) },
        { a: Buffer.from(STRAY).toString('base64') },
      ]);
    answers.push(['planted', `{"msg":"${STRAY} is not possible"}`]);
    const traces = new Set(findTraces(await everything(), ALL).map((line) => line.replace(/:? number.*/, '')));
    for (const kind of ['string', 'hash', 'list', 'set', 'zset', 'stream']) expect(traces).toContain(`${at}:${kind}`);
    expect(traces).toContain('a Redis key name');
    expect(traces).toContain('planted');
    expect([...traces].filter((place) => /^planted \w{24}$/.test(place))).toHaveLength(5);
    expect([...traces].filter((place) => /^planted \w{24}, its bytes$/.test(place))).toHaveLength(1);
    expect(traces.size).toBe(6 + 1 + 1 + 5 + 1);
    await endRedis(redis);
  });
});

describe('where the number may be, because the data map says so', () => {
  it('is on the suppression list alone, and nowhere when it is taken off', async () => {
    const map = await writeMap({
      version: 1,
      collections: [
        { ...SUPPRESSION_LIST, suppression: { keep_number: true } },
        { collection: 'contacts', account: 'account_id', record: 'contact', numbers: ['number'] },
      ],
    });
    const platform = await openPlatform('canary-kept', { DATA_MAP: map.file });
    try {
      const { url } = await platform.startApi();
      const { stop } = await platform.startWorker();
      const { key, account } = await platform.account();
      const kept = phoneNumber(447700900888);
      const own = { account_id: account.records_id, number: kept };
      const erase = async (body: object) => {
        await platform.core.db.collection('contacts').insertOne({ ...own, _id: new mongoose.mongo.ObjectId() });
        await untilCompleted(platform, await forget(url, key, { number: kept, ...body }));
        return findTraces([...(await readDatabase(platform)), ...(await readRedis(platform))], [kept]);
      };
      const traces = await erase({});
      expect(traces.length).toBeGreaterThan(0);
      expect(traces.filter((trace) => !trace.startsWith('blacklist '))).toEqual([]);
      expect(await platform.core.db.collection('blacklist').find({}).toArray()).toEqual([
        expect.objectContaining({ ...own, masked: '44********88' }),
      ]);
      expect(await erase({ blacklist: true })).toEqual([]);
      await stop();
    } finally {
      await platform.close();
      await map.remove();
    }
  });
});
