import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { timesOf } from '../../../../src/base/times.ts';
import { acceptForget } from '../../../../src/contracts/forget/accept.ts';
import { type BoundRequest, createBinder } from '../../../../src/ledger/requests/bind.ts';
import { createConclude } from '../../../../src/ledger/requests/conclude.ts';
import { type EraseDependencies, eraseRequest } from '../../../../src/ledger/requests/erase.ts';
import { claimRequest } from '../../../../src/ledger/requests/lease.ts';
import { createLedgerWrites } from '../../../../src/ledger/requests/ledger-writes.ts';
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
    // Once a scan has passed it is the same again.
    await core.accounts.setScan(account._id, 'off');
    // Accepted for one record at least. Without any there is nothing to announce, which would renew the lease.
    await insertRecords(core.db, account.records_id, DIGITS, { sent: Math.max(1, sent) });
    const { request } = await acceptForget(
      { ...core, deadlineMs: 86_400_000, graceMs: 60_000 },
      { account, actor: 'test', number: phoneNumber(DIGITS), unsuppress: false },
      new Date(),
    );
    if (sent === 0) await core.db.collection('sent_sms').deleteMany({ account_id: account.records_id });
    const key = { account: account._id, reference: request.reference };
    const times = timesOf({ ...core.config, LEASE_MS, SCHEDULED_SETTLE_MS: 0 });
    let clock = Date.now();
    const now = () => new Date(clock);
    const ledger = createLedgerWrites(core.db, createConclude(core));
    const rivals: string[] = [];
    const slow = async <Value>(look: Promise<Value>): Promise<Value> => {
      const value = await look;
      clock += 0.6 * LEASE_MS;
      rivals.push((await claimRequest(ledger, key, { times, now, seal: core.seal })).outcome);
      return value;
    };
    const bind = createBinder({ ...core, now });
    const deps: EraseDependencies = {
      askForScan: async () => {},
      seal: core.seal,
      ledger,
      accounts: core.accounts,
      bind: (one, whose): BoundRequest => {
        const bound = bind(one, whose);
        const [first, ...others] = bound.targets;
        if (!first) throw new Error('no target');
        return {
          ...bound,
          targets: [
            { ...first, find: (limit) => slow(first.find(limit)), remains: () => slow(first.remains()) },
            ...others,
          ],
          lastScheduled: () => slow(bound.lastScheduled()),
          removeFiles: (signal) => slow(bound.removeFiles(signal)),
          record: (erased) => slow(bound.record(erased)),
        };
      },
      logger,
      batchSize: 100,
      times,
      now,
    };
    const outcome = await eraseRequest(deps, key, new AbortController().signal).catch(({ name }: Error) => name);
    expect(rivals).toEqual(Array(5).fill('later'));
    expect(outcome).toEqual({ outcome: 'completed' });
  });
});
