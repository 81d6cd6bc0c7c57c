import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { acceptForget } from '../../../../src/contracts/forget/accept.ts';
import { type EraseDependencies, eraseRequest } from '../../../../src/ledger/requests/erase.ts';
import { claimRequest } from '../../../../src/ledger/requests/lease.ts';
import { createLedgerWrites } from '../../../../src/ledger/requests/ledger-writes.ts';
import { createWork, type Work } from '../../../../src/ledger/requests/work.ts';
import { phoneNumber } from '../../../support/numbers.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../../support/records.ts';

const DIGITS = '447700900123';
const LEASE_MS = 30_000;

/** Every worker would lose its request to the next one, and none would ever come to the end. */
describe('a database whose every look takes most of a lease', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await openPlatform('slow-looks');
    await indexPlatform(platform.core.db);
  });
  afterAll(() => platform?.close());

  it.each([0, 3])('a worker that goes on keeps its request to the end, with %d records', async (sent) => {
    const { core, logger } = platform;
    const { account } = await platform.account();
    // Accepted for one record at least. Without any there is nothing to announce, which would renew the lease.
    await insertRecords(core.db, account.records_id, DIGITS, { sent: Math.max(1, sent) });
    const { request } = await acceptForget(
      { ...core, deadlineMs: 86_400_000, graceMs: 60_000 },
      { account, keyId: 'test', number: phoneNumber(DIGITS), unsuppress: false },
      new Date(),
    );
    if (sent === 0) await core.db.collection('sent_sms').deleteMany({ account_id: account.records_id });
    const key = { account: account._id, reference: request.reference };
    let clock = Date.now();
    const now = () => new Date(clock);
    const ledger = createLedgerWrites(core.db);
    const rivals: string[] = [];
    const slow = async <Value>(look: Promise<Value>): Promise<Value> => {
      const value = await look;
      clock += 0.6 * LEASE_MS;
      rivals.push((await claimRequest(ledger, key, { leaseMs: LEASE_MS, now })).outcome);
      return value;
    };
    const bind = createWork({ ...core, now });
    const deps: EraseDependencies = {
      ledger,
      accounts: core.accounts,
      workFor: (one, whose): Work => {
        const work = bind(one, whose);
        const [first, ...others] = work.targets;
        if (!first) throw new Error('no target');
        return {
          ...work,
          targets: [
            { ...first, find: (limit) => slow(first.find(limit)), remains: () => slow(first.remains()) },
            ...others,
          ],
          lastPending: () => slow(work.lastPending()),
          removeFiles: (signal) => slow(work.removeFiles(signal)),
          report: (erased) => slow(work.report(erased)),
        };
      },
      logger,
      batchSize: 100,
      pauseMs: 0,
      leaseMs: LEASE_MS,
      settleMs: 0,
      retryBaseMs: 1_000,
      now,
    };
    const outcome = await eraseRequest(deps, key, new AbortController().signal).catch(({ name }: Error) => name);
    expect(rivals).toEqual(Array(5).fill('later'));
    expect(outcome).toEqual({ outcome: 'completed' });
  });
});
