import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { idOf, type Place, readPlace } from '../../../src/engine/scan/read-place.ts';
import { recordKey } from '../../../src/lib/record-key.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';

const { ObjectId, UUID, Long, Decimal128, Double, Binary, Timestamp } = mongoose.mongo;

/** `_id`s of every type a platform may have, some of which are equal to nothing, or sorted by nobody's rule. */
const IDS: readonly unknown[] = [
  null,
  Number.NaN,
  -5,
  new Double(1.5),
  7,
  Long.fromString('9007199254740993'),
  Decimal128.fromString('447700900123.5'),
  '',
  'B',
  'a',
  'é',
  '447700900123',
  { a: 1 },
  { b: 'x' },
  new Binary(Buffer.from('bytes')),
  new UUID('00000000-0000-4000-8000-000000000001'),
  new ObjectId('64c000000000000000000001'),
  new ObjectId('64c0000000000000000000ff'),
  false,
  true,
  new Date(0),
  new Date(1_700_000_000_000),
  new Timestamp({ t: 1, i: 2 }),
];

describe('a place read in the order of its ids', () => {
  let platform: Platform;
  let place: Place;
  beforeAll(async () => {
    platform = await openPlatform('read-place');
    const collection = platform.core.db.collection<{ _id: unknown }>('mixed');
    await collection.insertMany(IDS.map((_id, index) => ({ _id, account_id: 'a', index })) as never);
    await collection.insertOne({ _id: 'other', account_id: 'b' } as never);
    place = { key: 'mixed', collection: collection as never, filter: { account_id: 'a' } };
  });
  afterAll(() => platform?.close());

  async function read(after: unknown): Promise<{ id: unknown; key: string }[]> {
    const found: { id: unknown; key: string }[] = [];
    for await (const batch of readPlace(place, after, 4))
      for (const bytes of batch.records) found.push({ id: idOf(bytes), key: recordKey(idOf(bytes)) });
    return found;
  }

  it('has all of the account, and nobody else', async () => {
    const all = await read(undefined);
    expect(new Set(all.map(({ key }) => key)).size).toBe(IDS.length);
    expect(all).toHaveLength(IDS.length);
  });

  it('goes on behind any of them without leaving one out', async () => {
    const all = await read(undefined);
    for (const [index, { id, key }] of all.entries()) {
      const rest = new Set((await read(id)).map((one) => one.key));
      const missed = all.slice(index + 1).filter((one) => !rest.has(one.key));
      expect({ after: key, missed: missed.map((one) => one.key) }).toEqual({ after: key, missed: [] });
    }
  });
});
