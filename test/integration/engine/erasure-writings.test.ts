import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { containsNumber } from '../../../src/phone/scan.ts';
import { forget, untilCompleted, untilRequest } from '../../support/forget.ts';
import { allowRedaction, callOf, makeAgency, sentOf } from '../../support/interactions.ts';
import { phoneNumber } from '../../support/numbers.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform } from '../../support/records.ts';
import { redact } from '../../support/transactions.ts';
import { waitFor } from '../../support/wait-for.ts';
import { call } from '../../support/wire.ts';

const { Decimal128, Double, Long } = mongoose.mongo;
const JO = '447700900123';
const AL = '447700900456';
const MASK = '44********23';

/** Writings seen in public bug reports and in files people import, each as a message's recipient. */
const WRITINGS: unknown[] = [
  // What platforms store as a rule.
  ...[JO, `+${JO}`, `00${JO}`, '07700900123', '7700900123', '+44 7700 900123', '07700 900123'],
  ...[Long.fromString(JO), new Double(7700900123), Decimal128.fromString('4.47700900123E+11')],
  // As people write it.
  ...['+44 7700 900 123', '07700 900 123', '+44 7700900123', '0044 7700900123', '(07700) 900123', '+44-7700-900123'],
  ...['+44.7700.900123', '+44 (0)7700 900123', '+44(0)7700900123', '+4407700900123', '07700-900123', '44 7700 900123'],
  // Files that were imported as they came.
  ...[`${JO} `, ` ${JO}`, `+${JO}\r`, `${JO}\n`, `\ufeff${JO}`, `'+${JO}`, "'07700900123", `${JO}.0`],
  ...['4.47700900123E+11', '447,700,900,123', `%2B${JO}`, `"+${JO}"`],
  // Telephones and address books.
  ...[`4477\u200b00900123`, `\u202a+${JO}\u202c`, '４４７７００９００１２３', '٤٤٧٧٠٠٩٠٠١٢٣', `++${JO}`, `+00${JO}`],
  ...[`011${JO}`, `0011${JO}`],
  // Channels.
  ...[`whatsapp:+${JO}`, `tel:+${JO}`, `sip:+${JO}@gw`, `${JO}@c.us`, `${JO}@s.whatsapp.net`, `${JO}:3@s.whatsapp.net`],
  ...[`Jo <+${JO}>`, `+${JO} x123`, `wab-${JO}`, `+${JO};ext=1`, 'GB:7700900123', '07700900123 (Jo)'],
  // Several in one text.
  ...[`${JO},${AL}`, `${JO};${AL}`, `${JO} ${AL}`, `["${JO}","${AL}"]`],
  // Integers that are not what they seem.
  ...[-447700900123, 4407700900123],
];
const nameOf = (value: unknown) => JSON.stringify(String(value));

/** What an erasure says nothing is held on, unless it looks for more than the usual writings. */
const ALONE = [
  '+44 7700 901 111',
  '+447700901111\r',
  '+44-7700-901111',
  "'07700901111",
  '(07700) 901111',
  '447700901111.0',
];
const ALONE_DIGITS = '447700901111';

