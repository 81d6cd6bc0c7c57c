import { afterEach, describe, expect, it } from '@jest/globals';
import type { DataMapInput } from '../../../src/engine/map/version-1.ts';
import { forget, untilCompleted } from '../../support/forget.ts';
import { SUPPRESSION_LIST, writeMap } from '../../support/map-file.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { insertRecords } from '../../support/records.ts';
import { call } from '../../support/wire.ts';

const DIGITS = '447700900123';
const NUMBER = 447700900123;

/** The list is the platform's own: it may change under an open request, and its rows may hold more than numbers. */
describe('what the platform does with its own blacklist, and what stands in its rows', () => {
  const closers: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  const open = async (list: Partial<DataMapInput['collections'][number]> = {}) => {
    const map = await writeMap({
      version: 1,
      collections: [
        { ...SUPPRESSION_LIST, ...list },
        { collection: 'sent_sms', account: 'account_id', record: 'message', numbers: ['to'] },
      ],
    });
    closers.push(map.remove);
    const platform: Platform = await openPlatform('list-rows', { DATA_MAP: map.file });
    closers.push(platform.close);
    const { url } = await platform.startApi();
    const { account, key } = await platform.account();
    const owner = account.records_id;
    const rows = platform.core.db.collection('blacklist');
    await insertRecords(platform.core.db, owner, DIGITS, { sent: 1 });
    return {
      platform,
      rows,
      owner,
      ask: (body: object = {}) => forget(url, key, { number: NUMBER, ...body }),
      isListed: async () => (await call(url, '/blacklist/check', { key, body: { number: NUMBER } })).body.blacklisted,
      finish: async (reference: string) => {
        await platform.startWorker();
        return untilCompleted(platform, reference);
      },
    };
  };
  const LISTS: [string, Partial<DataMapInput['collections'][number]>][] = [
    ['a list of tokens', {}],
    ['a list that keeps numbers', { suppression: { keep_number: true } }],
  ];

  it('a row of another account is no suppression of this one', async () => {
    const { rows, isListed } = await open();
    await rows.insertOne({ account_id: 'somebody-else', number: DIGITS, reason: 'STOP' });
    expect(await isListed()).toBe(false);
  });

  describe.each(LISTS)('%s', (_name, list) => {
    it('taken off the list while the request is open: asking again puts the number on it before the answer', async () => {
      const { rows, ask, isListed } = await open(list);
      const reference = await ask();
      await rows.deleteMany({});
      expect(await isListed()).toBe(false);
      const answers = await Promise.all([ask(), ask(), ask()]);
      expect(answers).toEqual([reference, reference, reference]);
      expect(await isListed()).toBe(true);
      expect(await rows.countDocuments({})).toBe(1);
    });

    it('taken off the list while the request is open: on it when the number is removed', async () => {
      const { rows, ask, isListed, finish } = await open(list);
      const reference = await ask();
      await rows.deleteMany({});
      const done = await finish(reference);
      expect([done.failures, await isListed()]).toEqual([0, true]);
      expect(await rows.find({}, { projection: { _id: 0, token: 1, masked: 1 } }).toArray()).toEqual([
        { token: done.token, masked: '44********23' },
      ]);
    });

    it("replaced by the platform's own list while the request is open: still on it when the number is removed", async () => {
      const { rows, owner, ask, isListed, finish } = await open(list);
      const reference = await ask();
      await rows.deleteMany({});
      await rows.insertOne({ account_id: owner, number: `+${DIGITS}`, reason: 'STOP' });
      const done = await finish(reference);
      expect([done.failures, await isListed(), await rows.countDocuments({})]).toEqual([0, true, 1]);
    });

    it('taken off the list while the request is open, to be off it in the end: not put on it again', async () => {
      const { rows, ask, isListed, finish } = await open(list);
      const reference = await ask({ blacklist: true });
      await rows.deleteMany({});
      const done = await finish(reference);
      expect([done.failures, await isListed()]).toEqual([0, false]);
    });
  });

  it.each(['9f8e7d', 'unsub.44e1', '', null, 17])(
    "a row with a token of the platform's own, %j: it goes",
    async (token) => {
      const { rows, owner, ask, isListed, finish } = await open();
      await rows.insertOne({ account_id: owner, number: DIGITS, token });
      const done = await finish(await ask());
      expect([done.failures, await isListed()]).toEqual([0, true]);
      expect(done.erased).toEqual({ blacklist: 1, sent_sms: 1 });
      expect(JSON.stringify(await rows.find({}).toArray())).not.toContain('7700900123');
    },
  );

  it('rows without a token of their own, null in each: the platform writes them as before', async () => {
    const { platform, rows, owner, ask, finish } = await open();
    await rows.insertMany(
      ['447700900124', '447700900125', DIGITS].map((number) => ({ account_id: owner, number, token: null })),
    );
    // As the next process does at its start.
    await platform.core.prepare();
    const done = await finish(await ask());
    expect([done.failures, await rows.countDocuments({ token: null })]).toEqual([0, 2]);
  });

  const FIELDS: Partial<DataMapInput['collections'][number]> = {
    fields: [
      { path: 'name', category: 'name' },
      { path: 'by.email', category: 'email' },
      { path: 'reason', category: 'note' },
    ],
  };
  it.each([
    ['a list of tokens', FIELDS],
    ['a list that keeps numbers', { ...FIELDS, suppression: { keep_number: true } }],
  ])(
    '%s where a number stands once: what else the map names in the row is gone with the number',
    async (_name, list) => {
      const { platform, rows, owner, ask, isListed, finish } = await open(list);
      await rows.createIndex({ account_id: 1, number: 1 }, { unique: true });
      const { insertedId: _id } = await rows.insertOne({
        account_id: owner,
        number: DIGITS,
        name: 'Jo Bloggs',
        reason: 'Jo Bloggs rang',
        by: { email: 'jo@example.org' },
      });
      await rows.insertOne({
        account_id: owner,
        number: '447700900124',
        name: 'Al',
        reason: 'STOP',
        by: { email: 'al@example.org' },
      });
      const done = await finish(await ask());
      expect([done.failures, await isListed()]).toEqual([0, true]);
      // A row that keeps its number is not taken out and put back: the platform may know it by its id.
      if ('suppression' in list) expect(await rows.findOne({ _id })).toMatchObject({ number: DIGITS });
      expect(JSON.stringify(await rows.find({ number: { $ne: '447700900124' } }).toArray())).not.toMatch(/Bloggs|jo@/);
      expect(
        await platform.core.db
          .collection('blacklist')
          .countDocuments({ name: 'Al', reason: 'STOP', 'by.email': 'al@example.org' }),
      ).toBe(1);
    },
  );
});
