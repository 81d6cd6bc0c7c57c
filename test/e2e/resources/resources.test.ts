import { rename } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AUDIT, type AuditEntry } from '../../../src/ledger/audit/entry.ts';
import { expectStatus, expectStatuses } from '../../support/expect-status.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { openRecordings, type RecordingFolder } from '../../support/recordings.ts';
import { ERRORS_AT, insertTransactions, OLD, OWN, PERSON, redact } from '../../support/transactions.ts';
import { waitFor } from '../../support/wait-for.ts';
import { call } from '../../support/wire.ts';

const LEG = 'aaaaaaaa-bbbb-4ccc-8ddd-01234d6789ab';
const CALL = 'CON-aaaaaaaa-bbbb-4ccc-8ddd-01234d6789cd';

describe('the resources of the product APIs', () => {
  let platform: Platform;
  let recordings: RecordingFolder;
  let url: string;

  beforeAll(async () => {
    recordings = await openRecordings();
    platform = await openPlatform('resources', { RECORDINGS_DIR: recordings.path, REDACT_RATE_LIMIT: '0' });
    ({ url } = await platform.startApi());
  });
  afterAll(async () => {
    await platform?.close();
    await recordings?.remove();
  });

  const customer = async () => {
    const made = await platform.account();
    const owner = { account_id: made.account.records_id };
    const { db } = platform.core;
    await db.collection('legs').insertMany(
      Array.from({ length: 12 }, (_, index) => ({
        ...owner,
        leg_id: index === 0 ? LEG : `leg-${index}`,
        conversation_uuid: index < 3 ? CALL : 'CON-other',
        from: OWN,
        to: PERSON,
        status: 'completed',
        started_at: new Date(OLD.getTime() + index * 1_000),
        ended_at: new Date(OLD.getTime() + index * 1_000 + 500),
      })),
    );
    await db.collection('users').insertOne({
      ...owner,
      user_id: 'USR-1',
      name: PERSON,
      display_name: 'Jo Bloggs',
      properties: { custom_data: { city: 'Leeds' } },
      created_by: 'import',
    });
    await db.collection('events').insertMany(
      ['CON-1', 'CON-2'].map((conversation_id) => ({
        ...owner,
        event_id: 7,
        conversation_id,
        body: { text: 'Hi Jo' },
        created_at: OLD,
      })),
    );
    const file = await recordings.put(`${made.account._id}.mp3`);
    await db.collection('media').insertOne({ ...owner, media_id: 'rec-1', file, created_at: OLD });
    return { ...made, owner, file };
  };
  const count = (collection: string, filter: object) => platform.core.db.collection(collection).countDocuments(filter);
  const remove = (path: string, key: string) => call(url, path, { method: 'DELETE', key });
  const entries = (account: string) =>
    platform.core.db.collection<AuditEntry>(AUDIT).find({ account_id: account }).sort({ seq: 1 }).toArray();
  const notFound = (shown: string) => ({
    type: `${ERRORS_AT}#invalid-id`,
    title: 'Invalid ID',
    detail: `ID '${shown}' could not be found`,
    instance: expect.stringMatching(/^[0-9a-f]{32}$/),
  });

  describe('GET /v0.1/legs', () => {
    it('lists the legs of a call as HAL, without the numbers at their ends', async () => {
      const { key } = await customer();
      const answer = await call(url, `/v0.1/legs?conversation_uuid=${CALL}`, { key });
      expect([answer.status, answer.headers['content-type']]).toEqual([
        200,
        expect.stringMatching(/^application\/hal\+json/),
      ]);
      expect(answer.body).toEqual({
        count: 3,
        page_size: 3,
        record_index: 0,
        _links: { self: { href: `/v0.1/legs?conversation_uuid=${CALL}&page_size=10&record_index=0` } },
        _embedded: {
          legs: [LEG, 'leg-1', 'leg-2'].map((uuid, index) => ({
            uuid,
            conversation_uuid: CALL,
            state: 'completed',
            start_time: new Date(OLD.getTime() + index * 1_000).toISOString(),
            end_time: new Date(OLD.getTime() + index * 1_000 + 500).toISOString(),
            _links: { self: { href: `/v0.1/legs/${uuid}` } },
          })),
        },
      });
      expect(answer.text).not.toContain(PERSON);
      expect((await call(url, `/v0.1/legs?conversationUuid=${CALL}`, { key })).body.count).toBe(3);
    });

    it('pages: following next gives every leg once', async () => {
      const { key } = await customer();
      const seen: string[] = [];
      let path: string | undefined = '/v0.1/legs?page_size=5';
      for (let page = 0; path !== undefined && page < 10; page += 1) {
        const { body } = await call(url, path, { key });
        const { legs } = body._embedded as { legs: { uuid: string }[] };
        expect(body).toMatchObject({ count: 12, page_size: legs.length, record_index: seen.length });
        seen.push(...legs.map((leg) => leg.uuid));
        path = (body._links as { next?: { href: string } }).next?.href;
      }
      expect(seen).toEqual([LEG, ...Array.from({ length: 11 }, (_, index) => `leg-${index + 1}`)]);
    });

    it('an empty page for a call nobody knows, for another account, and behind the end', async () => {
      const { key } = await customer();
      const stranger = await platform.account();
      const empty = { page_size: 0, _embedded: { legs: [] } };
      expect((await call(url, '/v0.1/legs?conversation_uuid=CON-x', { key })).body).toMatchObject({
        count: 0,
        ...empty,
      });
      expect((await call(url, `/v0.1/legs?conversation_uuid=${CALL}`, { key: stranger.key })).body).toMatchObject(
        empty,
      );
      expect((await call(url, '/v0.1/legs?record_index=50', { key })).body).toMatchObject({ count: 12, ...empty });
    });

    const queries: [string, string][] = [
      ['conversation_uuid=', 'conversation_uuid must not be empty'],
      ['conversation_uuid=a&conversation_uuid=b', 'conversation_uuid must be a string'],
      [`conversation_uuid=${'x'.repeat(201)}`, 'conversation_uuid must have 200 characters at most'],
      ['page_size=0', 'page_size must be a whole number from 1 to 100'],
      ['page_size=101', 'page_size must be a whole number from 1 to 100'],
      ['page_size=ten', 'page_size must be a whole number from 1 to 100'],
      ['page_size=1.5', 'page_size must be a whole number from 1 to 100'],
      ['record_index=-1', 'record_index must be a whole number from 0 to 1000000'],
      [`record_index=${PERSON}`, 'record_index must be a whole number from 0 to 1000000'],
    ];
    it.each(queries.map(([query, detail]) => [query.slice(0, 40), query, detail]))(
      '%s: 422',
      async (_name, query, detail) => {
        const { key } = await platform.account();
        const answer = await call(url, `/v0.1/legs?${query}`, { key });
        expect([answer.status, answer.body.title, answer.body.detail]).toEqual([422, 'Invalid Query', detail]);
      },
    );

    it('an operator in the query is no filter', async () => {
      const { key } = await customer();
      expectStatus(await call(url, '/v0.1/legs?conversation_uuid[$ne]=x', { key }), 422);
    });
  });

  const kinds: [string, string, string, object][] = [
    [`/v0.1/legs/${LEG}`, LEG, 'legs', { leg_id: LEG }],
    ['/v0.1/users/USR-1', 'USR-1', 'users', { user_id: 'USR-1' }],
    ['/v3/media/rec-1', 'rec-1', 'media', { media_id: 'rec-1' }],
    ['/v0.1/conversations/CON-1/events/7', '7', 'events', { conversation_id: 'CON-1' }],
  ];
  it.each(kinds)(
    'DELETE %s: 204, then 404; audited once; another account is not touched',
    async (path, id, collection, filter) => {
      const [{ account, key, keyId, owner }, theirs] = [await customer(), await customer()];
      const before = await count(collection, owner);
      const first = await remove(path, key);
      expect([first.status, first.text]).toEqual([204, '']);
      expect(await count(collection, { ...owner, ...filter })).toBe(0);
      expect(await count(collection, owner)).toBe(before - 1);
      expect(await count(collection, { ...theirs.owner, ...filter })).toBe(1);
      const again = await remove(path, key);
      expect({ status: again.status, body: again.body }).toEqual({ status: 404, body: notFound(id) });
      expect(await entries(account._id)).toEqual([
        expect.objectContaining({
          actor: keyId,
          action: 'data.deletion',
          reason: 'resource_deletion',
          reference: id,
          counts: { [collection]: 1 },
        }),
      ]);
      const stranger = await platform.account();
      expectStatus(await remove(path, stranger.key), 404);
      expect(await entries(theirs.account._id)).toEqual([]);
    },
  );

  it('an event is found in its own conversation alone', async () => {
    const { key, owner } = await customer();
    for (const path of ['/v0.1/conversations/CON-3/events/7', '/v0.1/conversations/7/events/CON-1'])
      expectStatus(await remove(path, key), 404);
    expect(await count('events', owner)).toBe(2);
    expectStatus(await remove('/v0.1/conversations/CON-2/events/7', key), 204);
    expect(await count('events', { ...owner, conversation_id: 'CON-1' })).toBe(1);
  });

  it('ten at once for one leg: one 204, and one entry in the audit', async () => {
    const { account, key } = await customer();
    const answers = await Promise.all(Array.from({ length: 10 }, () => remove(`/v0.1/legs/${LEG}`, key)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([204, ...Array.from({ length: 9 }, () => 404)]);
    expect(await entries(account._id)).toHaveLength(1);
  });

  describe('PUT /v0.1/users/{id}', () => {
    const put = (key: string, body: unknown, id = 'USR-1') =>
      call(url, `/v0.1/users/${id}`, { method: 'PUT', key, body: body as object });

    it('replaces name, display name and properties, and answers the user', async () => {
      const { account, key, keyId, owner } = await customer();
      const fields = { name: 'former-user', display_name: 'Gone', properties: { custom_data: { kept: [1, null] } } };
      const answer = await put(key, fields);
      expectStatus(answer, 200);
      expect(answer.body).toEqual({ id: 'USR-1', ...fields, _links: { self: { href: '/v0.1/users/USR-1' } } });
      const user = await platform.core.db.collection('users').findOne(owner);
      expect(user).toMatchObject({ ...owner, user_id: 'USR-1', ...fields, created_by: 'import' });
      expect(await entries(account._id)).toEqual([
        expect.objectContaining({
          actor: keyId,
          action: 'data.redaction',
          reason: 'user_replaced',
          counts: { users: 1 },
        }),
      ]);
    });

    it('takes out what is not given', async () => {
      const { key, owner } = await customer();
      expectStatus(await put(key, { name: 'x', display_name: null }), 200);
      const user = await platform.core.db.collection('users').findOne(owner);
      expect(Object.keys(user ?? {}).sort()).toEqual(['_id', 'account_id', 'created_by', 'name', 'user_id']);
    });

    it('404 for a user nobody has, and another account’s', async () => {
      const { owner } = await customer();
      const stranger = await platform.account();
      const answer = await put(stranger.key, { name: 'x' });
      expect({ status: answer.status, body: answer.body }).toEqual({ status: 404, body: notFound('USR-1') });
      expect(await count('users', { ...owner, name: PERSON })).toBe(1);
    });

    const bad: [string, unknown, string][] = [
      ['nothing', '', 'The body is not JSON'],
      ['a list', '[]', 'The body must be an object'],
      ['no name', {}, 'name must be a string'],
      ['an empty name', { name: '' }, 'name must not be empty'],
      ['an operator', { name: { $ne: 1 } }, 'name must be a string'],
      ['a long name', { name: 'x'.repeat(201) }, 'name must have 200 characters at most'],
      ['a display name that is a number', { name: 'x', display_name: 1 }, 'display_name must be a string'],
      ['properties that are text', { name: 'x', properties: PERSON }, 'properties must be an object'],
      ['properties that are a list', { name: 'x', properties: [] }, 'properties must be an object'],
      ['an operator in the properties', { name: 'x', properties: { $set: 1 } }, 'properties must have names'],
      ['one deeper down', { name: 'x', properties: { a: [{ 'b.c': 1 }] } }, 'properties must have names'],
      ['__proto__', `{"name":"x","properties":{"a":{"__proto__":{"b":1}}}}`, 'properties must have names'],
      ['a type of the database', { name: 'x', properties: { _bsontype: 'ObjectId' } }, 'properties must have names'],
      ['a type deeper down', { name: 'x', properties: { a: { _bsontype: 1 } } }, 'properties must have names'],
      ['a tower', `{"name":"x","properties":${'{"a":'.repeat(30)}1${'}'.repeat(30)}}`, 'properties must have names'],
    ];
    it.each(bad)('%s: 422, and the user is as it was', async (_name, body, detail) => {
      const { key, owner } = await customer();
      const answer = await put(key, body);
      expect([answer.status, answer.body.type]).toEqual([422, `${ERRORS_AT}#invalid-json`]);
      expect(String(answer.body.detail).slice(0, detail.length)).toBe(detail);
      expect(answer.text).not.toContain(PERSON);
      expect(await count('users', { ...owner, name: PERSON, display_name: 'Jo Bloggs' })).toBe(1);
    });
  });

  const ids: [string, string, number][] = [
    ['10,000 characters', 'x'.repeat(10_000), 404],
    ['an operator', encodeURIComponent('{"$ne":null}'), 404],
    ['a number', PERSON, 404],
    ['a number with a plus', `%2B${PERSON}`, 404],
    ['what cannot be decoded', '%zz', 404],
    ['a zero byte', 'a%00b', 404],
    ['dots', '%2e%2e%2f', 404],
  ];
  it.each(ids)('an id that is %s', async (_name, id, status) => {
    const { key, owner } = await customer();
    for (const path of [`/v0.1/legs/${id}`, `/v3/media/${id}`, `/v0.1/conversations/CON-1/events/${id}`]) {
      const answer = await remove(path, key);
      expect([answer.status, answer.body.type]).toEqual([status, `${ERRORS_AT}#invalid-id`]);
      expect(answer.text).not.toContain(PERSON);
    }
    expect(await count('legs', owner)).toBe(12);
  });

  it('without a key 401, with another method 405, elsewhere 404: all in one shape', async () => {
    const { key } = await customer();
    const bare = await call(url, `/v0.1/legs/${LEG}`, { method: 'DELETE' });
    expect([bare.status, bare.text]).toEqual([401, '{"type":"UNAUTHORIZED","error_title":"Unauthorized"}']);
    const get = await call(url, '/v3/media/rec-1', { key });
    expect([get.status, get.headers.allow, get.body.title]).toEqual([405, 'DELETE', 'Method Not Allowed']);
    const post = await call(url, '/v0.1/users/USR-1', { method: 'POST', key });
    expect([post.status, post.headers.allow]).toEqual([405, 'DELETE, PUT']);
    const elsewhere = await call(url, '/v0.1/conversations/CON-1', { method: 'DELETE', key });
    expect([elsewhere.status, elsewhere.body.title]).toEqual([404, 'Not Found']);
  });

  describe('files', () => {
    it('a media resource takes its file with it', async () => {
      const { key, file } = await customer();
      expect(await recordings.has(file)).toBe(true);
      expectStatus(await remove('/v3/media/rec-1', key), 204);
      expect(await recordings.has(file)).toBe(false);
    });

    it('a redacted call takes its recording with it', async () => {
      const { account, key } = await platform.account();
      await insertTransactions(platform, account.records_id);
      const file = await recordings.put(`${account._id}/call.mp3`);
      const calls = platform.core.db.collection('calls');
      await calls.updateOne({ account_id: account.records_id, call_id: 'call-in' }, { $set: { recording_url: file } });
      expectStatus(await redact(url, key, { id: 'call-in', product: 'voice', type: 'inbound' }), 204);
      expect(await calls.findOne({ account_id: account.records_id, call_id: 'call-in' })).toMatchObject({
        from: 'REDACTED',
        recording_url: null,
      });
      expect(await recordings.has(file)).toBe(false);
    });

    it('what cannot be removed yet is tried again until it is gone', async () => {
      const { key, file } = await customer();
      await platform.startWorker();
      // A folder that is not there, as one that is not mounted.
      await rename(recordings.path, `${recordings.path}-away`);
      expectStatus(await remove('/v3/media/rec-1', key), 204);
      await waitFor('a failed attempt', async () => (await count('lethe_files', { tries: { $gt: 0 } })) > 0);
      await rename(`${recordings.path}-away`, recordings.path);
      await waitFor('the file to be gone', async () => !(await recordings.has(file)));
      await waitFor('an empty outbox', async () => (await count('lethe_files', {})) === 0);
    });

    it('a reference that names no file of the storage: nothing is changed, and it says so', async () => {
      const { account, key, owner } = await customer();
      await platform.core.db.collection('media').updateOne(owner, { $set: { file: '../elsewhere.mp3' } });
      const answer = await remove('/v3/media/rec-1', key);
      expect([answer.status, answer.body.title]).toEqual([409, 'Not Removable']);
      expect(await count('media', owner)).toBe(1);
      expect(await entries(account._id)).toEqual([]);
      // Others of the account that come with it are not held up.
      const both = await Promise.all([remove('/v3/media/rec-1', key), remove(`/v0.1/legs/${LEG}`, key)]);
      expectStatuses(both, [409, 204]);
    });
  });
});