describe('a number, however it is written', () => {
  let platform: Platform;
  let url: string;
  const left = new Map<number, mongoose.mongo.Document | undefined>();

  beforeAll(async () => {
    platform = await openPlatform('writings', {
      NUMBER_PREFIXES: '44,1,20',
      COUNTRIES: 'GB',
      RATE_LIMIT_PER_SECOND: '0',
    });
    await indexPlatform(platform.core.db);
    ({ url } = await platform.startApi());
    await platform.startWorker();
    const { account, key } = await platform.account();
    const sent = platform.core.db.collection('sent_sms');
    await sent.insertMany(
      WRITINGS.map((to, serial) => ({ account_id: account.records_id, serial, to, body: `Hi Jo, ${serial}` })),
    );
    await untilCompleted(platform, await forget(url, key, { number: JO }));
    for (const row of await sent.find({ account_id: account.records_id }).toArray()) left.set(row.serial, row);
  });
  afterAll(() => platform?.close());

  it.each(WRITINGS.map((value, serial) => [nameOf(value), value, serial] as const))(
    'is gone as %s, and so is the text beside it',
    (_name, value, serial) => {
      const row = left.get(serial);
      expect(row?.body).toBe('[REDACTED]');
      // No text may stand in place of a number.
      if (typeof value !== 'string') expect(row?.to).toBeNull();
      else {
        expect(row?.to).toContain(MASK);
        expect(containsNumber(String(row?.to), phoneNumber(JO))).toBe(false);
        expect(String(row?.to).includes(AL)).toBe(value.includes(AL));
      }
    },
  );

  it('whose digits are lost is named as a failure, and stays', async () => {
    const { account, key } = await platform.account();
    const sent = platform.core.db.collection('sent_sms');
    const { insertedId } = await sent.insertOne({ account_id: account.records_id, to: '4.47701E+11', body: 'Hi' });
    const reference = await forget(url, key, { number: JO });
    const { failure } = await untilRequest(platform, reference, 'a failure', ({ state }) => state === 'failed');
    expect(failure).toMatchObject({ name: 'ambiguous_number', where: `sent_sms.to (_id ${String(insertedId)})` });
    expect(await sent.findOne({ _id: insertedId })).toMatchObject({ to: '4.47701E+11', body: 'Hi' });
  });

  it.each(ALONE.map((value) => [nameOf(value), value]))(
    'held as %s alone is found by subject access, erased, and suppressed',
    async (_name, number) => {
      const { account, key } = await platform.account();
      const contacts = platform.core.db.collection('contacts');
      await contacts.insertOne({ account_id: account.records_id, number, name: 'Jo' });
      const access = await call(url, `/gdpr/access?number=${ALONE_DIGITS}`, { key });
      expect(access.body.counts).toEqual({ contacts: 1 });
      await untilCompleted(platform, await forget(url, key, { number: ALONE_DIGITS }));
      expect(await contacts.countDocuments({ account_id: account.records_id })).toBe(0);
      const check = await call(url, '/blacklist/check', { key, body: { number: ALONE_DIGITS } });
      expect(check.body).toEqual({ blacklisted: true });
    },
  );

  it('that said STOP in any of these is on the blacklist', async () => {
    const { account, key } = await platform.account();
    const list = platform.core.db.collection('blacklist');
    const answers: unknown[] = [];
    for (const number of ALONE) {
      await list.deleteMany({ account_id: account.records_id });
      await list.insertOne({ account_id: account.records_id, number, reason: 'STOP' });
      answers.push((await call(url, '/blacklist/check', { key, body: { number: ALONE_DIGITS } })).body);
    }
    expect(answers).toEqual(ALONE.map(() => ({ blacklisted: true })));
  });

  describe('an interaction and its past', () => {
    let made: Awaited<ReturnType<typeof makeAgency>>;
    const at = (day: number) => new Date(Date.UTC(2026, 5, day));
    beforeEach(async () => {
      made = await makeAgency(platform);
      await allowRedaction(platform, made, { manual: true });
    });

    /** Redacts the latest call and its past. @returns the answer, and which calls are redacted in the end */
    const redactPast = async (froms: unknown[], countries: ('GB' | 'US')[]) => {
      const { account, key } = made.sub;
      await platform.core.accounts.setCountries(account._id, countries);
      const calls = platform.core.db.collection('calls');
      await calls.insertMany(froms.map((from, index) => callOf(account, `c${index}`, at(20 - index), { from })));
      const answer = await call(url, `/accounts/${account._id}/interactions/c0/redact`, {
        key,
        body: { redact_content: true, redact_past: true, understood: true },
      });
      if (answer.status === 202)
        await waitFor('completion', async () => {
          const path = `/accounts/${account._id}/redactions/${String(answer.body.reference)}`;
          return (await call(url, path, { key })).body.state === 'completed' || null;
        });
      const redacted = await calls.find({ account_id: account.records_id, redacted_at: { $ne: null } }).toArray();
      return [answer.status, redacted.map(({ call_id }) => call_id).sort()];
    };

    it.each([
      [
        'is not told: digits of an Egyptian, in brackets of an American',
        ['(201) 555-0123', '+2015550123', '+12015550123'],
        ['GB'],
        [409, []],
      ],
      [
        'is the American’s where Americans are served',
        ['(201) 555-0123', '+2015550123', '+12015550123', '201.555.0123'],
        ['US'],
        [202, ['c0', 'c2', 'c3']],
      ],
      [
        'is not told: ten digits that two countries have',
        ['2015550123', '+2015550123', '+12015550123'],
        ['GB'],
        [409, []],
      ],
      ['is not told: 212-555-0123 is no British number', ['212-555-0123', '+12125550123'], ['GB'], [409, []]],
      [
        'is found by the very text of the row',
        ['+44 7700 900 777', '+44 7700 900 777', '+447700900777', AL],
        ['GB'],
        [202, ['c0', 'c1', 'c2']],
      ],
    ] as [string, unknown[], ('GB' | 'US')[], unknown[]][])('%s', async (_name, froms, countries, outcome) => {
      expect(await redactPast(froms, countries)).toEqual(outcome);
    });
  });

  it.each([
    ['a date', (ms: number) => new Date(ms), 403],
    ['seconds', (ms: number) => Math.floor(ms / 1000), 409],
    ['milliseconds', (ms: number) => ms, 409],
    ['a text in ISO 8601', (ms: number) => new Date(ms).toISOString(), 409],
    ['a text of SQL', (ms: number) => new Date(ms).toISOString().replace('T', ' ').slice(0, 19), 409],
    ['nothing', () => undefined, 409],
  ] as const)('of a message a minute old, whose time is %s, is not redacted early', async (_name, timeOf, status) => {
    const { account, key } = await platform.account();
    const sent_at = timeOf(Date.now() - 60_000);
    const sent = platform.core.db.collection('sent_sms');
    const { sent_at: _date, ...row } = sentOf(account, 'm1', new Date());
    const { insertedId } = await sent.insertOne({ ...row, ...(sent_at !== undefined && { sent_at }) });
    const before = await sent.findOne({ _id: insertedId });
    const answer = await redact(url, key, { id: 'm1', product: 'sms' });
    expect([answer.status, await sent.findOne({ _id: insertedId })]).toEqual([status, before]);
  });
});
