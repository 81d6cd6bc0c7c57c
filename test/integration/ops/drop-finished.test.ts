import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { batchesOf, openBatch } from '../../../src/contracts/forget/batch-rows.ts';
import { numberSubject } from '../../../src/engine/subject.ts';
import { eraseRequest } from '../../../src/ledger/requests/erase.ts';
import { requestsOf } from '../../../src/ledger/requests/ledger.ts';
import { type DropDependencies, dropFinished } from '../../../src/ops/drop-finished.ts';
import { createLedgerFigures } from '../../../src/ops/ledger-figures.ts';
import { processDropFinished } from '../../../workers/jobs/drop-finished.ts';
import { phoneNumber } from '../../support/numbers.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../support/records.ts';
import { driveByHand } from '../../support/scans.ts';

const OLD = phoneNumber(447700900301);
const YOUNG = phoneNumber(447700900302);
const OPEN = phoneNumber(447700900303);
const MONTHS = 6;

describe('finished requests that are older than the ledger keeps them', () => {
  let platform: Platform;
  let folder: string;
  beforeAll(async () => {
    platform = await openPlatform('drop-finished');
    await indexPlatform(platform.core.db);
    folder = await mkdtemp(join(tmpdir(), 'lethe-archive-'));
  });
  afterAll(async () => {
    await platform?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('are dropped, archived and audited; suppressions and sums stay, and so does what is younger or open', async () => {
    const { core } = platform;
    const { db, suppressions, tokens } = core;
    const hand = driveByHand(platform);
    const { account } = await platform.account();
    await core.accounts.setScan(account._id, 'off');
    const signal = new AbortController().signal;
    const references: Record<string, string> = {};
    for (const number of [OLD, YOUNG, OPEN]) {
      await insertRecords(db, account.records_id, number, { sent: 3 });
      references[number] = await hand.forget(account, number);
      const key = { account: account._id, reference: references[number] ?? '' };
      if (number !== OPEN) await eraseRequest(hand.jobs.erase, key, signal);
    }
    const ago = (months: number) => new Date(Date.now() - months * 31 * 86_400_000);
    const date = (number: string, months: number) =>
      requestsOf(db).updateOne(
        { reference: references[number] ?? '' },
        {
          $set: {
            ...{ created_at: ago(months), ...(number !== OPEN && { completed_at: ago(months) }) },
            ...(number === OLD && { overdue: true }),
          },
        },
      );
    await date(OLD, MONTHS + 1);
    await date(YOUNG, MONTHS - 2);
    await date(OPEN, MONTHS + 1);
    const figures = await createLedgerFigures(db)(new Date());
    expect(figures.erased).toEqual({ sent_sms: 6 });

    const deps: DropDependencies = {
      ...{ db, audit: core.audit, archiveDir: folder, now: () => new Date() },
      keepMonths: MONTHS,
    };
    expect(await dropFinished({ ...deps, keepMonths: 0 }, signal)).toBe(0);
    // The figures of its month cannot be kept while one of that month is open.
    expect(await dropFinished(deps, signal)).toBe(0);
    await date(OPEN, 0);
    expect(await dropFinished(deps, signal)).toBe(1);
    expect(await dropFinished(deps, signal)).toBe(0);

    const left = await requestsOf(db).find({ account_id: account._id }).toArray();
    expect(left.map(({ reference }) => reference).sort()).toEqual([references[YOUNG], references[OPEN]].sort());
    expect(await createLedgerFigures(db)(new Date())).toMatchObject({
      byState: { completed: 2 },
      deadlines: { met: 1, missed: 1 },
      erased: { sent_sms: 6 },
    });
    const all = tokens.allTokens(account._id, OLD);
    const subject = numberSubject(
      OLD,
      account.records_id,
      tokens.current(account._id, OLD),
      new Date(),
      core.countriesOf(account),
    );
    expect(await suppressions.has(subject, all)).toBe(true);
    const entries = await db
      .collection('lethe_audit')
      .find({ account_id: account._id, action: 'ledger.drop' })
      .toArray();
    expect(entries).toMatchObject([{ actor: 'schedule', counts: { requests: 1 } }]);
    const [file = ''] = await readdir(folder);
    const text = await readFile(join(folder, file), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ reference: references[OLD], state: 'completed', erased: { sent_sms: 3 } });
    expect(text).not.toContain(OLD);
  });

  it('and lists of numbers that were sent longer ago than 30 days', async () => {
    const { db, audit } = platform.core;
    const now = new Date();
    const ids: string[] = [];
    for (const days of [31, 29]) {
      const list = { account: 'acc_AAAAAAAAAAAA', actor: 'key', digests: [`digest ${days}`], lines: 2 };
      ids.push((await openBatch(db, list, new Date(now.getTime() - days * 86_400_000)))._id);
    }
    const deps = { db, audit, logger: platform.logger, archiveDir: undefined, keepMonths: 0, now: () => now };
    await processDropFinished(deps, new AbortController().signal);
    expect(await batchesOf(db).distinct('_id')).toEqual(ids.slice(1));
  });

  it('one that was called off goes, too', async () => {
    const { core } = platform;
    const { account } = await platform.account();
    const hand = driveByHand(platform);
    await insertRecords(core.db, account.records_id, OLD, { sent: 1 });
    const reference = await hand.forget(account, OLD);
    const old = new Date(Date.now() - 100 * 86_400_000);
    await requestsOf(core.db).updateOne(
      { reference },
      { $set: { state: 'cancelled', created_at: old, cancelled_at: old }, $unset: { unfinished: '' } },
    );
    const deps: DropDependencies = {
      ...{ db: core.db, audit: core.audit, archiveDir: undefined, now: () => new Date() },
      keepMonths: 1,
    };
    await dropFinished(deps, new AbortController().signal);
    expect(await requestsOf(core.db).findOne({ reference })).toBeNull();
  });
});
