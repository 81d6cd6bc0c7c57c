import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import type { DataMapInput } from '../../../src/engine/map/version-1.ts';
import { forget, untilCompleted } from '../../support/forget.ts';
import { SUPPRESSION_LIST, writeMap } from '../../support/map-file.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';

const { Long } = mongoose.mongo;
const JO = '447700900123';
const AL = '447700900456';
const MASK = '44********23';
const int = (digits: string) => Long.fromString(digits);

const MAP: DataMapInput = {
  version: 1,
  collections: [
    SUPPRESSION_LIST,
    {
      collection: 'threads.v2',
      name: 'threads',
      account: 'owner.id',
      record: 'message',
      numbers: ['threads[].people[].phone', 'threads[].people[].other.phone'],
      fields: [
        { path: 'subject', category: 'body' },
        { path: 'threads[].people[].label', category: 'name' },
        { path: 'threads[].people[].tags', category: 'tag', type: 'list' },
      ],
    },
    {
      collection: 'blasts',
      account: 'account_id',
      record: 'message',
      numbers: ['recipients[]'],
      fields: [{ path: 'content.text', category: 'body' }],
    },
    {
      collection: 'customers',
      account: 'account_id',
      record: 'other',
      numbers: ['reach.phone.main', 'reach.phone.spare'],
      fields: [{ path: 'who.name', category: 'name' }],
    },
    {
      collection: 'books',
      account: 'account_id',
      record: 'contact',
      elements: 'groups[].members[]',
      numbers: ['groups[].members[].tel'],
    },
    {
      collection: 'households',
      account: 'account_id',
      record: 'contact',
      elements: 'homes[]',
      numbers: ['homes[].post.people[].phone', 'homes[].line.phone'],
    },
    { collection: 'ranked', account: 'account_id', record: 'message', numbers: ['phones.0', 'phones.1.value'] },
    { collection: 'opt_ins', account: 'account_id', record: 'contact', elements: 'phones[]', numbers: ['phones[]'] },
  ],
};

interface Case {
  collection: string;
  before: object;
  after: object;
}
const person = (phone: unknown, label: string) => ({ phone, label, tags: ['vip'], other: { phone: 'none' } });
const erased = { phone: MASK, label: null, tags: [], other: { phone: 'none' } };

/** Records with the number deep inside, beside other people's; only what is this person's changes. */
const CASES: Record<string, Case> = {
  'one element of an array in an array': {
    collection: 'threads.v2',
    before: {
      subject: 'Hi Jo',
      threads: [
        { id: 1, people: [person(AL, 'Al'), person(JO, 'Jo'), person('', 'Nobody')] },
        { id: 2, people: [] },
        { id: 3, people: [person(`+${AL}`, 'Al')] },
      ],
    },
    after: {
      subject: '[REDACTED]',
      threads: [
        { id: 1, people: [person(AL, 'Al'), erased, person('', 'Nobody')] },
        { id: 2, people: [] },
        { id: 3, people: [person(`+${AL}`, 'Al')] },
      ],
    },
  },
  'several elements, each in another form': {
    collection: 'threads.v2',
    before: {
      subject: 'Hi',
      threads: [
        { people: [person(int(JO), 'Jo'), person(AL, 'Al'), person('07700 900123', 'Jo')] },
        { people: [person(`+${JO}`, 'Jo')] },
        { title: 'no people' },
      ],
    },
    after: {
      subject: '[REDACTED]',
      // No text may stand in place of a number.
      threads: [
        { people: [{ ...erased, phone: null }, person(AL, 'Al'), erased] },
        { people: [erased] },
        { title: 'no people' },
      ],
    },
  },
  'a second number of the same element': {
    collection: 'threads.v2',
    before: { subject: 'Hi', threads: [{ people: [{ ...person(AL, 'Jo'), other: { phone: JO } }] }] },
    after: {
      subject: '[REDACTED]',
      threads: [{ people: [{ phone: AL, label: null, tags: [], other: { phone: MASK } }] }],
    },
  },
  'one of an array of plain values': {
    collection: 'blasts',
    before: { recipients: [AL, JO, 'office', JO, 7], content: { text: 'Hi all', length: 6 } },
    after: { recipients: [AL, MASK, 'office', MASK, 7], content: { text: '[REDACTED]', length: 6 } },
  },
  'plain values in several forms': {
    collection: 'blasts',
    before: { recipients: [int(JO), `00${JO}`, `+${AL}`], content: { text: 'Hi' } },
    after: { recipients: [null, MASK, `+${AL}`], content: { text: '[REDACTED]' } },
  },
  'a field in a document in a document': {
    collection: 'customers',
    before: { reach: { phone: { main: JO, spare: AL, note: 'home' }, post: 'Leeds' }, who: { name: 'Jo', id: 5 } },
    after: { reach: { phone: { main: MASK, spare: AL, note: 'home' }, post: 'Leeds' }, who: { name: null, id: 5 } },
  },
  'both fields of a record': {
    collection: 'customers',
    before: { reach: { phone: { main: int(JO), spare: '07700900123' } }, who: { name: 'Jo' } },
    after: { reach: { phone: { main: null, spare: MASK } }, who: { name: null } },
  },
  'elements of an array in an array, deleted': {
    collection: 'books',
    before: {
      groups: [
        { name: 'Friends', members: [{ tel: AL }, { tel: JO, n: 1 }, { tel: int(JO), n: 2 }, { n: 3 }] },
        { name: 'Work', members: [{ tel: JO }] },
        { name: 'None' },
      ],
    },
    after: {
      groups: [{ name: 'Friends', members: [{ tel: AL }, { n: 3 }] }, { name: 'Work', members: [] }, { name: 'None' }],
    },
  },
  'elements with the number in an array of their own, or in a document, deleted': {
    collection: 'households',
    before: {
      homes: [
        { post: { people: [{ phone: AL }] } },
        { post: { people: [{ phone: AL }, { phone: JO }] } },
        { line: { phone: JO } },
        { line: { phone: AL } },
      ],
    },
    after: { homes: [{ post: { people: [{ phone: AL }] } }, { line: { phone: AL } }] },
  },
  'a place in an array that has a number of its own': {
    collection: 'ranked',
    before: { phones: [JO, { value: JO }, AL] },
    after: { phones: [MASK, { value: MASK }, AL] },
  },
  'plain values, deleted': {
    collection: 'opt_ins',
    before: { list: 'news', phones: [JO, AL, `+${JO}`, int(JO)] },
    after: { list: 'news', phones: [AL] },
  },
};

