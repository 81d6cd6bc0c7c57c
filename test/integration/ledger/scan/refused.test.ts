import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import { phoneNumber } from '../../../support/numbers.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { indexPlatform } from '../../../support/records.ts';
import { driveByHand } from '../../../support/scans.ts';

const JO = phoneNumber(447700900123);
const AL = phoneNumber(447700900456);

describe('a record that refuses what a scan writes', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await openPlatform('refused');
    await indexPlatform(platform.core.db);
    await platform.core.db
      .collection('sent_sms')
      .createIndex({ campaign: 1, to: 1 }, { unique: true, partialFilterExpression: { campaign: { $gt: '' } } });
  });
  afterAll(() => platform?.close());

  it.each([2, 230])(
    'stays alone, among %i: it is named, all others are erased and counted, and it is retried',
    async (others) => {
      const hand = driveByHand(platform);
      const { account } = await platform.account();
      const own = { account_id: account.records_id };
      const sent = platform.core.db.collection('sent_sms');
      const campaign = `c${others}`;
      const { insertedId: taken } = await sent.insertOne({ ...own, campaign, to: '44********23' });
      const rows = Array.from({ length: others }, (_, index) => ({
        ...own,
        to: `Jo <+${index % 2 ? AL : JO}>`,
        body: 'b',
      }));
      await sent.insertMany(rows.slice(0, others >> 1));
      // The mask stands there already, and no two may be alike.
      const { insertedId: bad } = await sent.insertOne({ ...own, campaign, to: `\ufeff+${JO}`, body: 'secret' });
      const rest = rows.slice(others >> 1);
      if (rest.length > 0) await sent.insertMany(rest);
      const of = (number: string) => rows.filter(({ to }) => to.includes(number)).length;
      for (const number of [JO, AL]) await platform.core.db.collection('contacts').insertOne({ ...own, number });
      const [jo, al] = [await hand.forget(account, JO), await hand.forget(account, AL)];
      await hand.erase(account, al);

      const failed = await hand.finish(account, jo);
      expect(failed).toMatchObject({
        state: 'failed',
        failure: { name: 'refused', where: `sent_sms.to (_id ${bad.toHexString()})` },
        erased: { contacts: 1, ...(of(JO) > 0 && { sent_sms: of(JO) }) },
      });
      expect(await sent.findOne({ _id: bad })).toMatchObject({ to: `\ufeff+${JO}`, body: 'secret' });
      const done = await hand.finish(account, al);
      expect(done).toMatchObject({
        state: 'completed',
        erased: { contacts: 1, ...(of(AL) > 0 && { sent_sms: of(AL) }) },
      });
      expect(await sent.countDocuments({ ...own, to: /<\+/ })).toBe(0);

      await sent.deleteOne({ _id: taken });
      await requestsOf(platform.core.db).updateOne({ reference: jo }, { $set: { not_before: new Date(0) } });
      const mended = await hand.finish(account, jo);
      expect(mended).toMatchObject({ state: 'completed', erased: { contacts: 1, sent_sms: of(JO) + 1 } });
    },
  );
});
