import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { ErasureFailure } from '../../../src/base/errors.ts';
import { DEFAULT_DATA_MAP } from '../../../src/engine/map/default-map.ts';
import type { DataMapInput } from '../../../src/engine/map/version-1.ts';
import type { NumberRule, Wait } from '../../../src/engine/plan.ts';
import {
  type AccountValue,
  inEveryWriting,
  numberSubject,
  type Subject,
  withDoubtful,
} from '../../../src/engine/subject.ts';
import { writeMap } from '../../support/map-file.ts';
import { phoneNumber } from '../../support/numbers.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform } from '../../support/records.ts';

const { Decimal128, Double, Long } = mongoose.mongo;
const account = 'acc_joined';

const subjectOf = (digits: number, owner: AccountValue = account): Subject =>
  numberSubject(phoneNumber(digits), owner, `token.${digits}`);

/** Jobs that run side by side share queries: none may see, miss or suffer what belongs to another. */
describe('calls of the record store that are joined', () => {
  let platform: Platform;
  let map: Awaited<ReturnType<typeof writeMap>>;
  beforeAll(async () => {
    const visits: DataMapInput['collections'][number] = {
      collection: 'visits',
      account: 'account_id',
      record: 'other',
      numbers: ['phone'],
      fields: [{ path: 'who.name', category: 'name' }],
    };
    const { version, collections } = DEFAULT_DATA_MAP as unknown as DataMapInput;
    map = await writeMap({ version, collections: [...collections, visits] });
    platform = await openPlatform('joined', { DATA_MAP: map.file });
    await indexPlatform(platform.core.db);
  });
  afterAll(async () => {
    await platform?.close();
    await map?.remove();
  });

  const rule = (key: string): NumberRule => {
    const found = platform.core.plan.rules.find((one) => one.key === key);
    if (!found) throw new Error(`no rule ${key}`);
    return found;
  };
  const put = (collection: string, rows: object[], owner: unknown = account) =>
    platform.core.db.collection(collection).insertMany(rows.map((row) => ({ account_id: owner, ...row })));
  const numbers = Array.from({ length: 40 }, (_, index) => 447700900100 + index);

  it('more values than one query takes are asked for in groups: each finds its own, in every writing', async () => {
    const { store } = platform.core;
    const some = numbers.slice(0, 25).map((digits) => withDoubtful(inEveryWriting(subjectOf(digits + 400))));
    const written = (digits: number) => `(07700) ${String(digits).slice(-6)}`;
    const held = some.filter((_, index) => index % 6 === 0);
    await put(
      'calls',
      held.map(({ number }) => ({ from: written(Number(number)) })),
    );
    await put('calls', [{ from: '4.47701E+11' }]);
    const from = rule('calls.from');
    const found = await Promise.all(some.map((subject) => store.find(from, subject, 5)));
    expect(found.map((ids) => ids.length)).toEqual(some.map((_, index) => (index % 6 === 0 ? 1 : 0)));
    expect(await Promise.all(some.map((subject) => store.remains(from, subject)))).toEqual(
      some.map((_, index) => index % 6 === 0),
    );
    expect(await Promise.all(some.map((subject) => store.isDoubtful(from, subject)))).toEqual(some.map(() => true));
    const to = rule('calls.to');
    expect(await Promise.all(some.map((subject) => store.isDoubtful(to, subject)))).toEqual(some.map(() => false));
  });

  it('find: one with many records does not hide those of the others', async () => {
    const { store } = platform.core;
    await put(
      'sent_sms',
      Array.from({ length: 500 }, () => ({ to: '447700900100' })),
    );
    await put(
      'sent_sms',
      numbers.slice(1).flatMap((digits) => [{ to: String(digits) }, { to: String(digits) }]),
    );
    const found = await Promise.all(numbers.map((digits) => store.find(rule('sent_sms.to'), subjectOf(digits), 5)));
    expect(found.map((ids) => ids.length >= 5)).toEqual(numbers.map((_, index) => index === 0));
    expect(found.slice(1).map((ids) => ids.length)).toEqual(Array(numbers.length - 1).fill(2));
  });

  it('find: a number written as no other is', async () => {
    const { store } = platform.core;
    const written: unknown[] = [
      Decimal128.fromString('4.47700900201E+11'),
      Decimal128.fromString('447700900202.00'),
      new Double(447700900203),
      '07700 900204',
    ];
    await put(
      'received_sms',
      written.map((from) => ({ from })),
    );
    const found = await Promise.all(
      [447700900201, 447700900202, 447700900203, 447700900204, 447700900205].map((digits) =>
        store.find(rule('received_sms.from'), subjectOf(digits), 10),
      ),
    );
    expect(found.map((ids) => ids.length)).toEqual([1, 1, 1, 1, 0]);
  });

  it('find: no more than asked for', async () => {
    const { store } = platform.core;
    const owner = 'acc_most';
    const several = numbers.slice(0, 4);
    await put(
      'sent_sms',
      several.flatMap((digits) => Array.from({ length: 7 }, () => ({ to: String(digits) }))),
      owner,
    );
    const found = await Promise.all(
      several.map((digits, index) => store.find(rule('sent_sms.to'), subjectOf(digits, owner), 5 + index)),
    );
    expect(found.map((ids) => ids.length)).toEqual([5, 6, 7, 7]);
  });

  it('find: people in one list, and in lists of their own', async () => {
    const { store, db } = platform.core;
    const owner = 'acc_lists';
    const people = numbers.slice(0, 5);
    await put(
      'contact_lists',
      [
        { contacts: people.slice(0, 3).map((digits) => ({ number: String(digits) })) },
        { contacts: [{ number: Long.fromNumber(people[1] ?? 0) }, { number: '447700900999' }, {}] },
        { contacts: [{ number: `+${people[3]}` }] },
        { contacts: [{ number: Decimal128.fromString(`${people[4]}.00`) }] },
        { contacts: [] },
      ],
      owner,
    );
    const lists = await db.collection('contact_lists').find({ account_id: owner }).sort({ _id: 1 }).toArray();
    const at = (...indexes: number[]) => indexes.map((index) => String(lists[index]?._id));
    const found = await Promise.all(
      people.map((digits) => store.find(rule('contact_lists.contacts.number'), subjectOf(digits, owner), 10)),
    );
    expect(found.map((ids) => ids.map(String).sort())).toEqual([at(0), at(0, 1), at(0), at(2), at(3)]);
  });

  it('find: a text that is one number, and an integer that another has become', async () => {
    const { store } = platform.core;
    const owner = 'acc_alike';
    const subject = (digits: string) => numberSubject(phoneNumber(digits, ['44', '20']), owner, `token.${digits}`);
    // London without its zero reads as Egypt.
    await put('sent_sms', [{ to: '2079460123' }, { to: '2079460123' }, { to: '02079460123' }], owner);
    const found = await Promise.all(
      ['442079460123', '2079460123'].map((digits) => store.find(rule('sent_sms.to'), subject(digits), 10)),
    );
    expect(found.map((ids) => ids.length)).toEqual([1, 2]);
  });

  it('change: a record of the wrong shape fails its own erasure and no other', async () => {
    const { store, db } = platform.core;
    const ids = new Map<number, unknown>();
    for (const digits of numbers) {
      // A place inside `who` cannot be written where `who` is a string.
      const who = digits === 447700900105 ? 'Jo' : { name: 'Jo' };
      const { insertedId } = await db
        .collection('visits')
        .insertOne({ account_id: account, phone: String(digits), who });
      ids.set(digits, insertedId);
    }
    const visits = rule('visits.phone');
    const outcomes = await Promise.allSettled(
      numbers.map((digits) => store.change(visits, subjectOf(digits), [ids.get(digits)])),
    );
    const failed = numbers.filter((_, index) => outcomes[index]?.status === 'rejected');
    expect(failed).toEqual([447700900105]);
    const reason = outcomes[5]?.status === 'rejected' ? outcomes[5].reason : null;
    expect(reason).toBeInstanceOf(ErasureFailure);
    expect(reason).toMatchObject({ failure: 'unsupported_type', where: 'visits.phone' });
    expect(await db.collection('visits').countDocuments({ account_id: account, 'who.name': null })).toBe(40);
    expect(await db.collection('visits').countDocuments({ account_id: account, phone: /^44\*/ })).toBe(39);
  });

  it('change: a mask that a unique index refuses fails its own erasure and no other', async () => {
    const { store, db } = platform.core;
    await db.collection('visits').createIndex({ phone: 1, account_id: 1 }, { unique: true });
    const owner = 'acc_unique';
    // The last two have the same two last digits, and so the same mask.
    const people = [447700900301, 447700900302, 447700900401];
    const ids = new Map<number, unknown>();
    for (const digits of people) {
      const { insertedId } = await db.collection('visits').insertOne({ account_id: owner, phone: String(digits) });
      ids.set(digits, insertedId);
    }
    const visits = rule('visits.phone');
    const outcomes = await Promise.allSettled(
      people.map((digits) => store.change(visits, subjectOf(digits, owner), [ids.get(digits)])),
    );
    const reasons = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : null));
    expect(reasons[1]).toBeNull();
    expect(reasons.filter((reason) => reason !== null)).toEqual([
      expect.objectContaining({ failure: 'refused', where: 'visits.phone' }),
    ]);
    expect(reasons[0] ?? reasons[2]).toBeInstanceOf(ErasureFailure);
    expect(await db.collection('visits').countDocuments({ account_id: owner, phone: /^44\*/ })).toBe(2);
  });

  it('remains: each gets its own answer', async () => {
    const { store } = platform.core;
    await put(
      'calls',
      numbers.filter((digits) => digits % 3 === 0).map((digits) => ({ from: String(digits) })),
    );
    const left = await Promise.all(numbers.map((digits) => store.remains(rule('calls.from'), subjectOf(digits))));
    expect(left).toEqual(numbers.map((digits) => digits % 3 === 0));
  });

  it('isDoubtful: each gets its own answer', async () => {
    const { store } = platform.core;
    const people = [447712300100, 447712400100, 447712500100];
    await put('calls', [{ to: '4.47712E+11' }]);
    const ask = (digits: number) => store.isDoubtful(rule('calls.to'), withDoubtful(subjectOf(digits)));
    expect(await Promise.all(people.map(ask))).toEqual([true, true, false]);
  });

  it('accounts of the same writing and another type are not joined', async () => {
    const { store, plan } = platform.core;
    const [wait] = plan.waits as [Wait];
    const due = new Date('2030-01-01T00:00:00Z');
    const id = new mongoose.mongo.ObjectId();
    const owners: [AccountValue, AccountValue][] = [
      ['7001', 7001],
      [7002, '7002'],
      [id, id.toHexString()],
      [String(new mongoose.mongo.ObjectId()), 7003],
    ];
    for (const [holder, other] of owners) {
      const row = { to: '447700900150', status: 'pending', send_at: due };
      await put('scheduled_sms', [row], holder);
      await put('calls', [{ from: '447700900150' }, { from: { not: 'readable' } }], holder);
      for (const pair of [
        [other, holder],
        [holder, other],
      ] as const) {
        const asked = pair.map((owner) => subjectOf(447700900150, owner));
        const expected = <Answer>(yes: Answer, no: Answer) => pair.map((owner) => (owner === holder ? yes : no));
        expect(await Promise.all(asked.map((subject) => store.lastScheduled(wait, subject)))).toEqual(
          expected<Date | null>(due, null),
        );
        const from = rule('calls.from');
        expect(await Promise.all(asked.map((subject) => store.remains(from, subject)))).toEqual(expected(true, false));
        expect(
          (await Promise.all(asked.map((subject) => store.find(from, subject, 9)))).map((ids) => ids.length),
        ).toEqual(expected(1, 0));
        expect(await Promise.all(asked.map((subject) => store.isUnreadable(from, subject.account)))).toEqual(
          expected(true, false),
        );
      }
    }
  });

  it('counted is what an erasure would change in the end: scheduled ones, and no suppression of Lethe’s own', async () => {
    const { store } = platform.core;
    const number = '447700900160';
    await put('scheduled_sms', [
      { to: number, status: 'pending' },
      { to: number, status: 'sent' },
    ]);
    await put('blacklist', [{ number }, { number, token: `key.${'a'.repeat(43)}` }]);
    const counts = ['scheduled_sms.to', 'blacklist.number'].map((key) =>
      store.count([rule(key)], subjectOf(447700900160)),
    );
    expect(await Promise.all(counts)).toEqual([2, 1]);
  });
});
