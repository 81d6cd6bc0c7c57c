import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { containsNumber } from '../../../src/phone/scan.ts';
import { untilCompleted } from '../../support/forget.ts';
import { phoneNumber } from '../../support/numbers.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform } from '../../support/records.ts';
import { call } from '../../support/wire.ts';

const { Long, Double, Decimal128, Int32 } = mongoose.mongo;
const { EJSON } = mongoose.mongo.BSON;

/** Ofcom's drama numbers: a mobile, and a landline whose national digits fit 32 bits. */
const MOBILE = { digits: '447700900123', spaced: ['+44 7700 900123', '07700 900123'] };
const LANDLINE = { digits: '441214960123', spaced: ['+44 121 496 0123', '0121 496 0123'] };
/** A landline of a made-up exchange, national integer 1234567890. */
const SMALL = { digits: '441234567890', spaced: ['+44 1234 567890', '01234 567890'] };
const OTHER = { digits: '447700900456', spaced: ['+44 7700 900456', '07700 900456'] };
type Person = typeof MOBILE;

const formsOf = ({ digits, spaced }: Person): unknown[] => {
  const national = digits.slice(2);
  const small = Number(national) <= 2_147_483_647;
  return [
    digits,
    `+${digits}`,
    `00${digits}`,
    `0${national}`,
    national,
    ...spaced,
    ...[digits, national].flatMap((text) => [
      Long.fromString(text),
      new Double(Number(text)),
      Decimal128.fromString(text),
      Decimal128.fromString(`${text}.000`),
    ]),
    ...(small ? [new Int32(Number(national))] : []),
  ];
};

const at = new Date('2026-01-01T00:00:00Z');
/** One record of each place, by collection. `after` is what an erasure leaves of it, or null for nothing. */
const PLACES: {
  collection: string;
  make: (value: unknown) => object;
  after: (mask: string | null) => object | null;
}[] = [
  { collection: 'contacts', make: (number) => ({ number, name: 'Jo', email: 'jo@example.org' }), after: () => null },
  {
    collection: 'contact_lists',
    make: (number) => ({ name: 'All', contacts: [{ number: 'x' }, { number, name: 'Jo' }, { number, name: 'Jo 2' }] }),
    after: () => ({ name: 'All', contacts: [{ number: 'x' }] }),
  },
  {
    collection: 'sent_sms',
    make: (to) => ({ to, from: 'ACME', body: 'Hi Jo', status: 'delivered', sent_at: at }),
    after: (to) => ({ to, from: 'ACME', body: '[REDACTED]', status: 'delivered', sent_at: at }),
  },
  {
    collection: 'received_sms',
    make: (from) => ({ from, to: '60777', body: 'I am Jo', received_at: at }),
    after: (from) => ({ from, to: '60777', body: '[REDACTED]', received_at: at }),
  },
  {
    collection: 'scheduled_sms',
    make: (to) => ({ to, body: 'Hi Jo', status: 'cancelled', send_at: at }),
    after: (to) => ({ to, body: '[REDACTED]', status: 'cancelled', send_at: at }),
  },
  ...(['from', 'to'] as const).map((side) => ({
    collection: 'calls',
    make: (value: unknown) => ({ [side]: value, status: 'answered', transcript: ['Hi', 'Jo'], recording_url: 'r.mp3' }),
    after: (mask: string | null) => ({
      [side]: mask,
      status: 'answered',
      transcript: ['[REDACTED]'],
      recording_url: null,
    }),
  })),
  { collection: 'blacklist', make: (number) => ({ number, reason: 'STOP' }), after: () => null },
];

describe('every stored form in every collection', () => {
  let platform: Platform;
  let url: string;

  beforeAll(async () => {
    platform = await openPlatform('forms');
    await indexPlatform(platform.core.db);
    ({ url } = await platform.startApi());
    await platform.startWorker();
  });
  afterAll(() => platform?.close());

  const fill = async (account: unknown, person: Person) => {
    for (const { collection, make } of PLACES) {
      const rows = formsOf(person).map((form) => ({
        account_id: account,
        person: person.spaced[0]?.length,
        ...make(form),
      }));
      await platform.core.db.collection(collection).insertMany(rows);
    }
  };
  const read = async (account: unknown, collection: string, ids: unknown[]) => {
    const rows = await platform.core.db
      .collection(collection)
      .find({ account_id: account, _id: { $in: ids as mongoose.mongo.ObjectId[] } })
      .sort({ _id: 1 })
      .toArray();
    return rows;
  };

  it.each([
    ['a mobile', MOBILE],
    ['a landline', LANDLINE],
    ['a landline that fits an Int32', SMALL],
  ])('%s: all of it is erased, and nothing of anybody else', async (_name, person) => {
    const { db } = platform.core;
    const { account, key } = await platform.account();
    const owner = account.records_id;
    await fill(owner, OTHER);
    const others = await Promise.all(
      PLACES.map(({ collection }) => db.collection(collection).find({ account_id: owner }).sort({ _id: 1 }).toArray()),
    );
    const ids = new Map<string, unknown[]>();
    for (const { collection, make } of PLACES) {
      const { insertedIds } = await db
        .collection(collection)
        .insertMany(formsOf(person).map((form) => ({ account_id: owner, ...make(form) })));
      ids.set(JSON.stringify(make('')), Object.values(insertedIds));
    }

    const accepted = await call(url, '/gdpr/forget', { key, body: { number: person.digits } });
    const reference = String(accepted.body.reference);
    const done = await untilCompleted(platform, reference);

    const count = formsOf(person).length;
    const one = { contacts: count, contact_lists: count, sent_sms: count, received_sms: count, scheduled_sms: count };
    expect(done.erased).toEqual({ ...one, calls: 2 * count, blacklist: count });
    const mask = `44********${person.digits.slice(-2)}`;
    for (const { collection, make, after: leaves } of PLACES) {
      const rows = await read(owner, collection, ids.get(JSON.stringify(make(''))) ?? []);
      expect(rows).toHaveLength(leaves(mask) === null ? 0 : count);
      // No text may stand in place of a number.
      const left = formsOf(person).map((form) => leaves(typeof form === 'string' ? mask : null));
      expect(rows).toMatchObject(rows.map((row, index) => ({ _id: row._id, account_id: owner, ...left[index] })));
    }
    const number = phoneNumber(person.digits);
    for (const { collection } of PLACES) {
      const rows = await db.collection(collection).find({ account_id: owner }).toArray();
      expect(containsNumber(EJSON.stringify(rows), number)).toBe(false);
    }
    const kept = await Promise.all(
      PLACES.map(({ collection }, index) =>
        read(
          owner,
          collection,
          (others[index] ?? []).map((row) => row._id),
        ),
      ),
    );
    expect(EJSON.stringify(kept, { relaxed: false })).toBe(EJSON.stringify(others, { relaxed: false }));
  });
});
