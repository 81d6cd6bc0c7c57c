import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Account } from '../../../../src/ledger/accounts/accounts.ts';
import { requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import { askForScan, isScanDue } from '../../../../src/ledger/scan/ask.ts';
import { scansOf } from '../../../../src/ledger/scan/ledger.ts';
import { phoneNumber } from '../../../support/numbers.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { indexPlatform } from '../../../support/records.ts';
import { driveByHand, type HandDriven } from '../../../support/scans.ts';
import { findTraces, readDatabase } from '../../../support/traces.ts';

const JO = phoneNumber(447700900123);
const AL = phoneNumber(447700900456);

/** A pass that finds no circle of its own begins two turns on. */
const FIRST_TURN = 2;

/** In a writing that no look-up by index knows. */
const odd = (number: string) => `Jo <+${number}>`;

describe('who waits for a scan', () => {
  let platform: Platform;
  let hand: HandDriven;
  beforeAll(async () => {
    platform = await openPlatform('joiners');
    await indexPlatform(platform.core.db);
  });
  afterAll(() => platform?.close());

  const records = (collection: string) => platform.core.db.collection(collection);
  /** An account with contacts of both people, and a request that has been swept and waits. */
  async function parked(...numbers: (typeof JO)[]): Promise<{ account: Account; references: string[] }> {
    hand = driveByHand(platform);
    const { account } = await platform.account();
    const references: string[] = [];
    for (const number of numbers) {
      await records('contacts').insertOne({ account_id: account.records_id, number, name: 'A' });
      const reference = await hand.forget(account, number);
      expect(await hand.erase(account, reference)).toBe('parked');
      references.push(reference);
    }
    return { account, references };
  }
  const isDone = async (reference: string) => (await hand.row(reference)).scan?.done !== undefined;
  const isInPlace = (account: Account, place: number) => async () => (await hand.scan(account)).position.place >= place;
  const oddLeft = (account: Account, collection = 'calls') =>
    records(collection).countDocuments({ account_id: account.records_id, from: /<\+/ });

  it('a request is taken up by nobody while it waits', async () => {
    const { account, references } = await parked(JO);
    const [reference = ''] = references;
    await requestsOf(platform.core.db).updateOne({ reference }, { $set: { not_before: new Date(0) } });
    expect(await hand.erase(account, reference)).toBe('parked');
    expect((await hand.row(reference)).state).toBe('scanning');
    expect((await hand.finish(account, reference)).state).toBe('completed');
  });

  it('a request that joins in the middle of a turn has everything read once, and no more', async () => {
    const { account, references } = await parked(JO);
    const [jo = ''] = references;
    await records('calls').insertOne({ account_id: account.records_id, from: odd(AL) });
    await hand.stepUntil(account, isInPlace(account, 4));
    await records('contacts').insertOne({ account_id: account.records_id, number: AL });
    const al = await hand.forget(account, AL);
    expect(await hand.erase(account, al)).toBe('parked');
    await hand.stepUntil(account, () => isDone(jo));
    expect([await isDone(al), await oddLeft(account)]).toEqual([false, 1]);
    expect((await hand.finish(account, al)).erased).toEqual({ contacts: 1, calls: 1 });
    expect(await oddLeft(account)).toBe(0);
    expect((await hand.scan(account)).position.turn).toBe(FIRST_TURN + 1);
    expect((await hand.finish(account, jo)).state).toBe('completed');
  });

  it('what comes into a place that was read already is not promised; asked again it is', async () => {
    const { account, references } = await parked(JO);
    const [reference = ''] = references;
    await hand.stepUntil(account, isInPlace(account, 6));
    await records('calls').insertOne({ account_id: account.records_id, from: odd(JO) });
    // In a usual writing it is found by the verification.
    await records('sent_sms').insertOne({ account_id: account.records_id, to: `+${JO}` });
    expect((await hand.finish(account, reference)).erased).toEqual({ contacts: 1, sent_sms: 1 });
    expect(await oddLeft(account)).toBe(1);

    await records('contacts').insertOne({ account_id: account.records_id, number: JO });
    const again = await hand.forget(account, JO);
    expect(await hand.erase(account, again)).toBe('parked');
    expect((await hand.finish(account, again)).erased).toEqual({ contacts: 1, calls: 1 });
    expect(await oddLeft(account)).toBe(0);
  });

  it('a record in two writings is one record, though the scan finds the second', async () => {
    hand = driveByHand(platform);
    const { account } = await platform.account();
    const of = { account_id: account.records_id };
    await records('calls').insertMany([
      { ...of, from: JO, to: odd(JO) },
      { ...of, from: odd(JO), to: AL },
    ]);
    await records('contacts').insertOne({ ...of, number: odd(JO) });
    const reference = await hand.forget(account, JO);
    expect((await hand.finish(account, reference)).erased).toEqual({ contacts: 1, calls: 2 });
  });

  it('asked again during a scan, what was there by then is erased too', async () => {
    const { account, references } = await parked(JO);
    const [reference = ''] = references;
    await hand.stepUntil(account, isInPlace(account, 6));
    await records('calls').insertOne({ account_id: account.records_id, from: odd(JO) });
    expect(await hand.forget(account, JO)).toBe(reference);
    expect((await hand.finish(account, reference)).erased).toEqual({ contacts: 1, calls: 1 });
    expect(await oddLeft(account)).toBe(0);
  });

  it('asked again before it joins, one turn is enough', async () => {
    const { account, references } = await parked(JO);
    const [reference = ''] = references;
    await records('calls').insertOne({ account_id: account.records_id, from: odd(JO) });
    expect(await hand.forget(account, JO)).toBe(reference);
    expect((await hand.finish(account, reference)).erased).toEqual({ contacts: 1, calls: 1 });
    expect((await hand.scan(account)).position.turn).toBe(FIRST_TURN + 1);
  });

  it('another data map in the middle of a turn: all of it is read anew', async () => {
    const { account, references } = await parked(JO);
    const [reference = ''] = references;
    await hand.stepUntil(account, isInPlace(account, 6));
    const before = await hand.scan(account);
    await records('calls').insertOne({ account_id: account.records_id, from: odd(JO) });
    const circleOf: typeof hand.jobs.scan.circleOf = (whose) => ({
      ...hand.jobs.scan.circleOf(whose),
      digest: 'another',
    });
    await hand.stepUntil(account, () => isDone(reference), { circleOf });
    expect(await oddLeft(account)).toBe(0);
    expect((await hand.scan(account)).position.turn).toBeGreaterThan(before.position.turn + 2);
    expect((await hand.finish(account, reference)).erased).toEqual({ contacts: 1, calls: 1 });
  });

  it('a position sealed with a key that is gone means nothing: all of it is read anew', async () => {
    const { account, references } = await parked(JO);
    const [reference = ''] = references;
    await hand.stepUntil(account, isInPlace(account, 6));
    await records('calls').insertOne({ account_id: account.records_id, from: odd(JO) });
    await scansOf(platform.core.db).updateOne({ account_id: account._id }, { $set: { 'position.after': 'gone.AAAA' } });
    expect((await hand.finish(account, reference)).erased).toEqual({ contacts: 1, calls: 1 });
    expect(await oddLeft(account)).toBe(0);
  });

  it('a request that cannot be unsealed fails, is never taken for read, and holds up nobody', async () => {
    const { account, references } = await parked(JO, AL);
    const [jo = '', al = ''] = references;
    const { sealed = '' } = await hand.row(jo);
    const requests = requestsOf(platform.core.db);
    await requests.updateOne({ reference: jo }, { $set: { sealed: 'gone.AAAA' } });
    expect((await hand.finish(account, al)).state).toBe('completed');
    // A worker that has the key must not take the other one's word for a scan.
    await requests.updateOne({ reference: jo }, { $set: { sealed } });
    expect(await hand.finish(account, jo)).toMatchObject({ state: 'failed', failure: { name: 'unsealable' } });
    await requests.updateOne({ reference: jo }, { $set: { not_before: new Date(0) } });
    expect((await hand.finish(account, jo)).state).toBe('completed');
  });

  it('a scheduled message that only the scan sees is waited for', async () => {
    const { account, references } = await parked(JO);
    const [reference = ''] = references;
    const own = { account_id: account.records_id, to: odd(JO) };
    await records('scheduled_sms').insertOne({ ...own, body: 'secret', status: 'pending', send_at: new Date() });
    await hand.stepUntil(account, () => isDone(reference));
    expect(await hand.erase(account, reference)).toBe('later');
    expect(await hand.row(reference)).toMatchObject({ state: 'waiting', wait: 'scheduled' });
    expect(await records('scheduled_sms').findOne({ account_id: own.account_id })).toMatchObject({ to: odd(JO) });
    await records('scheduled_sms').updateOne({ account_id: own.account_id }, { $set: { status: 'sent' } });
    expect((await hand.finish(account, reference)).erased).toEqual({ contacts: 1, scheduled_sms: 1 });
  });

  it('a scan that nobody has asked for is begun by the relay', async () => {
    const { account, references } = await parked(JO);
    const [reference = ''] = references;
    // As a worker leaves it that is killed after the request waits, and before it asks.
    await scansOf(platform.core.db).deleteOne({ account_id: account._id });
    expect(await isScanDue(platform.core.db, hand.now())).toBe(true);
    hand.told.length = 0;
    await hand.relay();
    expect(hand.told).toContainEqual(expect.objectContaining({ name: 'scan', id: `scan-${account._id}-g1` }));
    expect((await hand.finish(account, reference)).state).toBe('completed');
  });

  it('a large account is read once an interval, and in time for what is due', async () => {
    const { account, references } = await parked(JO);
    const [jo = ''] = references;
    await records('calls').insertMany(Array.from({ length: 5 }, () => ({ account_id: account.records_id, from: '1' })));
    await hand.stepUntil(account, () => isDone(jo));
    await hand.finish(account, jo);
    const { began_at: began = new Date(0) } = await hand.scan(account);

    const large = { smallAccount: 3 };
    await records('contacts').insertOne({ account_id: account.records_id, number: AL });
    const al = await hand.forget(account, AL);
    expect(await hand.erase(account, al)).toBe('parked');
    const outcome = await hand.step(account, large);
    const interval = platform.core.times.scanIntervalMs;
    expect(outcome).toEqual({ outcome: 'later', at: new Date(began.getTime() + interval) });
    expect(await isScanDue(platform.core.db, hand.now())).toBe(false);
    expect((await hand.scan(account)).lease).toBeUndefined();

    // One that is not large rests after its turn, and no longer than five seconds.
    const row = { account_id: account._id };
    const took_ms = 3_600_000;
    await scansOf(platform.core.db).updateOne(row, { $set: { took_ms, not_before: new Date(0) } });
    const rested = new Date(began.getTime() + took_ms + 5_000);
    expect(await hand.step(account, { fewRecords: 3 })).toEqual({ outcome: 'later', at: rested });
    await scansOf(platform.core.db).updateOne(row, {
      $set: { took_ms: 0, not_before: new Date(began.getTime() + interval) },
    });

    // Somebody who is due before that calls it earlier, under a new job.
    hand.told.length = 0;
    const due = new Date(began.getTime() + interval / 2);
    const asking = { ...hand.jobs.scan, producer: hand.jobs.scan.producer as never, times: platform.core.times };
    await askForScan(asking, { account: account._id, due });
    const { not_before, generation } = await hand.scan(account);
    expect(not_before).toEqual(due);
    expect(hand.told).toMatchObject([{ name: 'scan', id: `scan-${account._id}-g${generation}` }]);
    await requestsOf(platform.core.db).updateOne({ reference: al }, { $set: { due_at: due } });
    await scansOf(platform.core.db).updateOne({ account_id: account._id }, { $set: { not_before: new Date(0) } });
    expect(await hand.step(account, large)).toEqual({ outcome: 'later', at: not_before });
  });

  it('the number is nowhere in the ledger while a scan stands in the middle of ids that are numbers', async () => {
    const { account, references } = await parked(JO);
    const [reference = ''] = references;
    const own = { account_id: account.records_id };
    // Ids of another person, as numbers, and the person's own among them.
    await records('calls').insertMany(
      Array.from({ length: 120 }, (_, index) => ({
        ...own,
        _id: `4477009007${String(index).padStart(3, '0').slice(-2)}-${index}` as never,
        from: odd(JO),
      })),
    );
    await records('calls').insertOne({ ...own, _id: JO as never, from: 'x' });
    const seen: string[] = [];
    await hand.stepUntil(account, async () => {
      const found = (await readDatabase(platform)).filter(([place]) => place.startsWith('lethe_'));
      expect(findTraces(found, [JO])).toEqual([]);
      seen.push((await hand.scan(account)).position.after ?? '');
      return isDone(reference);
    });
    expect(seen.filter((after) => after !== '').length).toBeGreaterThan(0);
    const failed = await hand.finish(account, reference);
    expect(failed).toMatchObject({ state: 'failed', failure: { name: 'number_in_id', where: 'calls._id' } });
    expect(failed.erased).toEqual({ contacts: 1, calls: 120 });
  });
});
