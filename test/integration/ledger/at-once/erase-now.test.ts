import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { findById } from '../../../../src/engine/by-id.ts';
import { profileFor } from '../../../../src/engine/map/profile.ts';
import { compileRecordRules } from '../../../../src/engine/record-plan.ts';
import type { Account } from '../../../../src/ledger/accounts/accounts.ts';
import { createEraseNow, type EraseNow } from '../../../../src/ledger/at-once/erase-now.ts';
import { AUDIT } from '../../../../src/ledger/audit/entry.ts';
import { FILES } from '../../../../src/ledger/recordings/outbox.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { openRecordings, type RecordingFolder } from '../../../support/recordings.ts';

const NOW = new Date('2026-03-01T10:00:00Z');
const NUMBER = '447700900311';

/** What is left in records, audit and outbox by erasures that are done at once. */
describe('an erasure at once', () => {
  let platform: Platform;
  let folder: RecordingFolder;
  let account: Account;
  let eraseNow: EraseNow;
  beforeAll(async () => {
    folder = await openRecordings();
    platform = await openPlatform('erase-now', { RECORDINGS_DIR: folder.path });
    eraseNow = createEraseNow({ ...platform.core, now: () => NOW });
  });
  afterAll(async () => {
    await platform?.close();
    await folder?.remove();
  });
  beforeEach(async () => {
    ({ account } = await platform.account());
  });

  const of = (name: string) => platform.core.db.collection(name);
  const sms = (id: string, more: object = {}) => ({
    ...{ account_id: account.records_id, message_id: id, to: NUMBER, from: 'ACME', body: 'Hi', sent_at: NOW, ...more },
  });
  const call = (id: string, recording_url: string) => ({
    ...{ account_id: account.records_id, call_id: id, direction: 'inbound', from: NUMBER, to: '447700900999' },
    ...{ started_at: NOW, recording_url },
  });
  const erase = async (id: string, by = eraseNow) => {
    const { db, dataMap } = platform.core;
    const rules = compileRecordRules(dataMap, profileFor('transaction', dataMap), () => true);
    const found = await findById(db, rules, account.records_id, id);
    return by({ account, actor: 'key', action: 'data.redaction', reason: 'test', id, found });
  };
  const entries = () => of(AUDIT).find({ account_id: account._id }).sort({ seq: 1 }).toArray();
  const entry = (reference: unknown, counts: object) => ({
    ...{ actor: 'key', action: 'data.redaction', reason: 'test', reference, at: NOW, counts, account_id: account._id },
  });

  it('changes each record once, and has an entry of its own', async () => {
    const other = sms('m1', { account_id: 'somebody' });
    await of('sent_sms').insertMany([sms('m1'), sms('m1'), sms('m2'), other]);
    expect(await erase('m1')).toEqual({ sent_sms: 2 });
    expect(await erase('m1')).toEqual({});
    expect(await erase('none')).toEqual({});
    expect((await entries()).map(({ _id, seq, previous, mac, ...row }) => row)).toEqual([entry('m1', { sent_sms: 2 })]);
    expect(await of('sent_sms').countDocuments({ account_id: account.records_id, body: 'Hi' })).toBe(1);
    expect(await of('sent_sms').findOne({ account_id: 'somebody' })).toMatchObject({ to: NUMBER, body: 'Hi' });
  });

  it('does not name what it was found by where that may be a number', async () => {
    await of('sent_sms').insertOne(sms(NUMBER));
    await erase(NUMBER);
    expect((await entries())[0]?.reference).toMatch(/^[A-Za-z0-9]{15}$/);
  });

  it('has its files removed, and nobody else’s', async () => {
    for (const name of ['mine.mp3', 'other.mp3']) await folder.put(name);
    await of('calls').insertMany([call('c1', 'mine.mp3'), call('c2', 'other.mp3')]);
    expect(await erase('c1')).toEqual({ calls: 1 });
    expect([await folder.has('mine.mp3'), await folder.has('other.mp3')]).toEqual([false, true]);
    expect(await of(FILES).countDocuments()).toBe(0);
  });

  it('leaves files that cannot be removed now to workers', async () => {
    await of('calls').insertOne(call('c1', 'mine.mp3'));
    const { files } = platform.core;
    const away = createEraseNow({
      ...{ ...platform.core, now: () => NOW },
      files: { ...files, removeNow: () => Promise.reject(new Error('away')) },
    });
    expect(await erase('c1', away)).toEqual({ calls: 1 });
    expect(await of(FILES).find().toArray()).toMatchObject([{ account_id: account._id, where: 'calls.recording_url' }]);
    await of(FILES).deleteMany({});
  });

  it('that cannot be written into the audit has changed nothing', async () => {
    const [text, recorded] = [sms('m1'), call('c1', 'mine.mp3')];
    await of('sent_sms').insertOne(text);
    await of('calls').insertOne(recorded);
    const appendWithin = () => Promise.reject(new RangeError('no entry'));
    const silent = createEraseNow({
      ...{ ...platform.core, now: () => NOW },
      audit: { ...platform.core.audit, appendWithin },
    });
    for (const id of ['m1', 'c1']) await expect(erase(id, silent)).rejects.toThrow('no entry');
    const own = { account_id: account.records_id };
    expect([await of('sent_sms').findOne(own), await of('calls').findOne(own)]).toEqual([text, recorded]);
    expect(await of(FILES).countDocuments()).toBe(0);
  });

  it('that cannot be done hinders none beside it', async () => {
    await of('sent_sms').insertMany(['m1', 'm2', 'm3'].map((id) => sms(id)));
    await of('calls').insertOne(call('c1', '../outside.mp3'));
    const outcomes = await Promise.allSettled(['m1', 'c1', 'm2', 'm3'].map((id) => erase(id)));
    expect(outcomes.map((one) => (one.status === 'fulfilled' ? one.value : one.reason.failure))).toEqual([
      ...[{ sent_sms: 1 }, 'unusable_file', { sent_sms: 1 }, { sent_sms: 1 }],
    ]);
    expect((await entries()).map(({ reference }) => reference).sort()).toEqual(['m1', 'm2', 'm3']);
    expect(await of('calls').countDocuments({ account_id: account.records_id, from: NUMBER })).toBe(1);
    expect(await of(FILES).countDocuments()).toBe(0);
  });
});
