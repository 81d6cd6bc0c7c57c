import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allowRedaction, callOf, makeAgency } from '../support/interactions.ts';
import { type DescribedOperation, fillPath, readOperations } from '../support/operations.ts';
import { openPlatform, type Platform } from '../support/platform.ts';
import { insertRecords } from '../support/records.ts';
import { snapshotDatabase } from '../support/snapshot.ts';
import { type Answer, call } from '../support/wire.ts';

const DIGITS = '447700900123';
/** They ignore what they do not know, as the platform's own clients add fields: only reading, and of one account. */
const LENIENT = ['GET /gdpr/status', 'POST /gdpr/status', 'POST /blacklist/check'];

const nameOf = ({ method, template }: DescribedOperation) => `${method} ${template}`;

describe('a field or a parameter that is not known', () => {
  let platform: Platform;
  let url: string;
  let key: string;
  let places: Record<string, string>;
  let operations: DescribedOperation[];
  let before: string;
  const snapshot = async () => JSON.stringify(await snapshotDatabase(platform));

  beforeAll(async () => {
    platform = await openPlatform('e2e-unknown', { RATE_LIMIT_PER_SECOND: '0', REDACT_WAIT_MINUTES: '0' });
    ({ url } = await platform.startApi());
    const { agency, sub } = await makeAgency(platform);
    await allowRedaction(platform, { agency, sub }, { manual: true });
    key = sub.key;
    await insertRecords(platform.core.db, sub.account.records_id, DIGITS, { contacts: 1, sent: 2, calls: 2 });
    await platform.core.db.collection('calls').insertOne(callOf(sub.account, 'c77', new Date('2026-01-01')));
    places = {
      account: sub.account._id,
      interaction: 'c77',
      reference: 'BWwmkoxO3YTfpEt',
      request_id: '0d5c0e4c-0c9f-4c63-8b53-3f0a2f1f2f5a',
      e164: DIGITS,
      id: 'c0',
      key: 'BWwmkoxO3YTfpEt0',
      conversation: 'CON-1',
      event: 'EVT-1',
      subject_request_id: 'a7551968-d5d6-44b2-9831-815ac9017798',
      batch: 'bat_none',
      webhook: 'wh_none',
      delivery: 'none',
    };
    operations = (await readOperations(url)).filter((one) => one.guarded && !one.forPeople);
    before = await snapshot();
  });
  afterAll(() => platform?.close());

  /** Bodies and parameters that would be accepted, were it not for what stands beside them. */
  const VALID: Record<string, { body?: object; query?: string }> = {
    'POST /gdpr/forget': { body: { number: DIGITS } },
    'POST /opendsr/2.0/requests': { body: { subject_request_id: 'x' } },
    'POST /webhooks': { body: { url: 'x' } },
    'POST /v1/redact/transaction': { body: { id: 's1', product: 'sms' } },
    'PATCH /accounts/{account}/redaction': { body: { manual: false } },
    'POST /accounts/{account}/interactions/{interaction}/redact': {
      body: { redact_content: true, understood: true },
    },
    'PUT /v0.1/users/{id}': { body: { name: 'gone' } },
    'POST /gdpr/access': { body: { number: DIGITS } },
    'POST /gdpr/forget/batch': { body: { numbers: [DIGITS] } },
    'POST /gdpr/forget/preview': { body: { number: DIGITS } },
    'POST /suppressions/check': { body: { number: DIGITS } },
    'POST /suppressions/lift': { body: { number: DIGITS, reason: 'asked for' } },
    'POST /console/api/keys': { body: { label: 'web' } },
    'GET /gdpr/access': { query: `number=${DIGITS}` },
    'GET /search/message': { query: 'id=s1' },
    'GET /search/messages': { query: 'ids=s1' },
  };
  const ask = (operation: DescribedOperation, query: string, more: object = {}): Promise<Answer> => {
    const { body, query: needed } = VALID[nameOf(operation)] ?? {};
    const given = { ...body, ...more };
    const all = [needed, query].filter(Boolean).join('&');
    return call(url, `${fillPath(operation.template, places)}${all && `?${all}`}`, {
      key,
      method: operation.method,
      ...(Object.keys(given).length > 0 && operation.method !== 'GET' && { body: given }),
    });
  };
  const expectNamed = (operation: DescribedOperation, { status, text }: Answer) => {
    const told = { operation: nameOf(operation), status, text };
    expect(told).toEqual({ ...told, text: expect.stringContaining('sanbox') });
    expect([400, 422]).toContain(status);
    expect(text).not.toContain('perhaps');
  };

  it('in the query: refused by every operation but those that ignore it, with its name and without its value', async () => {
    const strict = operations.filter((one) => !LENIENT.includes(nameOf(one)));
    expect(strict.length).toBeGreaterThan(20);
    for (const operation of strict) expectNamed(operation, await ask(operation, 'sanbox=perhaps'));
    expect(await snapshot()).toBe(before);
  });

  it('in the body: refused by every operation that changes data, also by one that takes no body', async () => {
    const changing = operations.filter((one) => one.method !== 'GET' && !LENIENT.includes(nameOf(one)));
    expect(changing.length).toBeGreaterThan(9);
    for (const operation of changing) expectNamed(operation, await ask(operation, '', { sanbox: 'perhaps' }));
    expect(await snapshot()).toBe(before);
  });

  it('a safety catch in the wrong place, or in a name that is nearly right, is never overlooked', async () => {
    const body = { number: DIGITS };
    for (const wrong of [{ Sandbox: true }, { dry_run: true }, { sandbox_: '1' }]) {
      const answer = await call(url, '/gdpr/forget', { key, body: { ...body, ...wrong } });
      expect(answer.status).toBe(400);
      expect(answer.text).toContain(`${Object.keys(wrong)[0]} is not known here`);
    }
    for (const [path, options] of [
      ['/gdpr/forget?sandbox=true', { body }],
      [`/gdpr/forget?number=${DIGITS}`, { body }],
      [`/v1/contacts/${DIGITS}?dry_run=1`, { method: 'DELETE' }],
      [`/v1/contacts/${DIGITS}`, { method: 'DELETE', body: { sandbox: true } }],
      [`/v1/contacts/${DIGITS}`, { method: 'DELETE', body: new URLSearchParams({ sandbox: 'true' }) }],
    ] as const) {
      const answer = await call(url, path, { key, ...options });
      expect({ path, status: answer.status }).toEqual({ path, status: 400 });
      expect(answer.text).not.toContain(DIGITS);
    }
    expect(await snapshot()).toBe(before);
  });

  it('a name that may be a number itself is not repeated', async () => {
    for (const [path, options] of [
      [`/gdpr/access?number=${DIGITS}&${DIGITS}=1`, {}],
      ['/gdpr/forget', { body: { number: DIGITS, [DIGITS]: 1 } }],
      [`/gdpr/forget?${DIGITS}`, { body: { number: DIGITS } }],
      ['/gdpr/forget', { body: { number: DIGITS, [`a${DIGITS}`]: 1 } }],
      ['/v1/redact/transaction', { body: { id: 's1', product: 'sms', [DIGITS]: 1 } }],
      [`/accounts/${places.account}/redaction`, { method: 'PATCH', body: { manual: false, [DIGITS]: 1 } }],
    ] as const) {
      const answer = await call(url, path, { key, ...options });
      expect([400, 422]).toContain(answer.status);
      expect(answer.text).not.toContain(DIGITS);
    }
  });

  it('status and blacklist check ignore what the platform adds', async () => {
    const check = await call(url, '/blacklist/check?x=1', { key, body: { number: DIGITS, note: 'x' } });
    expect({ status: check.status, body: check.body }).toEqual({ status: 200, body: { blacklisted: false } });
    expect((await call(url, '/gdpr/status?date=today&x=1', { key })).status).toBe(404);
    expect((await call(url, '/gdpr/status', { key, body: { date: 'today', x: 1 } })).status).toBe(404);
  });

  it('an empty body where none is needed is no field', async () => {
    for (const body of ['', ' ', '{}', 'null']) {
      const answer = await call(url, '/v3/media/none', { key, method: 'DELETE', body });
      expect({ body, status: answer.status }).toEqual({ body, status: 404 });
    }
  });

  it('blacklist: null is no blacklist', async () => {
    const answer = await call(url, '/gdpr/forget', { key, body: { number: DIGITS, blacklist: null, sandbox: true } });
    expect(answer.body).toMatchObject({ status: 'SUCCESS', msg: 'Dry run: nothing was written', sandbox: true });
  });
});
