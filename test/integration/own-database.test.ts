import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type mongoose from 'mongoose';
import { runCli } from '../support/cli.ts';
import { askToForget, forget, untilCompleted } from '../support/forget.ts';
import { phoneNumber } from '../support/numbers.ts';
import { openPlatform, type Platform } from '../support/platform.ts';
import { indexPlatform, insertRecords } from '../support/records.ts';
import { findTraces, readDatabase } from '../support/traces.ts';

const JO = phoneNumber(447700900123);
const OWN = `own-${process.pid}-${Date.now()}`;

describe("Lethe's own collections in a database of their own", () => {
  let platform: Platform;
  let records: mongoose.mongo.Db;
  let url: string;
  beforeAll(async () => {
    platform = await openPlatform('own-database', { LETHE_DATABASE: OWN });
    records = platform.core.db.client.db(platform.config.MONGODB_DATABASE);
    await indexPlatform(records);
    ({ url } = await platform.startApi());
    await platform.startWorker();
  });
  afterAll(() => platform?.close());

  const namesIn = async (db: mongoose.mongo.Db) =>
    (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);

  it('an erasure works over both, and leaves nothing of either in the other', async () => {
    const { account, key } = await platform.account();
    const at = account.records_id;
    await insertRecords(records, at, JO, { contacts: 1, lists: 1, sent: 2, received: 1, calls: 2 });
    await records.collection('sent_sms').insertOne({ account_id: at, to: '447700900456', body: 'call 07700 900 123' });
    const asked = await Promise.all([1, 2, 3].map(() => askToForget(url, key, { number: JO })));
    const references = new Set(asked.map(({ body }) => body.reference));
    expect(references.size).toBe(1);
    expect(await records.collection('blacklist').countDocuments()).toBe(1);
    const { erased } = await untilCompleted(platform, String([...references][0]));
    expect(erased).toMatchObject({ contacts: 1, contact_lists: 1, sent_sms: 2, received_sms: 1, calls: 2 });

    expect((await namesIn(records)).filter((name) => name.startsWith('lethe_'))).toEqual([]);
    expect((await namesIn(platform.core.db)).filter((name) => !name.startsWith('lethe_'))).toEqual([]);
    expect(await records.collection('blacklist').find().toArray()).toMatchObject([{ masked: '44********23' }]);
    expect(findTraces(await readDatabase(platform), [JO])).toEqual([]);
    expect(findTraces(await readDatabase({ core: { db: records } }), [JO])).toEqual([]);
  });

  it('commands look at the right one', async () => {
    const { account, key } = await platform.account({ name: 'Other' });
    await records.collection('strays').insertOne({ phone: '447700900789' });
    const checked = await runCli(['check-map'], platform.env);
    expect(checked.out.join('\n')).toContain('not in the map, so nothing in them is erased: strays\n');
    expect(checked.out.join('\n')).not.toContain('lethe_requests');
    expect(checked.code).toBe(0);
    const found = await runCli(['find', '--expect-none'], platform.env, new Date(), '447700900789');
    expect([found.code, found.out.join('\n')]).toEqual([1, expect.stringContaining('strays')]);
    expect((await runCli(['discover'], platform.env)).out.join('\n')).toContain('strays');
    await insertRecords(records, account.records_id, phoneNumber(447700900555), { contacts: 1 });
    await untilCompleted(platform, await forget(url, key, { number: 447700900555 }));
    expect(await records.collection('contacts').countDocuments({ account_id: account.records_id })).toBe(0);
  });
});
