import { randomUUID, verify, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openProcessorSigner } from '../../../src/base/keys/processor-signer.ts';
import type { Account } from '../../../src/ledger/accounts/accounts.ts';
import { deliveriesOf } from '../../../src/ledger/webhooks/deliveries.ts';
import { webhooksOf } from '../../../src/ledger/webhooks/webhooks.ts';
import { expectStatus } from '../../support/expect-status.ts';
import { OPENDSR_DOMAIN as DOMAIN, setUpOpendsr } from '../../support/opendsr.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { type Receiver, startReceiver } from '../../support/receiver.ts';
import { CERTIFIED } from '../../support/tls-proxy.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type Answer, call } from '../../support/wire.ts';

const [ONE = '', TWO = '', NOBODY = ''] = ['447700900391', '447700900392', '447700900393'];
const BASE = '/opendsr/2.0';

describe('OpenDSR 2.0', () => {
  let platform: Platform;
  let receiver: Receiver;
  let url: string;
  let key: string;
  let account: Account;
  const { env: setUp, remove } = setUpOpendsr();
  beforeAll(async () => {
    receiver = await startReceiver();
    platform = await openPlatform('opendsr', {
      ...{ RATE_LIMIT_PER_SECOND: '0', WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8' },
      ...setUp,
    });
    ({ url } = await platform.startApi());
    ({ key, account } = await platform.account());
    for (const to of [ONE, TWO])
      await platform.core.db.collection('sent_sms').insertOne({ account_id: account.records_id, to, body: 'x' });
  });
  afterAll(async () => {
    await platform?.close();
    await receiver?.close();
    remove();
  });

  const requestOf = (number: string, more: object = {}) => ({
    regulation: 'gdpr',
    subject_request_id: randomUUID(),
    subject_request_type: 'erasure',
    submitted_time: '2026-02-01T00:00:00Z',
    subject_identities: [{ identity_type: 'controller_customer_id', identity_value: number, identity_format: 'raw' }],
    ...more,
  });
  const send = (body: object, as = key) => call(url, `${BASE}/requests`, { key: as, body });
  const ask = (id: string, method = 'GET', as = key) => call(url, `${BASE}/requests/${id}`, { key: as, method });
  const isSigned = (headers: Answer['headers'], text: string) =>
    headers['x-opendsr-processor-domain'] === DOMAIN &&
    verify(
      'sha256',
      Buffer.from(text),
      new X509Certificate(CERTIFIED.certificate).publicKey,
      Buffer.from(headers['x-opendsr-signature'] ?? '', 'base64'),
    );

  it('says what it supports, and with what it signs', async () => {
    const { body } = await call(url, `${BASE}/discovery`);
    expect(body).toEqual({
      api_version: '2.0',
      supported_identities: [{ identity_type: 'controller_customer_id', identity_format: 'raw' }],
      supported_subject_request_types: ['erasure'],
      processor_certificate: `https://${DOMAIN}${BASE}/certificate.pem`,
    });
    expect((await call(url, `${BASE}/certificate.pem`)).text).toBe(CERTIFIED.certificate);
  });

  it('takes a request, cancels none that has begun, and tells of its end, all of it signed', async () => {
    const body = requestOf(ONE, { status_callback_urls: [receiver.url], api_version: '2.0' });
    const answer = await send(body);
    expectStatus(answer, 201);
    expect(isSigned(answer.headers, answer.text)).toBe(true);
    expect(isSigned(answer.headers, `${answer.text} `)).toBe(false);
    expect(answer.body).toEqual({
      controller_id: account._id,
      expected_completion_time: expect.any(String),
      received_time: expect.any(String),
      encoded_request: Buffer.from(JSON.stringify(body)).toString('base64'),
      subject_request_id: body.subject_request_id,
    });
    const pending = await ask(body.subject_request_id);
    expect([isSigned(pending.headers, pending.text), pending.body.request_status]).toEqual([true, 'pending']);
    // The same again is the same, and tells nobody twice.
    expect((await send(body)).body).toEqual(answer.body);
    // Accepted without a time in which it can be cancelled.
    expectStatus(await ask(body.subject_request_id, 'DELETE'), 400);

    const other = await platform.account({ name: 'Other', recordsId: 'other' });
    expectStatus(await ask(body.subject_request_id, 'GET', other.key), 404);
    expectStatus(await ask(body.subject_request_id, 'DELETE', other.key), 404);

    const worker = await platform.startWorker();
    const status = await waitFor('completion', async () => {
      const { body: told } = await ask(body.subject_request_id);
      return told.request_status === 'completed' && told;
    });
    expect(status.results_count).toBe(1);
    const [callback, ...more] = await receiver.until('a callback', (received) => received.length > 0);
    expect(more).toEqual([]);
    expect(isSigned(callback?.headers ?? {}, callback?.body ?? '')).toBe(true);
    expect(JSON.parse(callback?.body ?? '')).toEqual({
      controller_id: account._id,
      expected_completion_time: answer.body.expected_completion_time,
      status_callback_url: receiver.url,
      subject_request_id: body.subject_request_id,
      request_status: 'completed',
      results_count: 1,
    });
    await waitFor('the callback to be gone', async () => (await webhooksOf(platform.core.db).countDocuments()) === 0);
    await worker.stop();
  });

  it('cancels a request while it is pending, and tells callbacks and webhooks of it once', async () => {
    const graceful = await platform.startApi({ FORGET_GRACE_MINUTES: '60' });
    const hook = { url: `${receiver.url}/events`, events: ['erasure.cancelled', 'erasure.completed'] };
    expectStatus(await call(url, '/webhooks', { key, body: hook }), 201);
    const callbackUrl = `${receiver.url}/callback`;
    const { subject_request_id: id, ...rest } = requestOf('', {
      subject_identities: [],
      extensions: { [DOMAIN]: { phone_number: `+${TWO}` }, 'other.example.org': { id: 1 } },
      status_callback_urls: [callbackUrl],
    });
    const body = { subject_request_id: id, ...rest };
    expectStatus(await call(graceful.url, `${BASE}/requests`, { key, body }), 201);
    for (const again of [1, 2]) {
      const answer = await ask(id, 'DELETE');
      expect([again, answer.status, isSigned(answer.headers, answer.text)]).toEqual([again, 202, true]);
      expect(answer.body).toMatchObject({ controller_id: account._id, subject_request_id: id, api_version: '2.0' });
    }
    expect((await ask(id)).body.request_status).toBe('cancelled');

    const worker = await platform.startWorker();
    const { db } = platform.core;
    await waitFor('everything to be told', async () => {
      const told = await deliveriesOf(db).countDocuments({ type: 'erasure.cancelled', state: 'delivered' });
      return told === 2 && (await webhooksOf(db).countDocuments({ opendsr: { $exists: true } })) === 0;
    });
    const received = receiver.received.filter(({ path }) => path !== '/hook');
    expect(received.map(({ path }) => path).sort()).toEqual(['/hook/callback', '/hook/events']);
    const [callback, event] = received.sort((one, other) => (one.path < other.path ? -1 : 1));
    expect(isSigned(callback?.headers ?? {}, callback?.body ?? '')).toBe(true);
    expect(JSON.parse(callback?.body ?? '')).toMatchObject({
      ...{ controller_id: account._id, status_callback_url: callbackUrl, subject_request_id: id },
      ...{ request_status: 'cancelled', results_count: 0 },
    });
    expect(event?.message).toMatchObject({
      type: 'erasure.cancelled',
      data: { reference: expect.stringMatching(/^\w{15}$/), account: account._id, profile: 'forget' },
    });
    expect(JSON.stringify(received)).not.toContain(TWO.slice(2));
    await worker.stop();
  });

  it('is done at once with somebody of whom nothing is held', async () => {
    const body = requestOf(NOBODY);
    expectStatus(await send(body), 201);
    expect((await ask(body.subject_request_id)).body).toMatchObject({ request_status: 'completed', results_count: 0 });
    expectStatus(await ask(body.subject_request_id, 'DELETE'), 400);
  });

  it('refuses what it cannot do, in the shape of the standard and without the number', async () => {
    const identity = { identity_type: 'email', identity_value: 'jo@example.org', identity_format: 'raw' };
    const bad: object[] = [
      requestOf(ONE, { subject_request_type: 'access' }),
      requestOf(ONE, { subject_request_id: 'x' }),
      requestOf(ONE, { subject_identities: [identity] }),
      requestOf(ONE, { subject_identities: [] }),
      requestOf(ONE, { extensions: { [DOMAIN]: { phone_number: TWO } } }),
      requestOf('12'),
      requestOf(ONE, { status_callback_urls: ['https://10.0.0.1/'] }),
      requestOf(ONE, { submitted_time: 'yesterday' }),
      requestOf(ONE, { sandbox: true }),
    ];
    for (const body of bad) {
      const answer = await send(body);
      expectStatus(answer, 400);
      expect(answer.body.error).toEqual({
        ...{ code: 400, message: expect.any(String) },
        errors: [{ domain: 'opendsr', reason: 'bad_input', message: expect.any(String) }],
      });
      expect(answer.text).not.toContain(ONE);
    }
    expectStatus(await ask(randomUUID()), 404);
    expectStatus(await send(requestOf(ONE), 'none'), 401);
  });

  it('is set up as a whole, or not at all', async () => {
    const plain = await platform.startApi({ OPENDSR_DOMAIN: '', OPENDSR_KEY_FILE: '', OPENDSR_CERTIFICATE_FILE: '' });
    expectStatus(await call(plain.url, `${BASE}/discovery`), 404);
    expectStatus(await call(plain.url, `${BASE}/requests`, { key, body: requestOf(ONE) }), 404);
    expect(() => openProcessorSigner({ ...setUp, OPENDSR_DOMAIN: undefined })).toThrow(/go together/);
    expect(() => openProcessorSigner({ ...setUp, OPENDSR_KEY_FILE: setUp.OPENDSR_CERTIFICATE_FILE })).toThrow(
      /must be a private key/,
    );
  });
});
