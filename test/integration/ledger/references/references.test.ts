import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { findHeld } from '../../../../src/contracts/access/held.ts';
import { acceptForget } from '../../../../src/contracts/forget/accept.ts';
import { nameOf } from '../../../../src/engine/map/schema.ts';
import { numberSubject } from '../../../../src/engine/subject.ts';
import type { Account } from '../../../../src/ledger/accounts/accounts.ts';
import { type ErasureRequest, REQUEST_CALL, requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import { addJob } from '../../../../src/ledger/work/call.ts';
import type { RunningWorker } from '../../../../workers/worker.ts';
import { writeMap } from '../../../support/map-file.ts';
import { phoneNumber } from '../../../support/numbers.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { waitFor } from '../../../support/wait-for.ts';

const { ObjectId } = mongoose.mongo;
const JO = phoneNumber(447700900123);
const AL = phoneNumber(447700900456);

/** A chat platform: visitors have numbers, rooms know the visitor, messages the room, and hooks the message. */
const MAP = `
version: 2
account: acc
collections:
  - { collection: visitors, record: contact, numbers: [ phone, "kin[].phone" ], fields: [ { path: name, category: name } ] }
  - collection: threads
    record: chat
    via: { collection: visitors, key: "threads[]", field: _id }
    fields: [ { path: text, category: body } ]
  - collection: letters
    record: message
    via: { collection: visitors, key: _id, field: "to[]" }
    shared: keep
    fields: [ { path: text, category: body } ]
  - collection: parties
    record: other
    via: { collection: visitors, key: _id, field: "guests[].visitor" }
    fields: [ { path: "guests[].name", category: name } ]
  - collection: rooms
    record: chat
    numbers: []
    via: { collection: visitors, key: _id, field: visitorId }
    fields: [ { path: title, category: name }, { path: lastMessage, category: transcript } ]
  - collection: messages
    record: message
    numbers: []
    via: { collection: rooms, key: _id, field: rid }
    fields: [ { path: msg, category: body }, { path: "md[].value", category: body, all: true } ]
  - collection: hooks
    record: message
    via: { collection: messages, key: _id, field: message }
    numbers: []
    fields: [ { path: payload.text, category: body } ]
  - collection: notices
    record: message
    numbers: [ to ]
    via: { collection: visitors, key: _id, field: visitor }
    fields: [ { path: text, category: body } ]
  - collection: polls
    record: other
    via: { collection: visitors, key: code, field: visitorCode }
    fields: [ { path: text, category: body } ]
  - collection: groups
    record: chat
    numbers: [ "members[].phone" ]
  - collection: groupmessages
    record: message
    numbers: []
    via: { collection: groups, key: _id, field: group }
    fields: [ { path: msg, category: body } ]
  - { collection: blacklist, record: suppression, numbers: [ number ] }
`;

describe('records known by others', () => {
  let platform: Platform;
  let worker: RunningWorker;
  let map: Awaited<ReturnType<typeof writeMap>>;
  beforeAll(async () => {
    map = await writeMap(MAP);
    platform = await openPlatform('references', { DATA_MAP: map.file });
    worker = await platform.startWorker();
  });
  afterAll(async () => {
    await platform?.close();
    await map?.remove();
  });

  async function forget(account: Account): Promise<ErasureRequest> {
    const { request } = await acceptForget(
      { ...platform.core, deadlineMs: 86_400_000, graceMs: 1_000 },
      { account, actor: 'test', number: JO, unsuppress: false },
      new Date(),
    );
    await addJob(worker.producer, REQUEST_CALL, request);
    return waitFor('the end', async () => {
      const row = await requestsOf(platform.core.db).findOne({ account_id: account._id, reference: request.reference });
      return row?.state === 'completed' || row?.state === 'failed' ? row : null;
    });
  }

  const fill = async (at: unknown, phone: unknown) => {
    const { db } = platform.core;
    const [jo, al, room, other] = [new ObjectId(), new ObjectId(), new ObjectId(), new ObjectId()];
    await db.collection('visitors').insertMany([
      { _id: jo, acc: at, phone, name: 'Jo' },
      { _id: al, acc: at, phone: AL, name: 'Al' },
    ]);
    await db.collection('rooms').insertMany([
      { _id: room, acc: at, visitorId: jo, title: 'Jo', lastMessage: { msg: 'bye', u: { name: 'Jo' } } },
      { _id: other, acc: at, visitorId: al, title: 'Al', lastMessage: { msg: 'later' } },
    ]);
    const messages = [new ObjectId(), new ObjectId(), new ObjectId()];
    await db.collection('messages').insertMany([
      { _id: messages[0], acc: at, rid: room, msg: 'my secret', md: [{ type: 'text', value: 'my secret' }], n: 1 },
      { _id: messages[1], acc: at, rid: room.toHexString(), msg: 'and another' },
      { _id: messages[2], acc: at, rid: other, msg: 'for Al' },
    ] as mongoose.mongo.OptionalId<mongoose.mongo.Document>[]);
    await db.collection('hooks').insertMany([
      { message: messages[0], payload: { text: 'my secret', n: 2 } },
      { message: messages[2], payload: { text: 'for Al' } },
    ]);
  };
  /** What the right of access gives out, numbers cut short, in no order. */
  const held = async (account: Account) => {
    const subject = numberSubject(JO, account.records_id, 'token');
    const found: Record<string, string[][]> = {};
    for await (const { entry, record } of findHeld(platform.core.db, platform.core.dataMap, subject)) {
      const values = record.fields.map(({ value }) => String(value).replace(/^\+?44\d+$/, '44***'));
      found[nameOf(entry)] = [...(found[nameOf(entry)] ?? []), values].sort();
    }
    return found;
  };
  const read = async (name: string, at: unknown) => {
    const rows = await platform.core.db
      .collection(name)
      .find({ acc: at }, { projection: { acc: 0 } })
      .toArray();
    return rows.map(({ _id, visitorId, rid, ...rest }) => rest);
  };

  it.each([
    ['found by index', String(JO)],
    ['found by the scan', 'Jo Bloggs <+44 (0)7700-900-123>'],
  ])('go with their parents, over several hops: %s', async (_name, phone) => {
    const { account } = await platform.account();
    const at = account.records_id;
    await fill(at, phone);
    // So that there is something an index finds.
    await platform.core.db.collection('groups').insertOne({ acc: at, members: [{ phone: JO }] });
    const done = await forget(account);
    expect({ state: done.state, failure: done.failure }).toEqual({ state: 'completed' });
    expect(await read('visitors', at)).toEqual([{ phone: AL, name: 'Al' }]);
    expect(await read('rooms', at)).toEqual([
      { title: null, lastMessage: { msg: '[REDACTED]', u: { name: '[REDACTED]' } } },
      { title: 'Al', lastMessage: { msg: 'later' } },
    ]);
    expect(await read('messages', at)).toEqual([
      { msg: '[REDACTED]', md: [{ type: 'text', value: '[REDACTED]' }], n: 1 },
      { msg: '[REDACTED]' },
      { msg: 'for Al' },
    ]);
    const hooks = await platform.core.db.collection('hooks').find({}).sort({ _id: -1 }).limit(2).toArray();
    expect(hooks.map(({ payload }) => payload).reverse()).toEqual([{ text: '[REDACTED]', n: 2 }, { text: 'for Al' }]);
    expect(done.erased).toMatchObject({ visitors: 1, rooms: 1, messages: 2, hooks: 1 });
    expect(done).not.toHaveProperty('references');
  });

  it('go by what each of them says: ids in a list, in elements, and in the parent; those of a next of kin stay', async () => {
    const { account } = await platform.account();
    const at = account.records_id;
    const { db } = platform.core;
    const threads = [new ObjectId(), new ObjectId()];
    await db.collection<{ _id: unknown } & mongoose.mongo.Document>('visitors').insertMany([
      { _id: 'jo', acc: at, phone: JO, name: 'Jo', threads: [threads[0]] },
      { _id: 'jo2', acc: at, phone: null, kin: [{ phone: `+${JO}` }], name: 'Jo' },
      { _id: 'al', acc: at, phone: AL, kin: [{ phone: JO }], name: 'Al', threads: [threads[1]] },
    ]);
    await db.collection('threads').insertMany([
      { _id: threads[0], acc: at, text: 'mine' },
      { _id: threads[1], acc: at, text: 'for Al' },
    ] as mongoose.mongo.OptionalId<mongoose.mongo.Document>[]);
    await db.collection('rooms').insertMany([
      { acc: at, visitorId: 'al', title: 'Al' },
      { acc: at, visitorId: 'jo2', title: 'Jo' },
    ]);
    await db.collection('letters').insertMany([
      { acc: at, to: ['jo'], text: 'mine' },
      { acc: at, to: ['jo', 'jo2'], text: 'mine' },
      { acc: at, to: ['al', 'jo'], text: 'to both' },
    ]);
    const guests = [
      { visitor: 'al', name: 'Al' },
      { visitor: 'jo', name: 'Jo' },
    ];
    await db.collection('parties').insertOne({ acc: at, guests });
    expect(await held(account)).toEqual({
      visitors: [['44***'], ['44***', 'Jo'], ['44***', 'Jo']],
      threads: [['mine']],
      rooms: [['Jo']],
      letters: [['mine'], ['mine']],
      parties: [['Jo']],
    });
    const done = await forget(account);
    expect({ state: done.state, failure: done.failure }).toEqual({ state: 'completed' });
    expect(await read('visitors', at)).toMatchObject([{ name: 'Al', phone: AL, kin: [{ phone: '44********23' }] }]);
    expect((await read('threads', at)).map(({ text }) => text)).toEqual(['[REDACTED]', 'for Al']);
    expect(await read('rooms', at)).toEqual([{ title: 'Al' }, { title: null }]);
    expect((await read('letters', at)).map(({ text }) => text)).toEqual(['[REDACTED]', '[REDACTED]', 'to both']);
    expect(await read('parties', at)).toEqual([{ guests: [guests[0], { visitor: 'jo', name: null }] }]);
  });

  it('without an account are read by the scan, along the way of those who tell it', async () => {
    const { account } = await platform.account();
    const { account: others } = await platform.account();
    const { db } = platform.core;
    for (const one of [account, others]) {
      await fill(one.records_id, String(AL));
      const [room] = await db.collection('rooms').find({ acc: one.records_id, title: 'Al' }).toArray();
      const message = new ObjectId();
      await db
        .collection('messages')
        .insertOne({ _id: message, acc: one.records_id, rid: room?._id, msg: 'hi' } as never);
      const text = `call Jo on 07700 900 123`;
      await db.collection('hooks').insertOne({ message, payload: { text }, log: `to=%2B${JO}&x=1` });
    }
    await db.collection('groups').insertOne({ acc: account.records_id, members: [{ phone: JO }] });
    const done = await forget(account);
    expect({ state: done.state, failure: done.failure }).toEqual({ state: 'completed' });
    const left = await db
      .collection('hooks')
      .find({ log: { $exists: true } })
      .sort({ _id: 1 })
      .toArray();
    expect(left.map(({ payload, log }) => [payload.text, log])).toEqual([
      ['call Jo on 44********23', 'to=%2B44********23&x=1'],
      ['call Jo on 07700 900 123', `to=%2B${JO}&x=1`],
    ]);
    expect(done.scan?.elsewhere).toEqual([
      { path: 'hooks.payload.text', count: 1 },
      { path: 'hooks.log', count: 1 },
    ]);
  });

  it('belong to nothing any more, and tell their account themselves', async () => {
    const { account } = await platform.account();
    const { account: others } = await platform.account();
    const { db } = platform.core;
    const notices = db.collection('notices');
    for (const { records_id: acc } of [account, others])
      await notices.insertMany([
        { acc, to: String(JO), text: 'without a visitor' },
        { acc, visitor: new ObjectId(), to: '07700 900 123', text: 'of one who is gone' },
        { acc, visitor: new ObjectId(), to: String(AL), text: 'for Al' },
      ]);
    await db.collection('groups').insertOne({ acc: account.records_id, members: [{ phone: JO }] });
    expect(await forget(account)).toMatchObject({ state: 'completed', erased: { groups: 1, notices: 2 } });
    const texts = async (acc: unknown) => (await notices.find({ acc }).toArray()).map(({ text }) => text);
    expect(await texts(account.records_id)).toEqual(['[REDACTED]', '[REDACTED]', 'for Al']);
    expect(await texts(others.records_id)).toEqual(['without a visitor', 'of one who is gone', 'for Al']);
  });

  it("are another tenant's where they say so, though the keys are alike", async () => {
    const { account } = await platform.account();
    const { account: others } = await platform.account();
    const { db } = platform.core;
    const [mine, theirs] = [account.records_id, others.records_id];
    await db.collection('visitors').insertMany([
      { acc: mine, phone: String(JO), name: 'Jo', code: 'v-1' },
      { acc: theirs, phone: String(AL), name: 'Al', code: 'v-1' },
    ]);
    await db.collection('polls').insertMany([
      { acc: mine, visitorCode: 'v-1', text: 'of Jo' },
      { acc: String(mine), visitorCode: 'v-1', text: 'of Jo, in another type' },
      { visitorCode: 'v-1', text: 'of nobody else' },
      { acc: theirs, visitorCode: 'v-1', text: 'of Al' },
    ]);
    const texts = async () => (await db.collection('polls').find().sort({ _id: 1 }).toArray()).map(({ text }) => text);
    expect((await held(account)).polls?.flat()).toEqual(['of Jo', 'of Jo, in another type', 'of nobody else']);
    expect(await forget(account)).toMatchObject({ state: 'completed', erased: { visitors: 1, polls: 3 } });
    expect(await texts()).toEqual(['[REDACTED]', '[REDACTED]', '[REDACTED]', 'of Al']);
  });

  it('of several people fail the request, and are named', async () => {
    const { account } = await platform.account();
    const at = account.records_id;
    await fill(at, String(JO));
    const group = new ObjectId();
    await platform.core.db
      .collection('groups')
      .insertOne({ _id: group, acc: at, members: [{ phone: JO }, { phone: AL }] });
    await platform.core.db.collection('groupmessages').insertOne({ acc: at, group, msg: 'to all' });
    const done = await forget(account);
    expect(done).toMatchObject({
      state: 'failed',
      failure: { name: 'shared_record', where: expect.stringMatching(/^groups \(_id [0-9a-f]{24}\)$/) },
    });
    expect(await read('groupmessages', at)).toMatchObject([{ msg: 'to all' }]);
    expect(JSON.stringify(await read('groups', at))).toContain(String(JO));
  });
});
