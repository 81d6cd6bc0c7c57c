import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Account } from '../../../../src/ledger/accounts/accounts.ts';
import { type EraseDependencies, eraseRequest } from '../../../../src/ledger/requests/erase.ts';
import { requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import { openRequest } from '../../../../src/ledger/requests/open-request.ts';
import { phoneNumber } from '../../../support/numbers.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { openRecordings, type RecordingFolder } from '../../../support/recordings.ts';
import { indexPlatform, insertRecords } from '../../../support/records.ts';
import { driveByHand, type HandDriven } from '../../../support/scans.ts';
import type { Db } from '../../../support/types.ts';

const DIGITS = '447700900123';
const JO = phoneNumber(DIGITS);
const MASKED = '44********23';
/** Over two thousand records: more than one batch of each collection. */
const MANY = { sent: 600, received: 900, calls: 400, contacts: 3 } as const;

describe('one bad record', () => {
  let platform: Platform;
  let recordings: RecordingFolder;
  let db: Db;
  let hand: HandDriven;
  let places = 0;
  beforeAll(async () => {
    recordings = await openRecordings();
    platform = await openPlatform('one-bad', {
      BATCH_SIZE: '700',
      RECORDINGS_DIR: recordings.path,
    });
    ({ db } = platform.core);
    await indexPlatform(db);
    const unique = { unique: true, partialFilterExpression: { campaign: { $gt: '' } } };
    await db.collection('sent_sms').createIndex({ campaign: 1, to: 1 }, unique);
    await db.collection('calls').createIndex({ campaign: 1, status: 1, caller_name: 1 }, unique);
    hand = driveByHand(platform);
  });
  afterAll(async () => {
    await platform?.close();
    await recordings?.remove();
  });

  const anAccount = async (scan: 'off' | 'on' = 'off'): Promise<Account> => {
    const { account } = await platform.account();
    if (scan === 'off') await platform.core.accounts.setScan(account._id, 'off');
    return account;
  };
  /** Records that refuse their mask: it stands there already, and no two may be alike. */
  const refuse = async (account: Account, count: number) => {
    const ids: string[] = [];
    const taken: unknown[] = [];
    for (let index = 0; index < count; index += 1) {
      places += 1;
      const row = { account_id: account.records_id, campaign: `c${places}` };
      taken.push((await db.collection('sent_sms').insertOne({ ...row, to: MASKED })).insertedId);
      ids.push(
        (await db.collection('sent_sms').insertOne({ ...row, to: DIGITS, body: 'secret' })).insertedId.toHexString(),
      );
    }
    return { ids: ids.sort(), mend: () => db.collection('sent_sms').deleteMany({ _id: { $in: taken as never[] } }) };
  };
  const again = (reference: string) => requestsOf(db).updateOne({ reference }, { $set: { not_before: new Date(0) } });
  const idsOf = (request: Awaited<ReturnType<HandDriven['row']>>) =>
    (request.failure?.records ?? []).map(({ id }) => id).sort();

  it.each(['off', 'on'] as const)(
    'of a number, among two thousand, scan %s: named, the others are erased and counted; it alone is tried again',
    async (scan) => {
      const account = await anAccount(scan);
      const own = { account_id: account.records_id };
      const first = await refuse(account, 2);
      await insertRecords(db, account.records_id, DIGITS, { ...MANY });
      const last = await refuse(account, 1);
      const bad = [...first.ids, ...last.ids].sort();
      const reference = await hand.forget(account, JO);
      const counted = { sent_sms: MANY.sent, received_sms: MANY.received, calls: MANY.calls, contacts: MANY.contacts };

      const failed = await hand.finish(account, reference);
      expect(failed).toMatchObject({ state: 'failed', failure: { name: 'refused', count: 3 }, erased: counted });
      expect(failed.failure?.where).toMatch(/^sent_sms\.to \(_id [0-9a-f]{24}, and 2 more\)$/);
      expect(idsOf(failed)).toEqual(bad);
      expect(await db.collection('sent_sms').countDocuments({ ...own, to: DIGITS })).toBe(3);
      for (const name of ['received_sms', 'calls'])
        expect(await db.collection(name).countDocuments({ ...own, from: DIGITS })).toBe(0);

      await again(reference);
      expect(await hand.finish(account, reference)).toMatchObject({ failures: 2, erased: counted });
      await first.mend();
      await last.mend();
      await again(reference);
      const done = await hand.finish(account, reference);
      expect(done).toMatchObject({ state: 'completed', erased: { ...counted, sent_sms: MANY.sent + 3 } });
      expect(done).not.toHaveProperty('failure');
      expect(done).not.toHaveProperty('refused');
    },
  );

  it('more of them than a batch holds: the others are reached', async () => {
    const account = await anAccount();
    const { ids } = await refuse(account, 80);
    await insertRecords(db, account.records_id, DIGITS, { sent: 100, contacts: 2 });
    const reference = await hand.forget(account, JO);
    const key = { account: account._id, reference };
    const signal = new AbortController().signal;
    await eraseRequest({ ...hand.jobs.erase, batchSize: 60 }, key, signal);
    const failed = await hand.row(reference);
    expect(failed).toMatchObject({ state: 'failed', failure: { count: 80 }, erased: { sent_sms: 100, contacts: 2 } });
    // The first of them are named, as the row must not grow.
    expect(idsOf(failed)).toHaveLength(20);
    expect(ids).toEqual(expect.arrayContaining(idsOf(failed)));
  });

  it('whatever a worker is killed after: none is missed, none is counted twice', async () => {
    const account = await anAccount();
    const { ids } = await refuse(account, 3);
    await insertRecords(db, account.records_id, DIGITS, { sent: 60, received: 40, contacts: 2 });
    const reference = await hand.forget(account, JO);
    const key = { account: account._id, reference };
    const signal = new AbortController().signal;
    /** Dies at its n-th write to the ledger, before it is made or after. */
    const mortal = (nth: number, side: 'before' | 'after'): EraseDependencies => {
      const { ledger } = hand.jobs.erase;
      let writes = 0;
      const dying =
        (write: (...args: never[]) => Promise<unknown>) =>
        async (...args: never[]) => {
          writes += 1;
          if (writes === nth && side === 'before') throw new Killed();
          const result = await write(...args);
          if (writes === nth) throw new Killed();
          return result;
        };
      const none = async () => {
        throw new Killed();
      };
      const mine = { keep: dying(ledger.keep as never), release: none, end: ledger.end };
      return { ...hand.jobs.erase, batchSize: 30, ledger: { ...ledger, ...mine } as never };
    };
    for (let nth = 1; nth <= 8; nth += 1) {
      for (const side of ['before', 'after'] as const) {
        await eraseRequest(mortal(nth, side), key, signal).catch((error: unknown) => {
          if (!(error instanceof Killed)) throw error;
        });
        await requestsOf(db).updateOne({ reference }, { $unset: { lease: '' } });
      }
    }
    const failed = await hand.finish(account, reference);
    expect(failed).toMatchObject({
      state: 'failed',
      failure: { count: 3 },
      erased: { sent_sms: 60, received_sms: 40, contacts: 2 },
    });
    expect(idsOf(failed)).toEqual(ids);
  });

  it('with a reference that names no recording: the others lose theirs, and it is named', async () => {
    const account = await anAccount();
    await insertRecords(db, account.records_id, DIGITS, { contacts: 1 });
    const call = { account_id: account.records_id, from: DIGITS, to: '447700900999', status: 'answered' };
    const names = await Promise.all(Array.from({ length: 30 }, (_, index) => recordings.put(`good-${index}.mp3`)));
    await db.collection('calls').insertMany(names.map((recording_url) => ({ ...call, recording_url })));
    const { insertedId } = await db.collection('calls').insertOne({ ...call, recording_url: '../../etc/passwd' });
    const reference = await hand.forget(account, JO);
    const failed = await hand.finish(account, reference);
    expect(failed).toMatchObject({
      state: 'failed',
      failure: { name: 'unusable_file', count: 1, records: [{ id: insertedId.toHexString() }] },
      erased: { calls: 30, contacts: 1 },
    });
    await db.collection('calls').updateOne({ _id: insertedId }, { $set: { recording_url: names[0] } });
    await again(reference);
    expect(await hand.finish(account, reference)).toMatchObject({ state: 'completed', erased: { calls: 31 } });
    expect(await recordings.has('good-7.mp3')).toBe(false);
  });

  it.each(['interaction', 'retention'] as const)(
    'of a period, for %s: the others are done, and it is named',
    async (profile) => {
      const account = await anAccount();
      const own = { account_id: account.records_id };
      const old = { ...own, started_at: new Date('2025-01-01'), status: 'answered', from: DIGITS };
      // The name is taken by a call that is too young to be redacted.
      await db.collection('calls').insertOne({
        ...own,
        started_at: new Date(),
        campaign: profile,
        status: 'answered',
        caller_name: null,
      });
      const { insertedId } = await db.collection('calls').insertOne({ ...old, campaign: profile, caller_name: 'Jo' });
      await db.collection('calls').insertMany(Array.from({ length: 200 }, () => ({ ...old, caller_name: 'Jo' })));
      const { request } = await openRequest(db, {
        ...{ account_id: account._id, profile, token: 'auto:2025-06-01', keep_suppression: false },
        selector: { by: 'age', before: new Date('2025-06-01') },
        ...{ requested_by: 'schedule', now: new Date(), deadlineMs: 86_400_000, graceMs: 0 },
      });
      const ended = await hand.finish(account, request.reference);
      // A record that is deleted refuses nothing.
      if (profile === 'retention') return expect(ended).toMatchObject({ state: 'completed', erased: { calls: 201 } });
      expect(ended).toMatchObject({
        state: 'failed',
        failure: { name: 'refused', where: `calls (_id ${insertedId.toHexString()})`, count: 1 },
        erased: { calls: 200 },
      });
    },
  );
});

class Killed extends Error {}
