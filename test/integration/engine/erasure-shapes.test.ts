import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type mongoose from 'mongoose';
import { forget, untilCompleted, untilRequest } from '../../support/forget.ts';
import { writeMap } from '../../support/map-file.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';

const JO = '447700900123';
const AL = '447700900456';
const MASK = '44********23';

const MAP = `version: 2
account: account_id
collections:
  - { collection: blacklist, record: suppression, numbers: [number] }
  - collection: lists
    record: contact
    elements: "contacts[]"
    numbers: [ "contacts[].number" ]
    fields: [ { path: "contacts[].name", category: name } ]
  - { collection: sent, record: message, numbers: [to], fields: [ { path: body, category: body } ] }
  - collection: calls
    record: call
    numbers: [from, to]
    fields: [ { path: transcript, category: transcript } ]
  - { collection: users, record: resource, numbers: [name] }
  - collection: scheduled
    record: scheduled
    numbers: [to]
    fields: [ { path: body, category: body } ]
    pending: { path: status, values: [pending], at: send_at }
  - { collection: blasts, record: message, numbers: [ "recipients[]" ], fields: [ { path: body, category: body } ] }
  - collection: groups
    record: chat
    numbers: [ "people[].phones[]" ]
    fields: [ { path: "people[].name", category: name } ]
  - { collection: people, record: chat, numbers: [ "people[].phone" ] }
  - { collection: cards, record: chat, numbers: [ person.phone ], fields: [ { path: person.name, category: name } ] }
  - { collection: hooks, record: message, numbers: [ payload.from ], fields: [ { path: payload.text, category: body } ] }
  - { collection: blocks, record: other, numbers: [ "blocked[]" ] }
`;

/** What stands on the way to a number, and what is left: nothing of the person, everything of others; null: no record. */
const SHAPES: [string, string, object, object | null][] = [
  ['numbers where people are mapped', 'lists', { contacts: [JO, AL] }, { contacts: [AL] }],
  ['numbers among people', 'lists', { contacts: [{ number: AL }, JO, AL] }, { contacts: [{ number: AL }, AL] }],
  [
    'an object by number',
    'lists',
    { contacts: { [JO]: { name: 'Jo' }, [AL]: { n: 1 } } },
    { contacts: { [AL]: { n: 1 } } },
  ],
  ['numbers in one text', 'lists', { contacts: `${JO},${AL}` }, { contacts: `${MASK},${AL}` }],
  ['a number for a list', 'lists', { contacts: JO }, { contacts: MASK }],
  [
    'a list in JSON',
    'lists',
    { contacts: `[{"number":"${JO}"},{"number":"${AL}"}]` },
    { contacts: `[{"number":"${AL}"}]` },
  ],
  ['people in a list in a list', 'lists', { contacts: [[{ number: JO }]] }, { contacts: [[]] }],
  [
    'people in a list beside people',
    'lists',
    { contacts: [[{ number: JO }, { number: AL }], { number: JO }] },
    { contacts: [[{ number: AL }]] },
  ],
  [
    'lists in lists in a person',
    'lists',
    { contacts: [{ number: [[JO]] }, { number: AL }] },
    { contacts: [{ number: AL }] },
  ],
  ['a list in a person', 'lists', { contacts: [{ number: [JO], name: 'Jo' }] }, { contacts: [] }],
  [
    'a person with several numbers beside a person',
    'lists',
    { contacts: [{ number: JO }, { number: [AL, JO], name: 'both' }] },
    { contacts: [] },
  ],
  ['an object in a person', 'lists', { contacts: [{ number: { e164: JO }, name: 'Jo' }] }, { contacts: [] }],
  ['objects in a person', 'lists', { contacts: [{ number: [{ e164: JO }], name: 'Jo' }] }, { contacts: [] }],
  ['a list in a list for a number', 'sent', { to: [[JO]], body: 'Hi' }, { to: [[MASK]], body: '[REDACTED]' }],
  [
    'objects for a number',
    'sent',
    { to: [{ number: JO }], body: 'Hi' },
    { to: [{ number: MASK }], body: '[REDACTED]' },
  ],
  [
    'the same in a second place',
    'calls',
    { from: [[JO]], transcript: ['Hi'] },
    { from: [[MASK]], transcript: ['[REDACTED]'] },
  ],
  ['the same under a name', 'users', { name: [[JO]] }, { name: [[MASK]] }],
  [
    'a list in a list of numbers',
    'blasts',
    { recipients: [[JO]], body: 'Hi' },
    { recipients: [[MASK]], body: '[REDACTED]' },
  ],
  [
    'a list beside numbers, with somebody else in it',
    'blasts',
    { recipients: [JO, [JO, AL]], body: 'Hi' },
    { recipients: [MASK, [MASK, AL]], body: '[REDACTED]' },
  ],
  [
    'lists in lists of a person',
    'groups',
    { people: [{ name: 'Jo', phones: [[JO]] }] },
    { people: [{ name: null, phones: [[MASK]] }] },
  ],
  [
    'people in lists',
    'groups',
    { people: [[{ name: 'Jo', phones: [JO] }]] },
    { people: [[{ name: null, phones: [MASK] }]] },
  ],
  ['a number for people', 'people', { people: JO }, { people: MASK }],
  ['numbers for people', 'people', { people: [JO, { phone: AL }] }, { people: [MASK, { phone: AL }] }],
  ['a number for a person', 'cards', { person: JO }, { person: MASK }],
  [
    'people for a person',
    'cards',
    {
      person: [
        { phone: AL, name: 'Al' },
        { phone: JO, name: 'Jo' },
      ],
    },
    {
      person: [
        { phone: AL, name: 'Al' },
        { phone: MASK, name: null },
      ],
    },
  ],
  [
    'JSON for an object',
    'hooks',
    { payload: `{"from":"${JO}","text":"Hi"}` },
    { payload: `{"from":"${MASK}","text":"[REDACTED]"}` },
  ],
  [
    'lists for an object',
    'hooks',
    { payload: [[{ from: JO, text: 'Hi' }]] },
    { payload: [[{ from: MASK, text: '[REDACTED]' }]] },
  ],
  [
    'a name with a dot',
    'hooks',
    { 'payload.from': JO, 'payload.text': 'Hi' },
    { 'payload.from': MASK, 'payload.text': '[REDACTED]' },
  ],
  ['numbers in a list in a list', 'blocks', { blocked: [[JO], AL] }, { blocked: [[MASK], AL] }],
];

