import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { previewRetention } from '../../../../src/contracts/retention/preview.ts';
import type { Account } from '../../../../src/ledger/accounts/accounts.ts';
import { AUDIT } from '../../../../src/ledger/audit/entry.ts';
import { createBinder } from '../../../../src/ledger/requests/bind.ts';
import { eraseRequest } from '../../../../src/ledger/requests/erase.ts';
import { REQUEST_CALL, requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import { openRequest } from '../../../../src/ledger/requests/open-request.ts';
import { addJob } from '../../../../src/ledger/work/call.ts';
import { createJobDependencies } from '../../../../workers/jobs/dependencies.ts';
import type { RunningWorker } from '../../../../workers/worker.ts';
import { forget, untilCompleted, untilRequest } from '../../../support/forget.ts';
import { allowRedaction, makeAgency } from '../../../support/interactions.ts';
import { writeMap } from '../../../support/map-file.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { openRecordings, type RecordingFolder } from '../../../support/recordings.ts';
import { redact } from '../../../support/transactions.ts';
import { waitFor } from '../../../support/wait-for.ts';
import { call } from '../../../support/wire.ts';

const JO = '447700900123';
const AL = '447700900456';
/** Twelve months before it is the fifth of June 2026. */
const NEXT_YEAR = new Date('2027-06-05T12:00:00Z');
const at = (day: number) => new Date(Date.UTC(2026, 5, day, 12));

/** People have numbers; chats know the person, lines the chat, remarks the call. Posts tell their account by the person. */
const MAP = `
version: 2
account: acc
collections:
  - { collection: people, record: contact, numbers: [ phone ], fields: [ { path: name, category: name } ] }
  - collection: chats
    account: acc
    record: chat
    interaction: chat
    id: cid
    at: at
    redacted: red
    via: { collection: people, key: _id, field: who }
    fields: [ { path: title, category: name } ]
  - collection: lines
    record: message
    via: { collection: chats, key: _id, field: chat }
    numbers: [ sender ]
    fields: [ { path: text, category: body }, { path: "parts[].text", category: body } ]
  - collection: posts
    record: message
    interaction: text
    id: pid
    at: at
    redacted: red
    via: { collection: people, key: _id, field: who }
    fields: [ { path: text, category: body } ]
  - collection: calls
    record: call
    interaction: call
    id: kid
    at: at
    redacted: red
    numbers: [ from ]
    fields: [ { path: note, category: note } ]
  - collection: remarks
    record: message
    via: { collection: calls, key: _id, field: call }
    fields: [ { path: text, category: body } ]
  - collection: tickets
    record: other
    via: { collection: calls, key: _id, field: call }
    fields: [ { path: text, category: body } ]
  - collection: answers
    record: message
    interaction: text
    id: aid
    at: at
    redacted: red
    via: { collection: tickets, key: _id, field: ticket }
    fields: [ { path: text, category: body } ]
  - collection: split
    record: message
    numbers: [ { parts: [ cc, local ], code: true } ]
    fields: [ { path: text, category: body } ]
  - collection: bulk
    record: message
    id: "items[].mid"
    at: at
    products: [ sms ]
    direction: { path: way }
    numbers: [ "items[].to" ]
    fields: [ { path: "items[].text", category: body }, { path: "items[].rec", category: recording } ]
  - collection: multipart
    record: message
    id: "ids[]"
    at: at
    products: [ sms ]
    direction: outbound
    numbers: [ to ]
    fields: [ { path: text, category: body } ]
  - { collection: clients, record: resource, resource: user, id: uid, numbers: [ name ] }
  - collection: visits
    record: message
    via: { collection: clients, key: _id, field: client }
    fields: [ { path: text, category: body } ]
  - collection: ratings
    record: other
    via: { collection: visits, key: _id, field: visit }
    fields: [ { path: text, category: body } ]
  - collection: outbox
    record: scheduled
    via: { collection: people, key: _id, field: who }
    fields: [ { path: text, category: body } ]
    pending: { path: status, values: [ pending ], at: due }
  - collection: callbacks
    record: scheduled
    via: { collection: calls, key: _id, field: call }
    fields: [ { path: text, category: body } ]
    pending: { path: status, values: [ pending ], at: due }
  - { collection: blacklist, record: suppression, numbers: [ number ] }
`;

describe('doors beside forgetting follow references', () => {
  let platform: Platform;
  let worker: RunningWorker;
  let url: string;
  let map: Awaited<ReturnType<typeof writeMap>>;
  let folder: RecordingFolder;
  let account: Account;
  let key: string;
  beforeAll(async () => {
    map = await writeMap(MAP);
    folder = await openRecordings();
    platform = await openPlatform('reference-doors', { DATA_MAP: map.file, RECORDINGS_DIR: folder.path });
    worker = await platform.startWorker();
    ({ url } = await platform.startApi());
  });
  afterAll(async () => {
    await platform?.close();
    await map?.remove();
    await folder?.remove();
  });
  beforeEach(async () => {
    const made = await makeAgency(platform);
    ({ account, key } = made.sub);
    await allowRedaction(platform, made, { manual: true });
    await fill();
  });

  const db = () => platform.core.db;
  const named = (id: string) => `${account._id}-${id}`;
  /** Ids are the account's own: records of an account that only others tell must not be taken for another's. */
  const put = (name: string, rows: readonly object[]) =>
    db()
      .collection<{ _id: string }>(name)
      .insertMany(rows.map((row) => ({ ...(row as { _id: string }), _id: named((row as { _id: string })._id) })));
  async function fill(): Promise<void> {
    const acc = account.records_id;
    await put('people', [
      { _id: 'jo', acc, phone: JO, name: 'Jo' },
      { _id: 'al', acc, phone: AL, name: 'Al' },
    ]);
    await put('chats', [
      { _id: 'old', acc, cid: 'old', who: named('jo'), at: at(2), title: 'Jo' },
      { _id: 'new', acc, cid: 'new', who: named('jo'), at: at(20), title: 'Jo' },
      { _id: 'als', acc, cid: 'als', who: named('al'), at: at(2), title: 'Al' },
    ]);
    await put('lines', [
      { _id: 'l1', chat: named('old'), text: 'secret', parts: [{ text: 'secret' }], sender: JO },
      { _id: 'l2', chat: named('new'), text: 'later' },
      { _id: 'l3', chat: named('als'), text: 'for Al', sender: AL },
    ]);
    await put('posts', [
      { _id: 'p1', pid: 'p1', who: named('jo'), at: at(3), text: 'secret' },
      { _id: 'p2', pid: 'p2', who: named('jo'), at: at(21), text: 'later' },
      { _id: 'p3', pid: 'p3', who: named('al'), at: at(3), text: 'for Al' },
    ]);
    await put('calls', [
      { _id: 'k1', kid: 'k1', acc, from: JO, at: at(4), note: 'secret' },
      { _id: 'k2', kid: 'k2', acc, from: JO, at: at(10), note: 'this one' },
    ]);
    await put('remarks', [
      { _id: 'r1', call: named('k1'), text: 'secret' },
      { _id: 'r2', call: named('k2'), text: 'this one' },
    ]);
    await put('split', [
      { _id: 's1', acc, cc: '44', local: '7700 900123', text: 'secret' },
      { _id: 's2', acc, cc: '44', local: '7700 900456', text: 'for Al' },
    ]);
  }
  /** One field of every record of a collection, by the short `_id`. */
  const read = async (name: string, field: string): Promise<unknown[]> => {
    const rows = await db()
      .collection<{ _id: string }>(name)
      .find({ _id: { $regex: `^${account._id}-` } })
      .sort({ _id: 1 })
      .toArray();
    return rows.map((row) => (row as unknown as Record<string, unknown>)[field]);
  };
  const ended = (reference: string) =>
    waitFor('the end', async () => {
      const row = await requestsOf(db()).findOne({ account_id: account._id, reference });
      return row?.state === 'completed' || row?.state === 'failed' ? row : null;
    });
  const redactOne = (id: string, body: object) =>
    call(url, `/accounts/${account._id}/interactions/${id}/redact`, {
      method: 'POST',
      key,
      body: { ...body, understood: true },
    });

  it('erasing a contact takes the texts that only their records lead to, and numbers in several fields', async () => {
    const erase = () => call(url, `/v1/contacts/%2B${JO}`, { method: 'DELETE', key });
    expect((await erase()).body).toEqual({ erased: true, e164: `+${JO}`, records_affected: 7 });
    expect(await read('lines', 'text')).toEqual(['[REDACTED]', '[REDACTED]', 'for Al']);
    expect(await read('lines', 'parts')).toEqual([[{ text: '[REDACTED]' }], undefined, undefined]);
    expect(await read('posts', 'text')).toEqual(['[REDACTED]', '[REDACTED]', 'for Al']);
    expect(await read('remarks', 'text')).toEqual(['[REDACTED]', '[REDACTED]']);
    expect(await read('split', 'text')).toEqual(['[REDACTED]', 'for Al']);
    // Rows and numbers stay.
    expect([await read('lines', 'sender'), await read('people', 'phone'), await read('split', 'local')]).toEqual([
      [JO, undefined, AL],
      [AL, JO],
      ['7700 900123', '7700 900456'],
    ]);
    expect((await erase()).body.records_affected).toBe(0);
  });

  it('the past of an interaction goes with what only their records lead to', async () => {
    // Redactions of interactions leave tickets as they are, and lead over them to the answers.
    await put('tickets', [{ _id: 't1', call: named('k1'), text: 'stays' }]);
    await put('answers', [{ _id: 'a1', aid: 'a1', ticket: named('t1'), at: at(4), text: 'secret' }]);
    const { body, status } = await redactOne('k2', { redact_past: true });
    expect(status).toBe(202);
    const done = await ended(String(body.reference));
    expect({ state: done.state, failure: done.failure, erased: done.erased }).toEqual({
      state: 'completed',
      erased: { calls: 1, remarks: 1, chats: 1, lines: 1, posts: 1, answers: 1 },
    });
    expect(done).not.toHaveProperty('references');
    expect([await read('tickets', 'text'), await read('answers', 'text')]).toEqual([['stays'], [null]]);
    expect(await read('remarks', 'text')).toEqual([null, 'this one']);
    expect(await read('chats', 'title')).toEqual(['Al', 'Jo', null]);
    expect(await read('lines', 'text')).toEqual([null, 'later', 'for Al']);
    expect(await read('posts', 'text')).toEqual([null, 'later', 'for Al']);
    expect((await read('posts', 'red')).map((red) => red instanceof Date)).toEqual([true, false, false]);
    expect(await read('lines', 'sender')).toEqual([null, undefined, AL]);
  });

  it('automatic redaction takes what belongs to old interactions, whoever tells their account', async () => {
    const { request } = await openRequest(db(), {
      ...{ account_id: account._id, profile: 'interaction', selector: { by: 'age', before: at(15) } },
      ...{ token: 'auto:2026-06-15', requested_by: 'schedule', keep_suppression: true, now: new Date() },
      ...{ deadlineMs: 86_400_000, graceMs: 0 },
    });
    await addJob(worker.producer, REQUEST_CALL, request);
    const done = await ended(request.reference);
    expect({ state: done.state, failure: done.failure, erased: done.erased }).toEqual({
      state: 'completed',
      erased: { calls: 2, remarks: 2, chats: 2, lines: 2, posts: 2 },
    });
    expect(await read('lines', 'text')).toEqual([null, 'later', null]);
    expect(await read('lines', 'sender')).toEqual([null, undefined, null]);
    expect(await read('posts', 'text')).toEqual([null, 'later', null]);
    expect(await read('remarks', 'text')).toEqual([null, null]);
  });

  it('one interaction by its id takes what belongs to it', async () => {
    expect((await redactOne('old', { redact_content: true })).status).toBe(200);
    expect(await read('lines', 'text')).toEqual([null, 'later', 'for Al']);
    expect(await read('lines', 'sender')).toEqual([null, undefined, AL]);
    expect(await read('chats', 'title')).toEqual(['Al', 'Jo', null]);
  });

  describe('deletions', () => {
    const draft = (): Parameters<typeof openRequest>[1] => ({
      account_id: account._id,
      profile: 'retention',
      selector: { by: 'age', before: at(5) },
      token: 'retention:2026-06-05',
      requested_by: 'schedule',
      keep_suppression: true,
      now: new Date(),
      deadlineMs: 86_400_000,
      graceMs: 0,
    });
    const retain = async () => {
      const { request } = await openRequest(db(), draft());
      await addJob(worker.producer, REQUEST_CALL, request);
      return ended(request.reference);
    };
    const remove = (id: string) => call(url, `/v0.1/users/${id}`, { method: 'DELETE', key });

    it('by age take what belongs to a record that goes, whenever it happened, and are counted before', async () => {
      const preview = await previewRetention(platform.core, { ...account, retention_months: 12 }, NEXT_YEAR);
      expect(preview.map(({ name, records, old }) => ({ name, records, old }))).toEqual([
        { name: 'calls', records: 1, old: 1 },
        { name: 'remarks', records: 1, old: 0 },
      ]);
      const done = await retain();
      expect({ state: done.state, failure: done.failure, erased: done.erased }).toEqual({
        state: 'completed',
        erased: { calls: 1, remarks: 1 },
      });
      expect(done).not.toHaveProperty('references');
      expect([await read('calls', 'note'), await read('remarks', 'text')]).toEqual([['this one'], ['this one']]);
    });

    it('by age go in portions, and are counted as one', async () => {
      const old = ['k3', 'k4', 'k5', 'k6', 'k7'];
      await put(
        'calls',
        old.map((_id) => ({ _id, kid: _id, acc: account.records_id, from: AL, at: at(1) })),
      );
      await put(
        'remarks',
        old.map((id) => ({ _id: `r-${id}`, call: named(id), text: 'old' })),
      );
      const { request } = await openRequest(db(), { ...draft(), graceMs: 3_600_000 });
      const { erase } = createJobDependencies(platform.core, worker.producer, platform.logger, () => new Date());
      const bind = createBinder({ ...platform.core, now: () => new Date(), portion: 2 });
      const key = { account: account._id, reference: request.reference };
      await eraseRequest({ ...erase, bind, batchSize: 4 }, key, new AbortController().signal);
      const done = await requestsOf(db()).findOne({ account_id: account._id, reference: request.reference });
      expect(done).toMatchObject({ state: 'completed', erased: { calls: 6, remarks: 6 } });
      expect([await read('calls', 'kid'), await read('remarks', 'text')]).toEqual([['k2'], ['this one']]);
    });

    it('by age leave a record that leads to what stays, name it, and take the others', async () => {
      await put('calls', [{ _id: 'k0', kid: 'k0', acc: account.records_id, from: AL, at: at(3), note: 'older' }]);
      await put('callbacks', [{ _id: 'b1', call: named('k1'), text: 'call Jo back', status: 'done', due: at(4) }]);
      const failed = await retain();
      expect(failed).toMatchObject({
        state: 'failed',
        failure: { name: 'orphaned_records', where: expect.stringMatching(/^calls \(_id /), count: 1 },
        erased: { calls: 1 },
      });
      expect(await read('calls', 'kid')).toEqual(['k1', 'k2']);
      expect(await read('remarks', 'text')).toEqual(['secret', 'this one']);
      await db()
        .collection<{ _id: string }>('callbacks')
        .deleteOne({ _id: named('b1') });
      await requestsOf(db()).updateOne({ reference: failed.reference }, { $set: { not_before: new Date(0) } });
      await waitFor('completion', async () => {
        const row = await requestsOf(db()).findOne({ account_id: account._id, reference: failed.reference });
        return row?.state === 'completed';
      });
      expect(await read('remarks', 'text')).toEqual(['this one']);
    });

    it('of a resource take what belongs to it, over two hops, with their number in the audit', async () => {
      const acc = account.records_id;
      await put('clients', [
        { _id: 'c1', acc, uid: 'u1', name: JO },
        { _id: 'c2', acc, uid: 'u2', name: AL },
      ]);
      await put('visits', [
        { _id: 'v1', client: named('c1'), text: 'secret' },
        { _id: 'v2', client: named('c2'), text: 'of Al' },
      ]);
      await put('ratings', [
        { _id: 'g1', visit: named('v1'), text: 'good' },
        { _id: 'g2', visit: named('v2'), text: 'bad' },
      ]);
      expect((await remove('u1')).status).toBe(204);
      expect([await read('clients', 'uid'), await read('visits', 'text'), await read('ratings', 'text')]).toEqual([
        ['u2'],
        ['of Al'],
        ['bad'],
      ]);
      const entry = await db().collection(AUDIT).findOne({ account_id: account._id, reference: 'u1' });
      expect(entry?.counts).toEqual({ clients: 1, visits: 1, ratings: 1 });
      expect((await remove('u1')).status).toBe(404);
    });

    it('of a person wait for messages that are known by the person alone', async () => {
      // Its time is over, and nobody has sent it yet.
      const due = new Date(Date.now() - 1_000);
      await put('outbox', [{ _id: 'o1', who: named('jo'), text: 'See you, Jo', status: 'pending', due }]);
      const reference = await forget(url, key, { number: JO });
      const waiting = await untilRequest(platform, reference, 'a wait', ({ state }) => state === 'waiting');
      expect(waiting).toMatchObject({ wait: 'scheduled', wait_until: due });
      expect(await read('outbox', 'text')).toEqual(['See you, Jo']);
      await db()
        .collection<{ _id: string }>('outbox')
        .updateOne({ _id: named('o1') }, { $set: { status: 'sent' } });
      await untilCompleted(platform, reference);
      expect(await read('outbox', 'text')).toEqual(['[REDACTED]']);
    });
  });

  describe('a transaction whose id is one of several', () => {
    const send = (id: string, type = 'outbound') => redact(url, key, { id, product: 'sms', type });
    const bulk = () => db().collection('bulk').findOne({ acc: account.records_id });

    it('changes its own element alone, and nothing in the wrong direction', async () => {
      const items = [
        { mid: 'a1', to: JO, text: 'to Jo', rec: await folder.put('a1.mp3') },
        { mid: 'a2', to: AL, text: 'to Al', rec: await folder.put('a2.mp3') },
      ];
      await db()
        .collection('bulk')
        .insertOne({ acc: account.records_id, way: 'outbound', at: at(1), items });
      expect((await send('a1', 'inbound')).status).toBe(404);
      expect((await send('a3')).status).toBe(404);
      expect((await bulk())?.items).toEqual(items);
      expect((await send('a1')).status).toBe(204);
      expect([await folder.has('a1.mp3'), await folder.has('a2.mp3')]).toEqual([false, true]);
      const left = [{ mid: 'a1', to: 'REDACTED', text: 'REDACTED', rec: null }, items[1]];
      expect((await bulk())?.items).toEqual(left);
      expect((await send('a1')).status).toBe(204);
      expect((await bulk())?.items).toEqual(left);
    });

    it('is the whole record where the ids have no fields of their own', async () => {
      await db()
        .collection('multipart')
        .insertOne({ acc: account.records_id, ids: ['m1', 'm2'], at: at(1), to: JO, text: 'long' });
      expect((await send('m2', 'inbound')).status).toBe(404);
      expect((await send('m2')).status).toBe(204);
      expect(await db().collection('multipart').findOne({ acc: account.records_id })).toMatchObject({
        ids: ['m1', 'm2'],
        to: 'REDACTED',
        text: 'REDACTED',
      });
    });
  });
});