/** Records without the number, in the shapes that are easily mistaken for one with it. */
const BYSTANDERS: [string, object][] = [
  ['threads.v2', { subject: 'x', threads: [{ people: [person(AL, 'Al')] }] }],
  ['threads.v2', { subject: 'x', threads: [] }],
  ['blasts', { recipients: [AL, `${JO}0`, JO.slice(0, -1)], content: {} }],
  ['customers', { reach: { phone: null }, who: { name: 'Al' } }],
  ['customers', { reach: { phone: { main: '', spare: null } } }],
  ['books', { groups: [{ members: [{ tel: AL }] }] }],
  ['opt_ins', { phones: [AL] }],
  ['not_mapped', { to: AL }],
];

/** Records with the number where the map names none: the scan masks its digits, and leaves what is beside them. */
const ELSEWHERE: [string, object, object][] = [
  [
    'threads.v2',
    { subject: JO, threads: [{ phone: JO, label: 'Al' }] },
    { subject: MASK, threads: [{ phone: MASK, label: 'Al' }] },
  ],
  ['threads.v2', { subject: 'x', people: [{ phone: JO }] }, { subject: 'x', people: [{ phone: MASK }] }],
  ['blasts', { recipients: [], content: { text: JO } }, { recipients: [], content: { text: MASK } }],
];

describe('numbers deep inside records', () => {
  let platform: Platform;
  let removeMap: () => Promise<void>;
  let url: string;

  beforeAll(async () => {
    const map = await writeMap(MAP);
    removeMap = map.remove;
    platform = await openPlatform('paths', { DATA_MAP: map.file });
    ({ url } = await platform.startApi());
    await platform.startWorker();
  });
  afterAll(async () => {
    await platform?.close();
    await removeMap?.();
  });

  const owned = (collection: string, owner: unknown, fields: object) =>
    collection === 'threads.v2' ? { owner: { id: owner, name: 'Acme' }, ...fields } : { account_id: owner, ...fields };

  it.each(Object.entries(CASES))('%s', async (_name, { collection, before, after }) => {
    const { db } = platform.core;
    const { account, key } = await platform.account();
    const stranger = `${account._id}-other`;
    const bystanders = BYSTANDERS.map(([name, fields]) => ({ name, row: owned(name, account.records_id, fields) }));
    bystanders.push({ name: collection, row: owned(collection, stranger, before) });
    const beside = await Promise.all(
      bystanders.map(async ({ name, row }) => {
        const { insertedId: _id } = await db.collection(name).insertOne(row);
        const read = () => db.collection(name).findOne({ _id });
        return { read, row: await read() };
      }),
    );
    const { insertedId } = await db.collection(collection).insertOne(owned(collection, account.records_id, before));

    const done = await untilCompleted(platform, await forget(url, key, { number: JO }));
    expect(done.erased).toEqual({ [collection === 'threads.v2' ? 'threads' : collection]: 1 });
    expect(await db.collection(collection).findOne({ _id: insertedId })).toEqual({
      _id: insertedId,
      ...owned(collection, account.records_id, after),
    });
    for (const { read, row } of beside) {
      expect(row).not.toBeNull();
      expect(await read()).toEqual(row);
    }
  });

  it.each(ELSEWHERE)('where the map names none, in %s: %j', async (collection, before, after) => {
    const { db } = platform.core;
    const { account, key } = await platform.account();
    const { insertedId: _id } = await db
      .collection(collection)
      .insertOne(owned(collection, account.records_id, before));
    // So that there is something an index finds.
    await db.collection('opt_ins').insertOne({ account_id: account.records_id, phones: [JO] });
    const done = await untilCompleted(platform, await forget(url, key, { number: JO }));
    expect(done.erased).toEqual({ opt_ins: 1 });
    expect(await db.collection(collection).findOne({ _id })).toEqual({
      _id,
      ...owned(collection, account.records_id, after),
    });
  });
});
