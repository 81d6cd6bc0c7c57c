import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { requestsOf } from '../../../src/ledger/requests/ledger.ts';
import { forget, untilCompleted } from '../../support/forget.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform, insertRecords, type RecordCounts } from '../../support/records.ts';

const { Decimal128, Double, Long } = mongoose.mongo;
const NUMBERS = Array.from({ length: 24 }, (_, index) => String(447700900100 + index));
const FORMS: ((digits: string) => string | object)[] = [
  (digits) => digits,
  (digits) => `+${digits}`,
  (digits) => `0${digits.slice(2)}`,
  (digits) => Long.fromString(digits),
  (digits) => new Double(Number(digits)),
  (digits) => Decimal128.fromString(`${digits}.0`),
];

/** Many people of one account at the same time share queries and batches. */
describe('erasures side by side', () => {
  let platform: Platform;
  let url: string;
  beforeAll(async () => {
    platform = await openPlatform('together', { RATE_LIMIT_PER_SECOND: '0', BATCH_SIZE: '60' });
    await indexPlatform(platform.core.db);
    ({ url } = await platform.startApi());
  });
  afterAll(() => platform?.close());

  it('each gets all of its own records and none of the others, and none fails', async () => {
    const { db } = platform.core;
    const { account, key } = await platform.account();
    const owner = account.records_id;
    const expected: Record<string, number>[] = [];
    for (const [index, number] of NUMBERS.entries()) {
      // From one person with hundreds to one with hardly any; forms and kinds take turns.
      const size = index === 0 ? 600 : index % 7;
      const kinds: RecordCounts = { sent: size, received: index % 3, contacts: index % 4, lists: index % 2, calls: 1 };
      await insertRecords(db, owner, (FORMS[index % FORMS.length] ?? String)(number), kinds, '447700900999');
      const counts = {
        sent_sms: size,
        received_sms: index % 3,
        contacts: index % 4,
        contact_lists: index % 2,
        calls: 1,
      };
      expected.push(Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)));
    }
    await db
      .collection('contact_lists')
      .insertOne({ account_id: owner, contacts: NUMBERS.map((number) => ({ number })) });
    await insertRecords(db, owner, '447700900998', { sent: 5, contacts: 5 });

    const references = await Promise.all(NUMBERS.map((number) => forget(url, key, { number })));
    await Promise.all([platform.startWorker(), platform.startWorker()]);
    const done = await Promise.all(references.map((reference) => untilCompleted(platform, reference)));
    expect(done.map(({ failures, erased }) => ({ failures, erased }))).toEqual(
      expected.map((erased) => ({
        failures: 0,
        // The list of them all is one more of each.
        erased: { ...erased, contact_lists: (erased.contact_lists ?? 0) + 1 },
      })),
    );
    expect(await db.collection('contact_lists').findOne({ account_id: owner, contacts: [] })).not.toBeNull();
    const left = { account_id: owner, $or: [{ to: '447700900998' }, { number: '447700900998' }] };
    expect(await db.collection('sent_sms').countDocuments(left)).toBe(5);
    expect(await db.collection('contacts').countDocuments(left)).toBe(5);
    expect(await requestsOf(db).countDocuments({ account_id: account._id, unfinished: true })).toBe(0);
  });
});
