import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { snapshotDatabase, snapshotRedis } from '../../support/snapshot.ts';
import { basic, ERRORS_AT, insertTransactions, PERSON, redact } from '../../support/transactions.ts';
import { type Answer, type Call, call } from '../../support/wire.ts';

const PATH = '/v1/redact/transaction';
const GOOD = { id: 'out-1', product: 'sms' };

/** The record is there, so that each of these would be redacted if it were read as something it is not. */
describe('redactions that are refused', () => {
  let platform: Platform;
  let url: string;
  let key: string;
  let before: unknown;
  const snapshot = async () => [await snapshotDatabase(platform), await snapshotRedis(platform)];

  beforeAll(async () => {
    platform = await openPlatform('transaction-bad', { RATE_LIMIT_PER_SECOND: '0', REDACT_RATE_LIMIT: '0' });
    ({ url } = await platform.startApi());
    const made = await platform.account();
    key = made.key;
    await insertTransactions(platform, made.account.records_id);
    before = await snapshot();
  });
  afterEach(async () => {
    expect(await snapshot()).toEqual(before);
  });
  afterAll(() => platform?.close());

  const expectProblem = (answer: Answer, status: number, type: string, title: string): string => {
    const { detail } = answer.body;
    expect({ status: answer.status, body: answer.body }).toEqual({
      status,
      body: { type: ERRORS_AT + type, title, detail, instance: expect.stringMatching(/^[0-9a-f]{32}$/) },
    });
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.text).not.toMatch(/\bat .*:\d+:|node_modules|\.ts\b|Error:|Mongo|Zod|undefined|\[object|\$/);
    expect(answer.text).not.toContain(PERSON);
    expect(answer.text).not.toContain(PERSON.slice(2));
    return String(detail);
  };
  const invalidJson = (answer: Answer) => expectProblem(answer, 422, '#invalid-json', 'Invalid JSON');

  const ids: [string, unknown, string][] = [
    ['missing', undefined, 'id must be a string'],
    ['null', null, 'id must be a string'],
    ['a number', Number(PERSON), 'id must be a string'],
    ['a float', 1.5, 'id must be a string'],
    ['true', true, 'id must be a string'],
    ['an operator', { $ne: null }, 'id must be a string'],
    ['$gt', { $gt: '' }, 'id must be a string'],
    ['$in', { $in: ['out-1'] }, 'id must be a string'],
    ['a list', ['out-1'], 'id must be a string'],
    ['an empty string', '', 'id must not be empty'],
    ['201 characters', 'x'.repeat(201), 'id must have 200 characters at most'],
    ['10,000 characters', 'x'.repeat(10_000), 'id must have 200 characters at most'],
  ];
  it.each(ids)('id: %s', async (_name, id, detail) => {
    expect(invalidJson(await redact(url, key, { ...GOOD, id }))).toBe(detail);
  });

  const products: [string, unknown, string][] = [
    ['missing', undefined, 'No product was supplied'],
    ['null', null, 'No product was supplied'],
    ['an object', { $ne: null }, 'No product was supplied'],
    ['a list', ['sms'], 'No product was supplied'],
    ['empty', '', 'No product corresponding to supplied string'],
    ['sms2!', 'sms2!', 'No product corresponding to supplied string sms2!'],
    ['the name of a collection', 'sent_sms', 'No product corresponding to supplied string sent_sms'],
    ['constructor', 'constructor', 'No product corresponding to supplied string constructor'],
    ['a number', PERSON, 'No product corresponding to supplied string'],
    ['a number with spaces', 'sms +44 7700 900 123', 'No product corresponding to supplied string'],
    ['10,000 characters', 's'.repeat(9_000), 'No product corresponding to supplied string'],
    ['with a space', 'sms ', 'No product corresponding to supplied string sms '],
  ];
  it.each(products)('product: %s', async (_name, product, detail) => {
    const answer = await redact(url, key, { ...GOOD, product });
    expect(expectProblem(answer, 422, '/redact#invalid-product', 'Invalid Product')).toBe(detail);
  });

  it.each(['sideways', '', 'MT', 1, true, {}, [], { $ne: 'inbound' }, PERSON, 'in bound'])('type: %j', async (type) => {
    expect(invalidJson(await redact(url, key, { ...GOOD, type }))).toBe('type must be inbound or outbound');
  });

  const broken: [string, string][] = [
    ['nothing', ''],
    ['spaces', '   '],
    ['cut off', '{"id": "out-1"'],
    ['a brace alone', '{'],
    ['a string cut off', `{"id": "${PERSON}`],
    ['a number without quotes', `{"id": x${PERSON}, "product": "sms"}`],
    ['a missing comma', `{"id": "${PERSON}" "product": "sms"}`],
    ['a missing colon', '{"id" "x"}'],
    ['single quotes', `{'id': '${PERSON}'}`],
    ['two documents', `${JSON.stringify(GOOD)}${PERSON}`],
    ['on its third line', '{\n"id": "out-1",\n"product": sms}'],
    ['a control character', '{"id": "a\nb"}'],
    ['a bad escape', '{"id": "\\x"}'],
    ['form fields', `id=${PERSON}&product=sms`],
    ['NaN', 'NaN'],
    ['a lone minus', '[-]'],
  ];
  it.each(broken)('a body that is not JSON: %s', async (_name, text) => {
    expect(invalidJson(await redact(url, key, text))).toBe('The body is not JSON');
  });

  const texts: [string, string, string][] = [
    ['a list', JSON.stringify([GOOD]), 'The body must be an object'],
    ['null', 'null', 'The body must be an object'],
    ['a bare number', PERSON, 'The body must be an object'],
    ['a bare string', `"${PERSON}"`, 'The body must be an object'],
    ['__proto__', `{"__proto__": ${JSON.stringify(GOOD)}}`, 'id must be a string'],
    ['another case of the name', '{"ID": "out-1", "product": "sms"}', 'id must be a string'],
  ];
  it.each(texts)('body: %s', async (_name, text, detail) => {
    expect(invalidJson(await redact(url, key, text))).toBe(detail);
  });

  const wire: [string, Call, number][] = [
    ['no body', { method: 'POST' }, 422],
    ['JSON in UTF-16', { body: Buffer.from(JSON.stringify(GOOD), 'utf16le') }, 422],
    ['gzip that is none', { body: JSON.stringify(GOOD), headers: { 'content-encoding': 'gzip' } }, 422],
    ['an unknown encoding', { body: JSON.stringify(GOOD), headers: { 'content-encoding': 'zip' } }, 422],
    ['one byte too many', { body: JSON.stringify(GOOD).padEnd(10_241) }, 413],
    ['a megabyte', { body: JSON.stringify(GOOD).padEnd(1_000_000) }, 413],
    ['a bomb', { body: gzipSync(Buffer.alloc(50_000_000, ' ')), headers: { 'content-encoding': 'gzip' } }, 413],
  ];
  it.each(wire)('%s', async (_name, options, status) => {
    const answer = await call(url, PATH, { ...options, headers: { authorization: basic(key), ...options.headers } });
    if (status === 422) invalidJson(answer);
    else expectProblem(answer, 413, '#payload-too-large', 'Payload Too Large');
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE'])('%s: 405', async (method) => {
    const answer = await call(url, PATH, { method, key });
    expectProblem(answer, 405, '#method-not-allowed', 'Method Not Allowed');
    expect(answer.headers.allow).toBe('POST');
  });

  it.each(['/v1/redact', `/v1/redact/${PERSON}`, '/v1/redact/transactions'])('%s: 404', async (path) => {
    expectProblem(await call(url, path, { key, body: GOOD }), 404, '#not-found', 'Not Found');
  });

  it('a good body whatever it is labelled as, with a byte order mark', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const answer = await call(url, PATH, {
        body: `\ufeff${JSON.stringify({ ...GOOD, id: 'nobody' })}`,
        headers: { authorization: basic(key), 'content-type': type },
      });
      expect([answer.status, answer.body.title]).toEqual([404, 'Invalid ID']);
    }
  });
});
