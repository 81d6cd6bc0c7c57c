import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type MongoProxy, readWireCommand, startMongoProxy } from '../../support/chaos-mongo.ts';
import { runCli } from '../../support/cli.ts';
import { forget, untilCompleted } from '../../support/forget.ts';
import { missingActions, type RoleResult, runRole } from '../../support/mongodb-role.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { openRecordings, type RecordingFolder } from '../../support/recordings.ts';
import { indexPlatform, insertRecords } from '../../support/records.ts';
import { insertTransactions, redact } from '../../support/transactions.ts';
import { waitFor } from '../../support/wait-for.ts';
import { call } from '../../support/wire.ts';

const PERSON = '447700900321';

/**
 * The local engine knows no users. A proxy notes down every command instead, and each is compared with what the role
 * allows: MongoDB would refuse what is not.
 */
describe('deploy/mongodb/role.js', () => {
  let proxy: MongoProxy;
  let platform: Platform;
  let recordings: RecordingFolder;
  let role: RoleResult;
  const seen = new Map<string, { command: string; collection: string }>();

  beforeAll(async () => {
    recordings = await openRecordings();
    platform = await openPlatform('role', { RECORDINGS_DIR: recordings.path });
    role = runRole({ PASSWORD: 'x', DATABASE: platform.config.MONGODB_DATABASE });
    await indexPlatform(platform.core.db);
    proxy = await startMongoProxy(String(platform.env.MONGODB_URI));
    proxy.intercept(({ from, bytes }) => {
      const message = from === 'client' ? readWireCommand(bytes) : null;
      if (message) {
        const collection = message.collection ?? '';
        seen.set(`${message.name} ${collection}`, { command: message.name, collection });
        // An upsert is an insert, too.
        if (message.holds('upsert')) seen.set(`insert ${collection}`, { command: 'insert', collection });
      }
      return 'pass';
    });
  });
  afterAll(async () => {
    await platform?.close();
    await proxy?.close();
    await recordings?.remove();
  });

  it('allows all that API, worker and command line ask of MongoDB', async () => {
    const { db } = platform.core;
    const env = { MONGODB_URI: proxy.uri };
    const cli = { ...platform.env, ...env };
    const { account, key } = await platform.account();
    await platform.core.accounts.setRetention(account._id, 13);
    const owner = { account_id: account.records_id };
    await insertRecords(db, account.records_id, PERSON, { contacts: 1, lists: 1, sent: 3, received: 1, calls: 1 });
    await insertTransactions(platform, account.records_id);
    await db
      .collection('calls')
      .insertOne({ ...owner, call_id: 'c', from: PERSON, recording_url: await recordings.put('c.mp3') });
    await db
      .collection('legs')
      .insertOne({ ...owner, leg_id: 'leg-1', from: PERSON, to: PERSON, started_at: new Date() });
    await db.collection('users').insertOne({ ...owner, user_id: 'USR-1', name: PERSON });
    await db.collection('media').insertOne({ ...owner, media_id: 'm-1', file: await recordings.put('m.mp3') });
    await db.collection('events').insertOne({ ...owner, event_id: 7, conversation_id: 'CON-1', body: { a: 1 } });
    await db.collection('received_sms').insertOne({ ...owner, from: PERSON, received_at: new Date('2020-01-01') });

    for (const args of [['check-map'], ['account', 'list'], ['request', 'list'], ['audit', 'verify']])
      expect((await runCli(args, cli)).code).not.toBe(2);
    const api = await platform.startApi(env);
    const worker = await platform.startWorker(env);
    const ask = (path: string, options: Parameters<typeof call>[2] = {}) => call(api.url, path, { key, ...options });
    const answered = async (status: number, path: string, options: Parameters<typeof call>[2] = {}) =>
      expect([path, (await ask(path, options)).status]).toEqual([path, status]);

    await answered(200, `/gdpr/access?number=${PERSON}`);
    await answered(200, '/search/messages?date_start=2026-01-01&date_end=2026-01-02');
    await answered(200, '/v2/reports/records?product=SMS&direction=outbound&date_start=2026-01-01&date_end=2026-01-02');
    const order = { product: 'SMS', direction: 'outbound', date_start: '2026-01-01', date_end: '2026-01-02' };
    const report = `/v2/reports/${String((await ask('/v2/reports', { body: order })).body.request_id)}`;
    await waitFor('the report', async () => (await ask(report)).body.request_status === 'SUCCESS');
    await answered(200, `${report}/file`);
    expect((await redact(api.url, key, { id: 'out-1', product: 'sms', type: 'outbound' })).status).toBe(204);
    await answered(200, '/v0.1/legs?conversation_uuid=CON-1');
    await answered(204, '/v0.1/legs/leg-1', { method: 'DELETE' });
    await answered(204, '/v0.1/users/USR-1', { method: 'DELETE' });
    await answered(204, '/v3/media/m-1', { method: 'DELETE' });
    await answered(204, '/v0.1/conversations/CON-1/events/7', { method: 'DELETE' });
    const settings = `/accounts/${account._id}/redaction`;
    await answered(200, settings, { method: 'PATCH', body: { manual: true, automatic: 'daily', time_zone: 'UTC' } });
    await answered(200, `/accounts/${account._id}/interactions?kind=call`);
    await answered(200, `/accounts/${account._id}/interactions/report`);
    const past = { redact_content: true, redact_past: true, understood: true };
    await answered(202, `/accounts/${account._id}/interactions/call-in/redact`, { body: past });
    await answered(200, `/v1/contacts/+${PERSON}`, { method: 'DELETE' });
    await answered(200, '/gdpr/forget', { body: { number: PERSON, sandbox: true } });
    await untilCompleted(platform, await forget(api.url, key, { number: PERSON }));
    await insertRecords(db, account.records_id, PERSON, { sent: 1 });
    await untilCompleted(platform, await forget(api.url, key, { number: PERSON, blacklist: true }));
    await answered(200, '/blacklist/check', { body: { number: PERSON } });
    await answered(200, '/gdpr/status?date=today');
    await answered(200, '/metrics');
    await waitFor(
      'retention',
      async () =>
        (await db.collection('received_sms').countDocuments({ received_at: { $lt: new Date('2021-01-01') } })) === 0,
    );
    await worker.stop();

    // What a cluster is sharded by stands in a database of its own.
    const databaseOf = (collection: string) =>
      collection === 'collections' ? 'config' : platform.config.MONGODB_DATABASE;
    const refused = [...seen.values()].flatMap(({ command, collection }) =>
      missingActions(role, databaseOf(collection), command, collection).map(
        (action) => `${command} ${collection}: ${action}`,
      ),
    );
    expect(refused).toEqual([]);
    // The flows above did reach what matters: otherwise nothing would be refused for want of asking.
    expect([...seen.keys()]).toEqual(
      expect.arrayContaining([
        'delete contacts',
        'delete blacklist',
        'delete lethe_files',
        'insert lethe_audit',
        'update sent_sms',
      ]),
    );
  });
});