describe('a record that is not as the map says', () => {
  let platform: Platform;
  let url: string;
  let removeMap: () => Promise<void>;
  const left = new Map<number, mongoose.mongo.Document>();

  beforeAll(async () => {
    const map = await writeMap(MAP);
    removeMap = map.remove;
    platform = await openPlatform('shapes', { DATA_MAP: map.file, SCHEDULED_SETTLE_MS: '0' });
    ({ url } = await platform.startApi());
    await platform.startWorker();
    const { db } = platform.core;
    const { account, key } = await platform.account();
    const owned = { account_id: account.records_id };
    for (const [serial, [, collection, before]] of SHAPES.entries())
      await db.collection(collection).insertOne({ ...owned, serial, ...before });
    // What an index finds: a request needs something.
    await db.collection('sent').insertOne({ ...owned, to: JO });
    await untilCompleted(platform, await forget(url, key, { number: JO }));
    for (const collection of new Set(SHAPES.map(([, name]) => name)))
      for (const row of await db
        .collection(collection)
        .find({ serial: { $exists: true } })
        .toArray())
        left.set(row.serial, row);
  });
  afterAll(async () => {
    await platform?.close();
    await removeMap?.();
  });

  it.each(SHAPES.map(([name, collection, , after], serial) => [`${name} (${collection})`, serial, after] as const))(
    '%s: nothing of the person is left, and others are as they were',
    (_name, serial, after) => {
      const { _id, account_id: _account, serial: _serial, ...rest } = left.get(serial) ?? {};
      expect(rest).toEqual(after);
    },
  );

  it('is waited for while it is still to be sent', async () => {
    const { db } = platform.core;
    const { account, key } = await platform.account();
    const owned = { account_id: account.records_id };
    await db.collection('sent').insertOne({ ...owned, to: JO });
    const scheduled = {
      ...owned,
      to: [[JO]],
      body: 'See you',
      status: 'pending',
      send_at: new Date(Date.now() + 3_600_000),
    };
    const { insertedId: _id } = await db.collection('scheduled').insertOne(scheduled);
    const reference = await forget(url, key, { number: JO });
    await untilRequest(platform, reference, 'a wait', ({ state }) => state === 'waiting');
    expect(await db.collection('scheduled').findOne({ _id })).toEqual({ _id, ...scheduled });
    await db.collection('scheduled').updateOne({ _id }, { $set: { status: 'sent' } });
    await platform.core.db.collection('lethe_requests').updateOne({ reference }, { $set: { not_before: new Date(0) } });
    await untilCompleted(platform, reference);
    expect(await db.collection('scheduled').findOne({ _id })).toMatchObject({ to: [[MASK]], body: '[REDACTED]' });
  });
});
