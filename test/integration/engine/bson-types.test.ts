import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { NO_DATES, UNREADABLE_TYPES } from '../../../src/engine/bson-types.ts';
import { parseDataMap } from '../../../src/engine/map/load.ts';
import { readPath } from '../../../src/engine/map/paths.ts';
import { selectAnywhere, selectUnreadable } from '../../../src/engine/selections.ts';
import { numberSubject, type Subject } from '../../../src/engine/subject.ts';
import { SUPPRESSION_LIST } from '../../support/map-file.ts';
import { phoneNumber } from '../../support/numbers.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';

const { Binary, BSONRegExp, BSONSymbol, Code, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } =
  mongoose.mongo;
const JO = 447700900123;

/** A value of each type that the driver can write; it has no class for an undefined and for a dbPointer. */
const VALUES = {
  double: new Double(JO),
  string: String(JO),
  object: { e164: String(JO) },
  array: [String(JO)],
  binData: new Binary(Buffer.from(String(JO))),
  objectId: new ObjectId(),
  bool: true,
  date: new Date(JO),
  null: null,
  regex: new BSONRegExp(String(JO)),
  javascript: new Code(`call(${JO})`),
  symbol: new BSONSymbol(String(JO)),
  javascriptWithScope: new Code('call(to)', { to: JO }),
  int: new Int32(79),
  timestamp: new Timestamp({ t: 4_477_009, i: 123 }),
  long: Long.fromNumber(JO),
  decimal: Decimal128.fromString(String(JO)),
  minKey: new MinKey(),
  maxKey: new MaxKey(),
} as const;

describe('the BSON types', () => {
  let platform: Platform;
  const [entry] = parseDataMap(
    JSON.stringify({
      version: 1,
      collections: [{ ...SUPPRESSION_LIST, name: 'values', collection: 'values' }],
    }),
    'map.json',
  ).collections;
  if (!entry) throw new Error('no entry');
  const place = { entry, path: readPath('to'), here: (subject: Subject) => subject };
  const named = async (filter: object) => {
    const records = await platform.core.db
      .collection('values')
      .find(filter, { projection: { type: 1 } })
      .toArray();
    return records.map((record) => String(record.type)).sort();
  };

  beforeAll(async () => {
    platform = await openPlatform('bson-types');
    await platform.core.db
      .collection('values')
      .insertMany(Object.entries(VALUES).map(([type, to]) => ({ account_id: 'acc', type, to })));
    await platform.core.db.collection('values').insertOne({ account_id: 'acc', type: 'missing' });
  });
  afterAll(async () => {
    await platform?.close();
  });

  it('the engine takes every alias, and finds the values of each type', async () => {
    const without = (...left: string[]) =>
      Object.keys(VALUES)
        .filter((type) => !left.includes(type))
        .sort();
    expect(await named(selectUnreadable(place, 'acc'))).toEqual(
      without('string', 'symbol', 'int', 'long', 'double', 'decimal', 'null', 'array'),
    );
    expect(await named({ to: { $type: [...NO_DATES] } })).toEqual(without('date', 'null'));
  });

  it('what is no date, what is one, and null are all the records there are', async () => {
    const rest = await named({ to: { $type: 'date' } });
    const nothing = await named({ to: null });
    expect([...(await named({ to: { $type: [...NO_DATES] } })), ...rest, ...nothing].sort()).toEqual(
      [...Object.keys(VALUES), 'missing'].sort(),
    );
  });

  it('a number is found by its value in types that can be erased, and in an array', async () => {
    const subject = numberSubject(phoneNumber(JO), 'acc', 'token');
    const found = await named(selectAnywhere(place, subject));
    expect(found.filter((type) => UNREADABLE_TYPES.includes(type as never))).toEqual([]);
    expect(found).toEqual(['array', 'decimal', 'double', 'long', 'string', 'symbol']);
  });
});
