import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { readConfig } from '../../../../src/base/config.ts';
import { acceptForget } from '../../../../src/contracts/forget/accept.ts';
import { createCore } from '../../../../src/core.ts';
import type { Account } from '../../../../src/ledger/accounts/accounts.ts';
import { requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import { exportTombstones, readExported } from '../../../../src/ledger/tombstones/export.ts';
import { tombstonesOf } from '../../../../src/ledger/tombstones/tombstones.ts';
import { createOutside } from '../../../../workers/outside.ts';
import { runCli } from '../../../support/cli.ts';
import { phoneNumber } from '../../../support/numbers.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../../support/records.ts';
import { startS3 } from '../../../support/s3-server.ts';
import { driveByHand, type HandDriven } from '../../../support/scans.ts';
import { call } from '../../../support/wire.ts';

const { EJSON } = mongoose.mongo.BSON;
const SUPPRESSED = phoneNumber(447700900551);
const UNSUPPRESSED = phoneNumber(447700900552);
const BYSTANDER = phoneNumber(447700900553);
const RECORDS = { contacts: 1, lists: 1, sent: 2, received: 1 };

describe('a restored backup', () => {
  let folder: string;
  let platform: Platform;
  let driven: HandDriven;
  let account: Account;
  let key: string;
  let copy: Map<string, string>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lethe-reconcile-'));
    platform = await openPlatform('reconcile', { TOMBSTONES_FILE: join(folder, 'tombstones.jsonl') });
    await indexPlatform(platform.core.db);
    driven = driveByHand(platform);
    ({ account, key } = await platform.account());
    for (const number of [SUPPRESSED, UNSUPPRESSED, BYSTANDER])
      await insertRecords(platform.core.db, account.records_id, number, RECORDS, BYSTANDER);
    copy = await backUp();
    for (const [number, unsuppress] of [
      [SUPPRESSED, false],
      [UNSUPPRESSED, true],
    ] as const) {
      const { request } = await acceptForget(
        { ...platform.core, deadlineMs: 86_400_000, graceMs: 0 },
        { account, actor: 'test', number, unsuppress },
        driven.now(),
      );
      await driven.finish(account, request.reference);
    }
  });
  afterAll(async () => {
    await platform?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const collections = async () =>
    (await platform.core.db.listCollections({}, { nameOnly: true }).toArray())
      .map(({ name }) => name)
      .filter((name) => !name.startsWith('system.'));
  /** Everything, Lethe's own collections, too. */
  const backUp = async () => {
    const all = new Map<string, string>();
    for (const name of await collections())
      all.set(name, EJSON.stringify(await platform.core.db.collection(name).find().toArray(), { relaxed: false }));
    return all;
  };
  const restore = async () => {
    for (const name of await collections()) {
      const documents = EJSON.parse(copy.get(name) ?? '[]', { relaxed: false }) as object[];
      await platform.core.db.collection(name).deleteMany({});
      if (documents.length > 0) await platform.core.db.collection(name).insertMany(documents);
    }
  };
  const traces = async (number: string) => {
    const found: string[] = [];
    for (const [name, text] of await backUp()) if (text.includes(number)) found.push(name);
    return found.sort();
  };

  it('is read against what was written down outside, and everything that came back is erased again', async () => {
    await createOutside(platform.core, platform.logger, driven.now)();
    const exported = await readFile(platform.env.TOMBSTONES_FILE ?? '', 'utf8');
    expect(exported.trim().split('\n')).toHaveLength(2);
    expect(exported).not.toMatch(/447700900/);
    expect(await traces(SUPPRESSED)).toEqual([]);

    await restore();
    expect(await traces(SUPPRESSED)).toEqual(['contact_lists', 'contacts', 'received_sms', 'sent_sms']);
    expect(await tombstonesOf(platform.core.db).countDocuments()).toBe(0);
    expect(await requestsOf(platform.core.db).countDocuments()).toBe(0);

    const { code, out, err } = await runCli(['reconcile', '--all'], platform.env, driven.now());
    expect({ code, out }).toEqual({
      code: 0,
      out: [
        expect.stringMatching(`^${account._id}: [\\d,]+ records read, 2 people came back$`),
        expect.stringMatching(/^ {2}[A-Za-z0-9]{15}$/),
        expect.stringMatching(/^ {2}[A-Za-z0-9]{15}$/),
      ],
    });
    expect(err.join('\n')).toMatch(/lost 2 of the exported tombstones; 1 numbers are suppressed again/);
    for (const reference of out.slice(1)) await driven.finish(account, reference.trim());
    expect([await traces(SUPPRESSED), await traces(UNSUPPRESSED)]).toEqual([[], []]);
    expect(await platform.core.db.collection('sent_sms').countDocuments({ to: BYSTANDER, body: /^Hi Jo/ })).toBe(2);

    const { url } = await platform.startApi();
    const isSuppressed = async (number: string) =>
      (await call(url, '/blacklist/check', { key, body: { number } })).body.blacklisted;
    expect([await isSuppressed(SUPPRESSED), await isSuppressed(UNSUPPRESSED)]).toEqual([true, false]);
  });

  it('has nothing more when it is read again, and people forgotten before the date are left out', async () => {
    expect((await runCli(['reconcile', '--all'], platform.env)).err).toContain('Nothing came back.');
    await insertRecords(platform.core.db, account.records_id, SUPPRESSED, { sent: 1 });
    const { out } = await runCli(['reconcile', '--since', '2999-01-01'], platform.env);
    expect(out).toEqual([expect.stringMatching(/ 0 people came back$/)]);
    for (const wrong of [[], ['--all', '--since', '2026-01-01'], ['--since', 'yesterday']])
      expect((await runCli(['reconcile', ...wrong], platform.env)).code).toBe(2);
  });

  it('says that people may be missing when a line of the file is none', async () => {
    await appendFile(platform.env.TOMBSTONES_FILE ?? '', '{"v":1,"acc');
    const { code, err } = await runCli(['reconcile', '--all'], platform.env);
    expect({ code, err: err.join('\n') }).toEqual({ code: 1, err: expect.stringMatching(/1 lines .* cannot be read/) });
  });

  it('may be read against a bucket, too', async () => {
    const s3 = await startS3();
    const env = { ...platform.env, TOMBSTONES_FILE: '', ...s3.tombstones };
    const core = createCore(readConfig(env), { poolSize: 2 });
    try {
      const store = core.tombstoneStore;
      if (store === null) throw new Error('no store');
      for (let round = 0; round < 3; round += 1) {
        await tombstonesOf(core.db).updateMany({}, { $set: { unexported: true } });
        expect(await exportTombstones(core.db, store)).toBe(2);
      }
      expect([...s3.objects].filter((name) => name.startsWith('lethe-tombstones/'))).toHaveLength(3);
      const tokens = (await tombstonesOf(core.db).find().toArray()).map(({ token }) => token).sort();
      const { all, unreadable } = await readExported(store);
      expect({ tokens: all.map(({ token }) => token).sort(), unreadable }).toEqual({ tokens, unreadable: 0 });

      s3.answer({ status: 503 });
      await tombstonesOf(core.db).updateMany({}, { $set: { unexported: true } });
      await expect(exportTombstones(core.db, store)).rejects.toThrow(/HTTP 503/);
      expect(await tombstonesOf(core.db).countDocuments({ unexported: true })).toBe(2);
    } finally {
      await core.close();
      await s3.close();
    }
  });
});
