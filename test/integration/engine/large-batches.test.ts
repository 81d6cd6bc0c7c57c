import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ErasureFailure } from '../../../src/base/errors.ts';
import type { NumberRule } from '../../../src/engine/plan.ts';
import { numberSubject, type Subject } from '../../../src/engine/subject.ts';
import { phoneNumber } from '../../support/numbers.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform } from '../../support/records.ts';

/** Records of one part. */
const PART = 500;
const NUMBER = '447700900123';

describe('a batch of more records than one statement changes', () => {
  let platform: Platform;
  let rule: NumberRule;
  beforeAll(async () => {
    platform = await openPlatform('large-batches');
    await indexPlatform(platform.core.db);
    await platform.core.db.collection('sent_sms').createIndex({ account_id: 1, body: 1, slot: 1 }, { unique: true });
    const found = platform.core.plan.rules.find((one) => one.key === 'sent_sms.to');
    if (!found) throw new Error('no rule');
    rule = found;
  });
  afterAll(() => platform?.close());

  const sent = () => platform.core.db.collection('sent_sms');
  const subjectOf = (account: string): Subject => numberSubject(phoneNumber(NUMBER), account, 'token.large');
  const put = async (account: string, count: number) => {
    const rows = Array.from({ length: count }, (_, slot) => ({ account_id: account, to: NUMBER, body: 'hello', slot }));
    return Object.values((await sent().insertMany(rows)).insertedIds);
  };
  const changed = async (account: string) => {
    const rows = await sent().find({ account_id: account, to: '44********23', body: '[REDACTED]' }).toArray();
    return new Set(rows.map((row) => row.slot as number));
  };

  it.each([PART, PART + 1, 2 * PART, 2 * PART + 345])('of %d: all of them are changed', async (count) => {
    const account = `acc_${count}`;
    const ids = await put(account, count);
    const others = await put(`${account}_other`, 3);
    await platform.core.store.change(rule, subjectOf(account), [...ids, ...others]);
    expect((await changed(account)).size).toBe(count);
    expect(await platform.core.store.remains(rule, subjectOf(account))).toBe(false);
    expect((await changed(`${account}_other`)).size).toBe(0);
  });

  it.each([0, 700, 1_344])(
    'with one that is refused, the %dth: the change fails, other parts are changed',
    async (at) => {
      const account = `acc_refused_${at}`;
      const count = 1_345;
      const ids = await put(account, count);
      const { insertedId } = await sent().insertOne({ account_id: account, to: 'SHOP', body: '[REDACTED]', slot: at });
      const subject = subjectOf(account);
      const failure = await platform.core.store.change(rule, subject, ids).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(ErasureFailure);
      expect(failure).toMatchObject({ failure: 'refused', where: 'sent_sms.to' });

      const done = await changed(account);
      const part = Math.floor(at / PART);
      const elsewhere = ids.map((_, slot) => slot).filter((slot) => Math.floor(slot / PART) !== part);
      expect(elsewhere.filter((slot) => !done.has(slot))).toEqual([]);
      expect(done.has(at)).toBe(false);

      await sent().deleteOne({ _id: insertedId });
      await platform.core.store.change(rule, subject, ids);
      expect((await changed(account)).size).toBe(count);
    },
  );
});
