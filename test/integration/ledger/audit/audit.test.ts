import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { inTransaction } from '../../../../src/base/db/transaction.ts';
import { generateKey, parseKeyRing } from '../../../../src/base/keys/key-ring.ts';
import { createCore } from '../../../../src/core.ts';
import { createAudit } from '../../../../src/ledger/audit/audit.ts';
import {
  AUDIT,
  AUDIT_HEADS,
  type AuditEntry,
  type AuditEvent,
  createAuditSeal,
} from '../../../../src/ledger/audit/entry.ts';
import { createHeadKeeper } from '../../../../src/ledger/audit/outside.ts';
import { verifyAudit } from '../../../../src/ledger/audit/verify.ts';
import { createOutside } from '../../../../workers/outside.ts';
import { runCli } from '../../../support/cli.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { startStrictMongo } from '../../../support/strict-mongo.ts';

describe('the audit', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await openPlatform('audit');
  });
  afterAll(() => platform?.close());

  const event = (account: string, more: Partial<AuditEvent> = {}): AuditEvent => ({
    account,
    actor: 'key',
    action: 'data.erasure',
    reason: 'test',
    at: new Date('2026-03-01T10:00:00Z'),
    counts: { sent_sms: 2, contacts: 1 },
    ...more,
  });
  const parseWhole = (text: string) => {
    const parsed = parseKeyRing(text);
    if (!parsed.ok) throw new Error(parsed.reason);
    return parsed.ring;
  };
  const entriesOf = (account: string) =>
    platform.core.db.collection<AuditEntry>(AUDIT).find({ account_id: account }).sort({ seq: 1 }).toArray();
  /** A chain of five entries for an account of its own. */
  const chain = async (account: string) => {
    for (let number = 0; number < 5; number += 1)
      await platform.core.audit.append(event(account, { reference: `r${number}` }));
    return entriesOf(account);
  };
  const verify = async (account: string) => {
    const { code, out } = await runCli(['audit', 'verify', '--account', account], platform.env);
    return { code, lines: out.filter((line) => !line.includes(' entries, ')) };
  };

  it('links what is appended, and finds nothing wrong with it', async () => {
    const entries = await chain('acc_clean');
    expect(entries.map((entry) => entry.seq)).toEqual([1, 2, 3, 4, 5]);
    expect(entries.slice(1).map((entry) => entry.previous)).toEqual(entries.slice(0, -1).map((entry) => entry.mac));
    expect(await verify('acc_clean')).toEqual({ code: 0, lines: [] });
  });

  it('does not call the audit of an account that is not there sound', async () => {
    expect(await verify('acc_nobody')).toEqual({ code: 1, lines: [] });
    const { account } = await platform.account();
    expect(await verify(account._id)).toEqual({ code: 0, lines: [] });
  });

  it('does not call an entry changed whose key is not at hand', async () => {
    await chain('acc_rotated');
    const other = createAuditSeal(parseWhole(generateKey(new Date())));
    const faults = [];
    for await (const { fault } of verifyAudit(platform.core.db, other, 'acc_rotated')) faults.push(fault);
    expect(faults).toEqual(Array(5).fill('of a token key that is not at hand'));
  });

  it.each([
    ['a time that is text', { $set: { at: '2026-03-01' } }],
    ['no counts', { $unset: { counts: 1 } }],
    ['no mac', { $unset: { mac: 1 } }],
  ])('an entry with %s: finds it, and goes on', async (what, change) => {
    const account = `acc_${what.replaceAll(' ', '_')}`;
    await chain(account);
    await platform.core.db.collection(AUDIT).updateOne({ account_id: account, seq: 2 }, change);
    await platform.core.db.collection(AUDIT).updateOne({ account_id: account, seq: 4 }, { $set: { reason: 'none' } });
    const { code, lines } = await verify(account);
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/ entry 2: (changed|of a token key)/), `${account} entry 4: changed`]);
  });

  it('links what many processes append at once, each event once, without gaps', async () => {
    const { db, config } = platform.core;
    const writers = Array.from({ length: 4 }, () => createAudit(db, createAuditSeal(config.LETHE_TOKEN_KEYS)));
    await Promise.all(
      writers.flatMap((writer) =>
        Array.from({ length: 20 }, (_, one) => writer.append(event('acc_busy', { once: `event${one}` }))),
      ),
    );
    const entries = await entriesOf('acc_busy');
    expect(entries.map((entry) => entry.seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(await verify('acc_busy')).toEqual({ code: 0, lines: [] });
  });

  it('whoever has begun an entry is not overtaken: the others are appended behind it', async () => {
    const { db, config, audit } = platform.core;
    const other = createAudit(db, createAuditSeal(config.LETHE_TOKEN_KEYS));
    const { counts, ...begun } = event('acc_begun', { reference: 'begun' });
    await audit.append(event('acc_begun', { reference: 'before' }));
    let overtaken: Promise<void> | undefined;
    await inTransaction(db, async (session) => {
      const writeCounts = await audit.beginWithin(begun, session);
      overtaken ??= other.append(event('acc_begun', { reference: 'behind' }));
      await writeCounts(counts);
    });
    await overtaken;
    const entries = await entriesOf('acc_begun');
    expect(entries.map(({ seq, reference, counts }) => [seq, reference, counts])).toEqual(
      ['before', 'begun', 'behind'].map((reference, index) => [index + 1, reference, counts]),
    );
    expect(await verify('acc_begun')).toEqual({ code: 0, lines: [] });
  });

  it('finds a changed entry', async () => {
    const [, , third] = await chain('acc_changed');
    await platform.core.db
      .collection(AUDIT)
      .updateOne({ _id: third?._id as never }, { $set: { 'counts.sent_sms': 1 } });
    expect(await verify('acc_changed')).toEqual({ code: 1, lines: ['acc_changed entry 3: changed'] });
  });

  it.each([
    ['in the middle', 2],
    ['at the beginning', 1],
    ['at the end', 5],
  ])('finds an entry taken out %s', async (_where, seq) => {
    const account = `acc_without${seq}`;
    await chain(account);
    await platform.core.db.collection(AUDIT).deleteOne({ account_id: account, seq });
    expect(await verify(account)).toEqual({ code: 1, lines: [`${account} entry ${seq}: missing`] });
  });

  it('tells of many that are missing in one line, and comes to an end whatever a number says', async () => {
    await chain('acc_gaps');
    const { db } = platform.core;
    await db.collection(AUDIT).deleteMany({ account_id: 'acc_gaps', seq: { $in: [2, 3, 4] } });
    await db.collection<{ _id: string }>(AUDIT_HEADS).updateOne({ _id: 'acc_gaps' }, { $set: { seq: 9e15 } });
    expect(await verify('acc_gaps')).toEqual({
      code: 1,
      lines: ['acc_gaps entries 2 to 4: missing', 'acc_gaps entries 6 to 9000000000000000: missing'],
    });
    await db.collection(AUDIT).updateOne({ account_id: 'acc_gaps', seq: 5 }, { $set: { seq: 1e300 } });
    expect((await verify('acc_gaps')).lines).toContain('acc_gaps entry 1e+300: changed');
  });

  it('misses nothing of what is appended while it looks', async () => {
    const [first] = await chain('acc_growing');
    const { db, config, audit } = platform.core;
    await db.collection(AUDIT).updateOne({ _id: first?._id as never }, { $set: { 'counts.sent_sms': 1 } });
    const faults = verifyAudit(db, createAuditSeal(config.LETHE_TOKEN_KEYS), 'acc_growing');
    expect((await faults.next()).value).toMatchObject({ seq: 1, fault: 'changed' });
    // Its entries have been read by now.
    await audit.append(event('acc_growing'));
    expect(await faults.next()).toEqual({ done: true, value: undefined });
  });

  it('finds two entries in each other’s place', async () => {
    const [, second, , fourth] = await chain('acc_moved');
    const collection = platform.core.db.collection(AUDIT);
    await collection.updateOne({ _id: second?._id as never }, { $set: { seq: 99 } });
    await collection.updateOne({ _id: fourth?._id as never }, { $set: { seq: 2 } });
    await collection.updateOne({ _id: second?._id as never }, { $set: { seq: 4 } });
    const { code, lines } = await verify('acc_moved');
    expect(code).toBe(1);
    expect(lines).toEqual(['acc_moved entry 2: out of order', 'acc_moved entry 4: out of order']);
  });

  it('is not fooled by who can write to the database and has no key', async () => {
    const entries = await chain('acc_forged');
    const last = entries.at(-1);
    if (!last) throw new Error('no entries');
    const stranger = createAuditSeal({ currentId: 'token1', keys: new Map([['token1', Buffer.alloc(32, 7)]]) });
    const forged = { ...last, counts: { sent_sms: 0 } };
    await platform.core.db
      .collection(AUDIT)
      .updateOne({ _id: last._id as never }, { $set: { counts: forged.counts, mac: stranger.mac(forged) } });
    expect(await verify('acc_forged')).toEqual({ code: 1, lines: ['acc_forged entry 5: changed'] });
  });

  it.each([
    ['actor', 'other'],
    ['action', 'data.access'],
    ['reason', 'other'],
    ['reference', 'other'],
    ['token', 'other'],
    ['once', 'other'],
    ['previous', 'other'],
    ['at', new Date('2026-03-02T10:00:00Z')],
    ['counts', { sent_sms: 2 }],
    ['counts', [2, 1]],
    ['note', 'added'],
    ['token', null],
  ])('every field is under the mac: %s', async (field, value) => {
    const account = `acc_field_${field}_${JSON.stringify(value)}`;
    await platform.core.audit.append(
      event(account, { reference: 'r', once: 'o', ...(value !== null && { token: 't' }) }),
    );
    expect((await verify(account)).lines).toEqual([]);
    await platform.core.db.collection(AUDIT).updateOne({ account_id: account }, { $set: { [field]: value } });
    expect((await verify(account)).lines).toEqual([`${account} entry 1: changed`]);
  });

  it('an entry is another account’s no more than its own', async () => {
    await chain('acc_mine');
    await platform.core.db
      .collection(AUDIT)
      .updateMany({ account_id: 'acc_mine' }, { $set: { account_id: 'acc_yours' } });
    expect((await verify('acc_yours')).lines).toHaveLength(5);
  });

  it('macs under a key of their own, and always in the same way', () => {
    const seal = createAuditSeal(platform.config.LETHE_TOKEN_KEYS);
    const { account: account_id, ...rest } = event('acc_golden', { reference: 'r', token: 't', once: 'o' });
    const body = { ...rest, account_id, seq: 3, previous: 'token1.before' };
    expect(seal.mac(body)).toBe('token1.I0smjeGT30TMD8_guN2TI45Ila4_7QrIKOlpjj-FgAQ');
    expect(seal.mac({ ...body, counts: { contacts: 1, sent_sms: 2 } })).toBe(seal.mac(body));
  });

  it('finds a genuine entry that is linked behind another', async () => {
    const { db, config } = platform.core;
    await chain('acc_linked');
    const seal = createAuditSeal(config.LETHE_TOKEN_KEYS);
    const third = await db.collection<AuditEntry>(AUDIT).findOne({ account_id: 'acc_linked', seq: 3 });
    if (!third) throw new Error('no entry');
    const { _id, mac: _, ...body } = third;
    const elsewhere = { ...body, previous: 'token1.of-another-chain' };
    await db.collection(AUDIT).updateOne({ _id }, { $set: { ...elsewhere, mac: seal.mac(elsewhere) } });
    expect((await verify('acc_linked')).lines[0]).toBe('acc_linked entry 3: out of order');
  });

  const headOf = (account: string) =>
    platform.core.db.collection<{ _id: string; seq: number; mac: string }>(AUDIT_HEADS).findOne({ _id: account });

  it('moves the head with each way of appending', async () => {
    const { db, audit } = platform.core;
    const expectHead = async () => {
      const last = (await entriesOf('acc_head')).at(-1);
      expect(await headOf('acc_head')).toEqual({ _id: 'acc_head', seq: last?.seq, mac: last?.mac });
    };
    await audit.append(event('acc_head'));
    await expectHead();
    await inTransaction(db, (session) => audit.appendWithin([event('acc_head'), event('acc_head')], session));
    await expectHead();
    await inTransaction(db, async (session) => {
      await (await audit.beginWithin(event('acc_head'), session))({ calls: 1 });
    });
    await expectHead();
    expect((await headOf('acc_head'))?.seq).toBe(4);
  });

  it('an end that was cut off stays missing, whatever is appended', async () => {
    const { db, audit } = platform.core;
    await chain('acc_cut');
    await db.collection(AUDIT).deleteMany({ account_id: 'acc_cut', seq: { $gt: 2 } });
    const cut = { code: 1, lines: ['acc_cut entries 3 to 5: missing'] };
    expect(await verify('acc_cut')).toEqual(cut);
    for (let act = 0; act < 4; act += 1) await audit.append(event('acc_cut'));
    await inTransaction(db, (session) => audit.appendWithin(event('acc_cut'), session));
    expect(await verify('acc_cut')).toEqual(cut);
    expect((await entriesOf('acc_cut')).at(-1)?.seq).toBe(10);
  });

  it('goes on behind entries whose writer died before it moved the head', async () => {
    const { db, audit } = platform.core;
    const entries = await chain('acc_behind');
    const second = entries[1];
    await db
      .collection<{ _id: string }>(AUDIT_HEADS)
      .updateOne({ _id: 'acc_behind' }, { $set: { seq: 2, mac: second?.mac } });
    await audit.append(event('acc_behind'));
    expect(await verify('acc_behind')).toEqual({ code: 0, lines: [] });
    expect((await headOf('acc_behind'))?.seq).toBe(6);
  });

  it('goes on with a head of an earlier version, which has no mac', async () => {
    const { db, audit } = platform.core;
    await chain('acc_earlier');
    await db.collection<{ _id: string }>(AUDIT_HEADS).updateOne({ _id: 'acc_earlier' }, { $unset: { mac: 1 } });
    expect(await verify('acc_earlier')).toEqual({ code: 0, lines: [] });
    await audit.append(event('acc_earlier'));
    expect(await verify('acc_earlier')).toEqual({ code: 0, lines: [] });
  });

  it('finds a head that names another end', async () => {
    const { db } = platform.core;
    await chain('acc_otherhead');
    await db
      .collection<{ _id: string }>(AUDIT_HEADS)
      .updateOne({ _id: 'acc_otherhead' }, { $set: { mac: 'token1.x' } });
    expect((await verify('acc_otherhead')).lines).toEqual(['acc_otherhead entry 5: not what the head says']);
  });

  it('a forged entry costs a few hashes', async () => {
    const { db, config } = platform.core;
    await chain('acc_costly');
    await db.collection(AUDIT).updateMany({ account_id: 'acc_costly' }, { $set: { reason: 'forged' } });
    const seal = createAuditSeal(config.LETHE_TOKEN_KEYS);
    let hashes = 0;
    const counting = {
      ...seal,
      isGenuine: (entry: AuditEntry) => {
        hashes += 1;
        return seal.isGenuine(entry);
      },
    };
    for await (const { fault } of verifyAudit(db, counting, 'acc_costly')) expect(fault).toBe('changed');
    expect(hashes).toBeLessThan(5 * 40);
  });

  it('an end that is cut off in both collections is missed by the file that keeps ends outside', async () => {
    const { db } = platform.core;
    const entries = await chain('acc_outside');
    const file = join(tmpdir(), `lethe-heads-${process.pid}.jsonl`);
    const env = { ...platform.env, AUDIT_HEAD_FILE: file };
    const outside = async () => (await runCli(['audit', 'verify', '--account', 'acc_outside'], env)).out;
    const faults = async () => (await outside()).filter((line) => !line.includes(' entries, '));
    try {
      expect((await runCli(['audit', 'verify'], env)).err).toEqual([
        'lethe: AUDIT_HEAD_FILE cannot be read: a worker writes it',
      ]);
      const keep = createHeadKeeper(db, file, () => new Date());
      expect(await keep()).toBeGreaterThan(0);
      expect(await keep()).toBe(0);
      expect(await createHeadKeeper(db, file, () => new Date())()).toBe(0);
      expect(await faults()).toEqual([]);

      await db.collection(AUDIT).deleteMany({ account_id: 'acc_outside', seq: { $gt: 3 } });
      await db
        .collection<{ _id: string }>(AUDIT_HEADS)
        .updateOne({ _id: 'acc_outside' }, { $set: { seq: 3, mac: entries[2]?.mac } });
      expect((await verify('acc_outside')).lines).toEqual([]);
      expect(await faults()).toEqual(['acc_outside entries 4 to 5: missing']);
      for (const reference of ['x', 'y', 'z']) await platform.core.audit.append(event('acc_outside', { reference }));
      expect((await verify('acc_outside')).lines).toEqual([]);
      expect(await faults()).toEqual(['acc_outside entry 5: not what was kept outside']);
    } finally {
      await rm(file, { force: true });
    }
  });

  it('counts each round that cannot write the ends outside, and goes on', async () => {
    await chain('acc_unkept');
    const faults: string[] = [];
    // A file where the folder should be.
    const config = { ...platform.core.config, AUDIT_HEAD_FILE: join(process.execPath, 'heads.jsonl') };
    const outside = createOutside(
      { ...platform.core, config },
      platform.logger,
      () => new Date(),
      (fault) => faults.push(fault),
    );
    await outside();
    await outside();
    expect(faults).toEqual(['audit_heads_not_kept', 'audit_heads_not_kept']);
  });

  it('says of each chain how many, which, and with what it ends', async () => {
    const entries = await chain('acc_told');
    const { code, out, err } = await runCli(['audit', 'verify', '--account', 'acc_told'], platform.env);
    expect(code).toBe(0);
    expect(out).toEqual([
      `acc_told: 5 entries, 1 to 5, the last of 2026-03-01T10:00:00.000Z with mac ${entries.at(-1)?.mac}`,
    ]);
    expect(err).toEqual(['The audit is as it was written: 5 entries of 1 account.']);
  });

  it('verifies every account, in turn, also those of which nothing but a head or an entry is left', async () => {
    const { db } = platform.core;
    await chain('acc_all1');
    await chain('acc_all2');
    await db.collection(AUDIT).deleteMany({ account_id: 'acc_all1' });
    await db.collection<{ _id: string }>(AUDIT_HEADS).deleteOne({ _id: 'acc_all2' });
    const { out } = await runCli(['audit', 'verify'], platform.env);
    expect(out).toContain('acc_all1 entries 1 to 5: missing');
    expect(out.filter((line) => line.startsWith('acc_all2:'))).toHaveLength(1);
  });

  it('appends each act once, though some of a statement were written before it was refused', async () => {
    const { config, db } = platform.core;
    let interfered = false;
    const strict = await startStrictMongo(config.MONGODB_URI, {
      async refuse({ name, collection, statements }) {
        if (interfered || name !== 'insert' || collection !== AUDIT || statements.length < 4) return null;
        interfered = true;
        // As MongoDB does with groups of a large statement: the first are there, another process took the next place.
        await db.collection(AUDIT).insertMany(statements.slice(0, 2));
        const third = {
          ...(statements[2] as unknown as AuditEntry),
          _id: new mongoose.mongo.ObjectId(),
          reference: 'other',
        };
        const { mac: _, _id, ...body } = third;
        await db.collection(AUDIT).insertOne({ _id, ...body, mac: createAuditSeal(config.LETHE_TOKEN_KEYS).mac(body) });
        return { code: 11000, codeName: 'DuplicateKey' };
      },
    });
    const core = createCore({ ...config, MONGODB_URI: strict.uri }, { poolSize: 2 });
    await core.audit.append(event('acc_double', { reference: 'first' }));
    await Promise.all(
      Array.from({ length: 6 }, (_, act) => core.audit.append(event('acc_double', { reference: `act${act}` }))),
    );
    await core.close();
    await strict.close();
    expect(interfered).toBe(true);
    const references = (await entriesOf('acc_double')).map(({ reference }) => reference);
    expect(references).toEqual(['first', 'act0', 'act1', 'other', 'act2', 'act3', 'act4', 'act5']);
    expect(await verify('acc_double')).toEqual({ code: 0, lines: [] });
  });
});
