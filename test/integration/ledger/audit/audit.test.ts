import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inTransaction } from '../../../../src/base/db/transaction.ts';
import { generateKey, parseKeyRing } from '../../../../src/base/keys/key-ring.ts';
import { createAudit, verifyAudit } from '../../../../src/ledger/audit/audit.ts';
import {
  AUDIT,
  AUDIT_HEADS,
  type AuditEntry,
  type AuditEvent,
  createAuditSeal,
} from '../../../../src/ledger/audit/entry.ts';
import { runCli } from '../../../support/cli.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';

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
    return { code, lines: out };
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
});
