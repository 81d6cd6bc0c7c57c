import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { insertRecords } from '../../support/records.ts';
import { snapshotDatabase, snapshotRedis } from '../../support/snapshot.ts';
import { type Answer, type Call, call } from '../../support/wire.ts';

const DIGITS = '447700900123';
const LETTERS = /[A-Za-z]/;

/** The number is on record, so that each of these would be accepted if it were read as something it is not. */
describe('input that is refused', () => {
  let platform: Platform;
  let url: string;
  let key: string;
  let keyId: string;
  let reference: string;
  let before: unknown;
  const snapshot = async () => [await snapshotDatabase(platform), await snapshotRedis(platform)];

  beforeAll(async () => {
    platform = await openPlatform('e2e-bad', { RATE_LIMIT_PER_SECOND: '0' });
    ({ url } = await platform.startApi());
    const made = await platform.account();
    ({ key, keyId } = made);
    await insertRecords(platform.core.db, made.account.records_id, DIGITS, { contacts: 1, sent: 1 });
    const other = await platform.account();
    await insertRecords(platform.core.db, other.account.records_id, DIGITS, { sent: 1 });
    const accepted = await call(url, '/gdpr/forget', { key: other.key, body: { number: DIGITS } });
    reference = String(accepted.body.reference);
    expect(reference).toHaveLength(15);
    before = await snapshot();
  });
  afterEach(async () => {
    expect(await snapshot()).toEqual(before);
  });
  afterAll(() => platform?.close());

  /** One shape, one type, and nothing in it of what was sent or of what went wrong inside. */
  const expectRefused = (answer: Answer, status: number, code: number = status, sent: unknown = ''): string => {
    const msg = (answer.body.error as { msg?: unknown } | undefined)?.msg;
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body: { error: { code, msg } } });
    expect(String(msg)).toMatch(LETTERS);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.text).not.toMatch(/\bat .*:\d+|node_modules|\.ts\b|Error:|Mongo|Zod|undefined|\[object|\$/);
    for (const leaf of leavesOf(sent)) expect(answer.text).not.toContain(leaf);
    return String(msg);
  };
  const leavesOf = (sent: unknown): string[] => {
    if (typeof sent !== 'object' || sent === null) return [String(sent)].filter((text) => text.length > 4);
    return Object.values(sent).flatMap(leavesOf);
  };

  const numbers: [string, unknown, RegExp][] = [
    ['missing', undefined, /number is missing/],
    ['null', null, /number is missing/],
    ['an empty string', '', /number is missing/],
    ['a float', 447700900123.5, /integer/],
    ['negative', -447700900123, /integer/],
    ['three digits', 447, /possible/],
    ['three digits as a string', '447', /possible/],
    ['20 digits', '44770090012300000000', /possible/],
    ['20 digits as a number', 44770090012300000000, /integer/],
    ['letters', 'fourfourseven', /digits/],
    ['digits and a letter', `${DIGITS}x`, /digits/],
    ['a plus and 1', '+15005550006', /digits/],
    ['a plus and 44', `+${DIGITS}`, /digits/],
    ['the international prefix', `00${DIGITS}`, /country code/],
    ['the national form', '07700900123', /country code/],
    ['another country', '33199000123', /country code/],
    ['spaces', '44 7700 900123', /digits/],
    ['a space behind', `${DIGITS} `, /digits/],
    ['a line break behind', `${DIGITS}\n`, /digits/],
    ['a zero byte', `${DIGITS}\0`, /digits/],
    ['Arabic digits', '٤٤٧٧٠٠٩٠٠١٢٣', /digits/],
    ['full-width digits', '４４７７００９００１２３', /digits/],
    ['an exponent', '4.47700900123e11', /digits/],
    ['hexadecimal', '0x683D2BF5EB', /digits/],
    ['a trunk zero', '4407700900123', /possible/],
    ['an operator', { $ne: null }, /integer/],
    ['$gt', { $gt: '' }, /integer/],
    ['$in', { $in: [DIGITS] }, /integer/],
    ['a list', [DIGITS], /integer/],
    ['an empty list', [], /integer/],
    ['true', true, /integer/],
    ['an object that says it is a string', { toString: DIGITS, length: 12 }, /integer/],
  ];
  it.each(numbers)('number: %s', async (_name, number, says) => {
    for (const path of ['/gdpr/forget', '/blacklist/check']) {
      const answer = await call(url, path, { key, body: { number } });
      expect(expectRefused(answer, 400, 400, number)).toMatch(says);
    }
  });

  const json = (text: string): Call => ({ body: text, headers: { 'content-type': 'application/json' } });
  const form = (text: string): Call => ({
    body: text,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  const bodies: [string, Call, number?][] = [
    ['no body', { method: 'POST' }],
    ['an empty body', json('')],
    ['spaces', json('   ')],
    ['broken JSON', json(`{"number": ${DIGITS}`)],
    ['broken JSON labelled as a form', form(`{"number": ${DIGITS}`)],
    ['two documents', json(`{"number":${DIGITS}}{"number":${DIGITS}}`)],
    ['a comment in it', json(`{"number":${DIGITS} /* please */}`)],
    ['JSON in UTF-16', { body: Buffer.from(`{"number":${DIGITS}}`, 'utf16le') }],
    ['a bare number', json(DIGITS)],
    ['a bare string', json(`"${DIGITS}"`)],
    ['null', json('null')],
    ['a list of one', json(`[{"number":${DIGITS}}]`)],
    ['__proto__', json(`{"__proto__":{"number":${DIGITS}}}`)],
    ['constructor', json(`{"constructor":{"prototype":{"number":${DIGITS}}}}`)],
    ['another case of the name', json(`{"Number":${DIGITS}}`)],
    ['a nested form', form(`number[$ne]=&number[a]=${DIGITS}`)],
    ['a nested form, all of it', form(`a[number]=${DIGITS}`)],
    ['a field given twice', form(`number=${DIGITS}&number=${DIGITS}`)],
    ['__proto__ in a form', form(`__proto__[number]=${DIGITS}&__proto__=${DIGITS}`)],
    ['a form labelled as text', { body: `number=${DIGITS}` }],
    ['a form labelled as JSON', json(`number=${DIGITS}`)],
    ['a multipart form without a border', { body: 'x', headers: { 'content-type': 'multipart/form-data' } }],
    [
      'a multipart form that breaks off',
      {
        body: `--b\r\nContent-Disposition: form-data; name="number"\r\n\r\n${DIGITS}`,
        headers: { 'content-type': 'multipart/form-data; boundary=b' },
      },
    ],
    ['an unknown encoding', { body: `{"number":${DIGITS}}`, headers: { 'content-encoding': 'zip' } }],
    ['gzip that is none', { body: `{"number":${DIGITS}}`, headers: { 'content-encoding': 'gzip' } }],
    [
      'another encoding than it says',
      { body: deflateSync(`{"number":${DIGITS}}`), headers: { 'content-encoding': 'gzip' } },
    ],
    ['one byte too many', json(`{"number":${DIGITS}}`.padEnd(10_241)), 413],
    ['a megabyte', json(`{"number":${DIGITS}}`.padEnd(1_000_000)), 413],
    [
      'a bomb: 50 kB that unpack to 50 MB',
      { body: gzipSync(Buffer.alloc(50_000_000, ' ')), headers: { 'content-encoding': 'gzip' } },
      413,
    ],
  ];
  it.each(bodies)('body: %s', async (_name, options, status = 400) => {
    const msg = expectRefused(await call(url, '/gdpr/forget', { key, ...options }), status, status, [DIGITS]);
    if (status === 413) expect(msg).toBe('The body is larger than 10 kB');
  });

  const flags = ['maybe', 'yes', 'TRUE', ' true', '', 2, -1, 1.5, [], [true], {}, { $ne: false }];
  it.each(flags.flatMap((value) => [['blacklist', value] as const, ['sandbox', value] as const]))(
    '%s: %j',
    async (name, value) => {
      const answer = await call(url, '/gdpr/forget', { key, body: { number: DIGITS, [name]: value } });
      expect(expectRefused(answer, 400, 400, DIGITS)).toBe(`${name} must be true or false`);
    },
  );

  const dates: unknown[] = [
    '',
    '  ',
    'nonsense',
    'year 99999',
    '99999-01-01',
    '25th december 99999',
    'yesterday or so',
    'the day before',
    'last friday of march 2019 please',
    '2019-02-30',
    '25/13/2019',
    '03/04/2019',
    '-1',
    '12345678901234567890',
    1.5,
    -5,
    true,
    [],
    ['yesterday'],
    {},
    { $gt: '' },
    'yesterday'.padEnd(10_000, ' again'),
    'ｙesterday',
  ];
  it.each(dates)('date: %j', async (date) => {
    const answers = [await call(url, '/gdpr/status', { key, body: { date } })];
    if (typeof date === 'string')
      answers.push(await call(url, `/gdpr/status?date=${encodeURIComponent(date)}`, { key }));
    for (const answer of answers)
      expect(expectRefused(answer, 400)).toMatch(/^date cannot be read\. Formats: .*1537525884/);
  });

  const queries: [string, RegExp][] = [
    ['', /date or reference is needed/],
    ['date=yesterday&date=today', /date cannot be read/],
    ['date[$gt]=', /date or reference is needed/],
    ['reference[$ne]=x', /date or reference is needed/],
    ['reference=', /reference must be/],
    ['reference=a&reference=b', /reference must be/],
    [`reference=${'a'.repeat(10_000)}`, /reference must be/],
    ['reference=BWwmkoxO3YTfpE%00', /reference must be/],
    ['reference=BWwmkoxO3YTfpEt%0a', /reference must be/],
    ['date=yesterday&limit=0', /limit must be a whole number from 1 to 1000/],
    ['date=yesterday&limit=1001', /limit must be a whole number from 1 to 1000/],
    ['date=yesterday&limit=abc', /limit must be a whole number/],
    ['date=yesterday&limit=-1', /limit must be a whole number/],
    ['date=yesterday&limit=1.5', /limit must be a whole number/],
    ['date=yesterday&limit=1e2', /limit must be a whole number/],
    ['date=yesterday&limit=', /limit must be a whole number/],
    ['date=yesterday&skip=-1', /skip must be a whole number/],
    ['date=yesterday&skip=1000001', /skip must be a whole number from 0 to 1000000/],
    ['date=yesterday&skip=99999999999999999999', /skip must be a whole number/],
  ];
  it.each(queries)('status?%.60s', async (query, says) => {
    expect(expectRefused(await call(url, `/gdpr/status?${query}`, { key }), 400, 400, ['BWwmkoxO3YTfpE'])).toMatch(
      says,
    );
  });

  const fields: [object, RegExp][] = [
    [{}, /date or reference is needed/],
    [{ date: null }, /date or reference is needed/],
    [{ reference: null }, /reference must be/],
    [{ reference: { $ne: null } }, /reference must be/],
    [{ reference: ['BWwmkoxO3YTfpEt'] }, /reference must be/],
    [{ reference: 123456789012345 }, /reference must be/],
    [{ date: 'yesterday', reference: { $gt: '' } }, /reference must be/],
    [{ date: 'yesterday', limit: null }, /limit must be/],
    [{ date: 'yesterday', limit: { $gt: 0 } }, /limit must be/],
    [{ date: 'yesterday', limit: true }, /limit must be/],
    [{ date: 'yesterday', skip: -1 }, /skip must be/],
    [{ date: 'yesterday', skip: 1e300 }, /skip must be/],
  ];
  it.each(fields)('status by POST: %j', async (body, says) => {
    const answer = await call(url, '/gdpr/status', { key, body });
    expect(
      expectRefused(
        answer,
        400,
        400,
        Object.values(body).filter((value) => value !== 'yesterday'),
      ),
    ).toMatch(says);
  });

  it('a reference of another account, or of nobody: no records, and no telling which', async () => {
    const answers = [reference, 'BWwmkoxO3YTfpEt'].map((one) => call(url, `/gdpr/status?reference=${one}`, { key }));
    const [theirs, nobodys] = await Promise.all(answers);
    expect(theirs && expectRefused(theirs, 404, 77, reference)).toBe('No records found');
    expect(nobodys?.text).toBe(theirs?.text);
  });

  const wrong = (whole: string) => `${whole.slice(0, -1)}${whole.endsWith('A') ? 'B' : 'A'}`;
  const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const authorizations: [string, (whole: string) => string | undefined][] = [
    ['no key', () => undefined],
    ['an empty header', () => ''],
    ['Bearer alone', () => 'Bearer'],
    ['Bearer and nothing', () => 'Bearer '],
    ['a wrong key', () => `Bearer ${'x'.repeat(16)}.${'y'.repeat(43)}`],
    ['the right id with a wrong secret', (whole) => `Bearer ${wrong(whole)}`],
    ['the right id alone', (whole) => `Bearer ${whole.split('.')[0]}`],
    ['the secret alone', (whole) => `Bearer ${whole.split('.')[1]}`],
    ['the key with a space in it', (whole) => `Bearer ${whole.replace('.', ' .')}`],
    ['two keys', (whole) => `Bearer ${whole} ${whole}`],
    ['another scheme', (whole) => `Digest ${whole}`],
    ['Basic with a wrong secret', (whole) => basic(keyId, wrong(whole).split('.')[1] ?? '')],
    ['Basic without a colon', () => `Basic ${Buffer.from(keyId).toString('base64')}`],
    ['Basic that is no base64', () => 'Basic !!!'],
    ['an operator', () => 'Bearer {"$ne":null}.{"$ne":null}'],
    ['a very long key', () => `Bearer ${'x'.repeat(8_000)}`],
  ];
  it.each(authorizations)('authorization: %s', async (_name, write) => {
    const authorization = write(key);
    const headers = authorization === undefined ? {} : { authorization };
    for (const [path, body] of [
      ['/gdpr/forget', { number: DIGITS }],
      ['/gdpr/status', { reference }],
      ['/blacklist/check', { number: DIGITS }],
    ] as const) {
      const answer = await call(url, path, { headers, body });
      expect(expectRefused(answer, 401, 401, [DIGITS, key])).toBe('Unauthorized');
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
  });
});
