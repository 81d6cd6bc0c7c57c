import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { acceptForget } from '../../../../src/contracts/forget/accept.ts';
import { untilCompleted } from '../../../support/forget.ts';
import { phoneNumber } from '../../../support/numbers.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { indexPlatform } from '../../../support/records.ts';

const { Binary, Long } = mongoose.mongo;
const NUMBER = '447700900321';
const OWN_NUMBER = '447700900999';

describe('a record that holds the number at two places', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await openPlatform('count-once', { BATCH_SIZE: '24' });
    await indexPlatform(platform.core.db);
  });
  afterAll(() => platform?.close());

  it.each([
    ['an ObjectId', () => ({})],
    // `String` makes `[object Object]` of each of them.
    ['a document', (index: number) => ({ _id: { day: 1, index } as never })],
    ['a time within one second', (index: number) => ({ _id: new Date(1_795_000_000_000 + index) as never })],
    ['bytes that are no text', (index: number) => ({ _id: new Binary(Buffer.from([0xff, 0x80 + index])) as never })],
    // A double holds every second of these.
    ['a large integer', (index: number) => ({ _id: Long.fromString(`90071992547409${930 + index}`) as never })],
  ])('is counted once, in whatever order its places are swept: its _id is %s', async (_what, idOf) => {
    const { core } = platform;
    const { account } = await platform.account();
    let inserted = 0;
    const call = (from: string, to: string) => {
      inserted += 1;
      return { ...idOf(inserted), account_id: account.records_id, from, to, transcript: ['hello'] };
    };
    // More than a batch of one kind first, so that the two places are at different records of the other.
    await core.db
      .collection('calls')
      .insertMany([
        ...Array.from({ length: 20 }, () => call(NUMBER, OWN_NUMBER)),
        ...Array.from({ length: 30 }, () => call(NUMBER, NUMBER)),
      ]);
    const { request } = await acceptForget(
      { ...core, deadlineMs: 86_400_000, graceMs: 0 },
      { account, actor: 'test', number: phoneNumber(NUMBER), unsuppress: false },
      new Date(),
    );
    await platform.startWorker();
    const done = await untilCompleted(platform, request.reference);
    expect(done.erased).toEqual({ calls: 50 });
    const left = { account_id: account.records_id, $or: [{ from: NUMBER }, { to: NUMBER }] };
    expect(await core.db.collection('calls').countDocuments(left)).toBe(0);
    expect(await core.db.collection('calls').countDocuments({ account_id: account.records_id })).toBe(50);
  });
});
