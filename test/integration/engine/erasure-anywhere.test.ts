import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type mongoose from 'mongoose';
import { forget, untilCompleted, untilRequest } from '../../support/forget.ts';
import { writeMap } from '../../support/map-file.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';

const JO = '447700900123';
const AL = '447700900456';
const MASK = '44********23';
const GONE = '[REDACTED]';

const MAP = `version: 2
account: acc
unmapped: fail
collections:
  - { collection: blacklist, record: suppression, numbers: [number] }
  - collection: albums
    record: message
    numbers: [ to ]
    fields: [ { path: caption, category: body, anywhere: true }, { path: extra, category: custom } ]
  - collection: groups
    record: message
    numbers: [ "people[].phone" ]
    fields: [ { path: caption, category: body, anywhere: true } ]
  - collection: cards
    record: contact
    numbers: [ phone, { path: "kin[].phone", own: false } ]
    fields: [ { path: caption, category: body, anywhere: true } ]
  - collection: pages
    record: message
    via: { collection: albums, key: _id, field: album }
    fields: [ { path: caption, category: body, anywhere: true } ]
`;

const json = JSON.stringify;

/** A record, and what is left of it; null: no record. */
const ROWS: [string, string, object, object | null][] = [
  ['in the record', 'albums', { to: JO, caption: 'x' }, { to: MASK, caption: GONE }],
  [
    'in an object',
    'albums',
    { to: JO, a: { b: { caption: 'x', n: 1 } } },
    { to: MASK, a: { b: { caption: GONE, n: 1 } } },
  ],
  [
    'in lists, and in lists of lists',
    'albums',
    { to: JO, a: [{ caption: 'x' }, [{ caption: ['y'] }], 'z'] },
    { to: MASK, a: [{ caption: GONE }, [{ caption: [GONE] }], 'z'] },
  ],
  [
    'under a key that is data',
    'albums',
    { to: JO, a: { 'p-1': { caption: 'x' }, 'p-2': { caption: { en: 'x' } } } },
    { to: MASK, a: { 'p-1': { caption: GONE }, 'p-2': { caption: { en: GONE } } } },
  ],
  ['with the number as its key', 'albums', { to: JO, caption: { [JO]: 'x', [AL]: 'y' } }, { to: MASK, caption: {} }],
  [
    'in JSON, and in JSON within it',
    'albums',
    { to: JO, a: json({ b: [{ caption: 'x' }], c: json({ caption: 'y', n: 1 }) }) },
    { to: MASK, a: json({ b: [{ caption: GONE }], c: json({ caption: GONE, n: 1 }) }) },
  ],
  [
    'in an element of another',
    'groups',
    {
      people: [
        { phone: JO, caption: 'x' },
        { phone: AL, caption: 'y' },
      ],
    },
    {
      people: [
        { phone: MASK, caption: GONE },
        { phone: AL, caption: GONE },
      ],
    },
  ],
  ['in a field that goes as a whole', 'albums', { to: JO, extra: { caption: 'x', n: 1 } }, { to: MASK, extra: {} }],
  [
    'of another, with nothing of the person',
    'albums',
    { to: AL, a: { caption: 'x' } },
    { to: AL, a: { caption: 'x' } },
  ],
  ['in a contact that goes', 'cards', { phone: JO, a: { caption: 'x' } }, null],
  [
    'in a contact of another, whose kin the person is',
    'cards',
    { phone: AL, kin: [{ phone: JO }], a: { caption: 'of Al' } },
    { phone: AL, kin: [{ phone: MASK }], a: { caption: 'of Al' } },
  ],
];

/** What only a scan finds. */
const SCANNED: typeof ROWS = [
  [
    'in another person’s text, which keeps its words',
    'albums',
    { to: AL, a: [{ caption: `call ${JO} today` }] },
    { to: AL, a: [{ caption: `call ${MASK} today` }] },
  ],
  [
    'in another person’s text in JSON',
    'albums',
    { to: AL, a: json({ caption: `call +${JO}` }) },
    { to: AL, a: json({ caption: `call ${MASK}` }) },
  ],
  [
    'with the number as its key, and else in no writing that a look-up has',
    'albums',
    { to: 'tel:+44 (0)7700 900-1-2-3', a: [{ caption: { kind: 'x', [JO]: 'y' } }] },
    { to: expect.not.stringContaining('900-1'), a: [{ caption: {} }] },
  ],
  [
    'of a number that no look-up writes',
    'albums',
    { to: `tel:+44 (0)7700 900-1-2-3`, a: { caption: 'x' } },
    { to: expect.not.stringContaining('900-1'), a: { caption: GONE } },
  ],
];

describe('a field that stands anywhere in a record', () => {
  let platform: Platform;
  let url: string;
  let map: Awaited<ReturnType<typeof writeMap>>;
  beforeAll(async () => {
    map = await writeMap(MAP);
    platform = await openPlatform('anywhere', { DATA_MAP: map.file });
    ({ url } = await platform.startApi());
    await platform.startWorker();
  });
  afterAll(async () => {
    await platform?.close();
    await map?.remove();
  });

  it.each([
    ['by look-ups alone', 'off', ROWS],
    ['by the scan, too', 'on', [...ROWS, ...SCANNED]],
  ] as const)('is the person’s with the record, and another’s stays: %s', async (_how, scan, rows) => {
    const { db, accounts } = platform.core;
    const { account, key } = await platform.account();
    if (scan === 'off') await accounts.setScan(account._id, 'off');
    const acc = account.records_id;
    const ids: unknown[] = [];
    for (const [, collection, record] of rows)
      ids.push((await db.collection(collection).insertOne({ acc, ...record })).insertedId);
    const [album] = ids;
    await db.collection('pages').insertOne({ album, a: [{ caption: 'x' }], raw: json({ caption: 'y' }) });
    await untilCompleted(platform, await forget(url, key, { number: JO }));
    for (const [index, [name, collection, , after]] of rows.entries()) {
      const row = await db
        .collection(collection)
        .findOne({ _id: ids[index] } as mongoose.mongo.Filter<mongoose.mongo.Document>, {
          projection: { _id: 0, acc: 0 },
        });
      expect([name, row]).toEqual([name, after]);
    }
    expect(await db.collection('pages').findOne({ album } as object, { projection: { _id: 0, album: 0 } })).toEqual({
      a: [{ caption: GONE }],
      raw: json({ caption: GONE }),
    });
  });

  it('is a place the map names: a number elsewhere fails the request, and one in the field does not', async () => {
    const { db } = platform.core;
    const { account, key } = await platform.account();
    const acc = account.records_id;
    // What an index finds: a request needs something.
    await db.collection('cards').insertOne({ acc, phone: JO });
    const { insertedId: _id } = await db
      .collection('albums')
      .insertOne({ acc, to: AL, a: { caption: `call ${JO}` }, b: { title: `call ${JO}` } });
    const reference = await forget(url, key, { number: JO });
    const { failure } = await untilRequest(platform, reference, 'a failure', ({ state }) => state === 'failed');
    expect(failure).toMatchObject({ name: 'unmapped_number', where: `albums.b.title (_id ${_id})` });
    await db.collection('albums').updateOne({ _id }, { $set: { b: {} } });
    await db.collection('lethe_requests').updateOne({ reference }, { $set: { not_before: new Date(0) } });
    await untilCompleted(platform, reference);
    expect(await db.collection('albums').findOne({ _id })).toMatchObject({ a: { caption: `call ${MASK}` } });
  });
});
