import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deliveriesOf, emitEvent } from '../../src/ledger/webhooks/deliveries.ts';
import { allowRedaction, callOf, makeAgency, type Party } from '../support/interactions.ts';
import { type DescribedOperation, fillPath, readOperations } from '../support/operations.ts';
import { openPlatform, type Platform } from '../support/platform.ts';
import { indexPlatform, insertRecords } from '../support/records.ts';
import { snapshotDatabase } from '../support/snapshot.ts';
import { waitFor } from '../support/wait-for.ts';
import { type Answer, call } from '../support/wire.ts';

const DIGITS = '447700900321';
const SECRET = 'canary-of-the-victim';
const nameOf = ({ method, template }: DescribedOperation) => `${method} ${template}`;

/** Every route there is, asked by a stranger for what another account has, and for what nobody has. */
describe('a stranger at every route', () => {
  let platform: Platform;
  let url: string;
  let stranger: Party;
  let sibling: Party;
  let operations: DescribedOperation[];
  let theirs: Record<string, string>;
  let nobodys: Record<string, string>;

  beforeAll(async () => {
    platform = await openPlatform('e2e-strangers', { RATE_LIMIT_PER_SECOND: '0', REDACT_WAIT_MINUTES: '0' });
    const { db } = platform.core;
    await indexPlatform(db);
    ({ url } = await platform.startApi());
    const made = await makeAgency(platform);
    ({ stranger, sibling } = made);
    const victim = made.sub;
    const owner = { account_id: victim.account.records_id };
    await allowRedaction(platform, made, { manual: true });
    await insertRecords(db, victim.account.records_id, DIGITS, {
      contacts: 2,
      lists: 1,
      sent: 3,
      received: 2,
      calls: 2,
    });
    await db.collection('calls').insertOne(callOf(victim.account, 'v77', new Date('2026-01-01'), { notes: SECRET }));
    await db
      .collection('sent_sms')
      .insertOne({ ...owner, message_id: 'v1', to: DIGITS, body: SECRET, sent_at: new Date() });
    await db.collection('legs').insertOne({ ...owner, leg_id: 'v1', conversation_uuid: 'CON-v', status: SECRET });
    await db.collection('media').insertOne({ ...owner, media_id: 'v1' });
    await db.collection('users').insertOne({ ...owner, user_id: 'v1', name: SECRET });
    await db.collection('events').insertOne({ ...owner, event_id: 'v1', conversation_id: 'CON-v', body: SECRET });

    const worker = await platform.startWorker();
    const report = await call(url, '/v2/reports', { key: victim.key, body: { include_message: true } });
    const request_id = String(report.body.request_id);
    const file = () => call(url, `/v2/reports/${request_id}/file`, { key: victim.key });
    await waitFor('the file', async () => (await file()).text.includes(SECRET));
    await worker.stop();
    const past = { redact_past: true, understood: true };
    const redaction = await call(url, `/accounts/${victim.account._id}/interactions/v77/redact`, {
      key: victim.key,
      body: past,
    });
    const forgotten = await call(url, '/gdpr/forget', { key: victim.key, body: { number: DIGITS } });
    expect([redaction.status, forgotten.status]).toEqual([202, 200]);

    const batch = await call(url, '/gdpr/forget/batch', { key: victim.key, body: { numbers: [DIGITS] } });
    const hook = await call(url, '/webhooks', { key: victim.key, body: { url: 'https://example.org/' } });
    await emitEvent(platform.core.db, {
      ...{ id: 'msg_x', account: victim.account._id, type: 'erasure.completed', at: new Date(), data: {} },
    });
    const delivery = await deliveriesOf(platform.core.db).findOne({ account_id: victim.account._id });

    theirs = {
      account: victim.account._id,
      interaction: 'v77',
      reference: String(redaction.body.reference),
      forgotten: String(forgotten.body.reference),
      request_id,
      e164: DIGITS,
      id: 'v1',
      key: victim.key.split('.')[0] ?? '',
      conversation: 'CON-v',
      event: 'v1',
      subject_request_id: 'a7551968-d5d6-44b2-9831-815ac9017798',
      batch: String(batch.body.batch),
      webhook: String(hook.body.id),
      delivery: String(delivery?._id),
    };
    nobodys = {
      account: 'acc_aaaaaaaaaaaa',
      interaction: 'n77',
      reference: 'BWwmkoxO3YTfpEt',
      forgotten: 'BWwmkoxO3YTfpEt',
      request_id: '0d5c0e4c-0c9f-4c63-8b53-3f0a2f1f2f5a',
      e164: '447700900322',
      id: 'n1',
      key: 'BWwmkoxO3YTfpEt0',
      conversation: 'CON-n',
      event: 'n1',
      subject_request_id: 'b7551968-d5d6-44b2-9831-815ac9017798',
      batch: 'bat_BWwmkoxO3YTfpEt',
      webhook: 'wh_BWwmkoxO3YTfpEt',
      delivery: '65c0f7e2a1b2c3d4e5f60718',
    };
    operations = (await readOperations(url)).filter((one) => one.guarded && !one.forPeople);
  });
  afterAll(() => platform?.close());

  /** What an operation without a place in its path is asked for. A new one must be added here. */
  const ASKED: Record<string, (of: Record<string, string>) => { query?: string; body?: object }> = {
    'POST /gdpr/forget': (of) => ({ body: { number: of.e164 } }),
    'GET /webhooks': () => ({}),
    'POST /opendsr/2.0/requests': () => ({ body: { subject_request_id: 'x' } }),
    'POST /webhooks': () => ({ body: { url: 'x' } }),
    'GET /webhooks/deliveries': (of) => ({ query: `webhook=${of.webhook}` }),
    'GET /gdpr/receipt': (of) => ({ query: `reference=${of.forgotten}` }),
    'POST /gdpr/receipt/match': (of) => ({ body: { reference: of.forgotten, number: of.e164 } }),
    'GET /gdpr/status': (of) => ({ query: `reference=${of.forgotten}` }),
    'POST /gdpr/status': (of) => ({ body: { reference: of.forgotten } }),
    'POST /blacklist/check': (of) => ({ body: { number: of.e164 } }),
    'GET /search/message': (of) => ({ query: `id=${of.id}` }),
    'GET /search/messages': (of) => ({ query: `ids=${of.id}` }),
    'GET /gdpr/access': (of) => ({ query: `number=${of.e164}` }),
    'GET /v2/reports/records': (of) => ({ query: `to=${of.e164}&include_message=true` }),
    'POST /v2/reports': (of) => ({ body: { to: of.e164, include_message: true } }),
    'POST /v1/redact/transaction': (of) => ({ body: { id: of.id, product: 'sms' } }),
    'GET /requests': (of) => ({ query: `account=${of.account}` }),
    'POST /requests/retry': (of) => ({ body: { references: [of.forgotten] } }),
    'GET /audit': (of) => ({ query: `account=${of.account}` }),
    'POST /audit/verify': (of) => ({ body: { account: of.account } }),
    'GET /figures': (of) => ({ query: `account=${of.account}` }),
    'GET /records-of-processing': (of) => ({ query: `account=${of.account}` }),
    'POST /gdpr/access': (of) => ({ body: { number: of.e164 } }),
    'POST /gdpr/forget/preview': (of) => ({ body: { number: of.e164 } }),
    // A list of nobody's: its answer has a digest of what was sent.
    'POST /gdpr/forget/batch': () => ({ body: { numbers: ['none'] } }),
    'GET /suppressions': () => ({}),
    'POST /suppressions/check': (of) => ({ body: { number: of.e164 } }),
    'POST /suppressions/lift': (of) => ({ body: { number: of.e164, reason: 'asked for' } }),
    'GET /console/api/accounts': () => ({}),
    'GET /console/api/keys': () => ({}),
    // One that is made would be another each time.
    'POST /console/api/keys': () => ({ body: { label: 'a stranger’s', scopes: ['people'] } }),
    'GET /v0.1/legs': (of) => ({ query: `conversation_uuid=${of.conversation}` }),
  };
  const BODIES: Record<string, object> = {
    'PATCH /accounts/{account}/redaction': { manual: true },
    'POST /accounts/{account}/interactions/{interaction}/redact': { redact_content: true, understood: true },
    'POST /accounts/{account}/interactions/search': {},
    'PUT /v0.1/users/{id}': { name: 'gone' },
  };

  const ask = (operation: DescribedOperation, key: string, of: Record<string, string>): Promise<Answer> => {
    const name = nameOf(operation);
    const made = ASKED[name]?.(of) ?? { body: BODIES[name] };
    if (!operation.template.includes('{') && !ASKED[name])
      throw new Error(`${name} is new: say what a stranger asks it`);
    if (operation.body && !made.body) throw new Error(`${name} is new: say what body a stranger sends`);
    const { query, body } = made as { query?: string; body?: object };
    return call(url, `${fillPath(operation.template, of)}${query ? `?${query}` : ''}`, {
      key,
      method: operation.method,
      ...(body && { body }),
    });
  };
  /** The answer without what is another each time, or was sent. */
  const plain = ({ status, text, headers }: Answer, of: Record<string, string>) => {
    const times = /\d{4}-\d\d-\d\dT[\d:.]+Z|"created_at":\d+/g;
    const ids =
      /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|bat_[A-Za-z0-9]{15}|"(reference|seq)":("[^"]*"|\d+)/g;
    let body = text
      .replace(times, 'TIME')
      .replace(ids, 'ID')
      .replaceAll(/"audit":\[[^\]]*\]/g, 'AUDIT')
      // What was sent, in the writings of a reading.
      .replaceAll(/"(international|national)":"[^"]*"/g, 'READ');
    for (const value of Object.values(of)) body = body.replaceAll(value, 'SENT');
    return { status, body, type: headers['content-type'], names: Object.keys(headers).sort() };
  };

  it.each(['stranger', 'sibling'] as const)('%s: learns nothing, changes nothing', async (who) => {
    const { key } = who === 'stranger' ? stranger : sibling;
    // Whatever names the victim, and nothing else: the stranger's own requests and audit entries grow.
    const victims = async () => {
      const rows = Object.values(await snapshotDatabase(platform)).flat();
      return rows.filter((row) => row.includes(theirs.account ?? '-'));
    };
    const before = await victims();
    expect(operations.length).toBeGreaterThan(20);
    for (const operation of operations) {
      const [one, other] = [await ask(operation, key, theirs), await ask(operation, key, nobodys)];
      const name = nameOf(operation);
      expect({ name, ...plain(one, theirs) }).toEqual({ name, ...plain(other, nobodys) });
      expect({ name, leaks: one.text.includes(SECRET) }).toEqual({ name, leaks: false });
      expect(one.status).toBeLessThan(500);
    }
    expect(before.length).toBeGreaterThan(15);
    expect(await victims()).toEqual(before);
  });

  it('without a key: 401 at every route', async () => {
    for (const operation of operations) {
      const answer = await ask(operation, 'none', theirs);
      expect({ name: nameOf(operation), status: answer.status }).toEqual({ name: nameOf(operation), status: 401 });
      expect(answer.text).not.toContain(SECRET);
    }
  });
});
