import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { timesOf } from '../../../../src/base/times.ts';
import { acceptForget } from '../../../../src/contracts/forget/accept.ts';
import { type BoundRequest, createBinder } from '../../../../src/ledger/requests/bind.ts';
import { createConclude } from '../../../../src/ledger/requests/conclude.ts';
import { type EraseDependencies, eraseRequest } from '../../../../src/ledger/requests/erase.ts';
import { requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import { createLedgerWrites } from '../../../../src/ledger/requests/ledger-writes.ts';
import { untilCompleted } from '../../../support/forget.ts';
import { phoneNumber } from '../../../support/numbers.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../../support/records.ts';

const DIGITS = '447700900123';

/**
 * A repeated request is answered with the reference of the unfinished one. That is a promise about every record there
 * is at that moment, also for one that came after the last look and before the end.
 */
describe('asked again between the last look and the end', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await openPlatform('asked');
    await indexPlatform(platform.core.db);
  });
  afterAll(() => platform?.close());

  it.each([0, 1, 3])('%i times: nothing that was there is left when it is completed', async (times) => {
    const { core, logger } = platform;
    const { account } = await platform.account();
    // Once a scan has passed it is the same again.
    await core.accounts.setScan(account._id, 'off');
    const owner = account.records_id;
    const ask = async () => {
      await insertRecords(core.db, owner, DIGITS, { sent: 1, contacts: 1 });
      // Only the first asks for the number to leave the list.
      const input = { account, actor: 'test', number: phoneNumber(DIGITS), unsuppress: reference === undefined };
      const { request } = await acceptForget({ ...core, deadlineMs: 86_400_000, graceMs: 60_000 }, input, new Date());
      return request.reference;
    };
    let reference: string | undefined;
    reference = await ask();
    let asked = 0;
    const bind = createBinder({ ...core, now: () => new Date() });
    const deps: EraseDependencies = {
      askForScan: async () => {},
      seal: core.seal,
      ledger: createLedgerWrites(core.db, createConclude(core)),
      accounts: core.accounts,
      bind: (request, whose): BoundRequest => {
        const bound = bind(request, whose);
        return {
          ...bound,
          // Called when the last look has found nothing.
          async record(erased) {
            await bound.record(erased);
            if (asked < times) {
              asked += 1;
              expect(await ask()).toBe(reference);
            }
          },
        };
      },
      logger,
      batchSize: 100,
      times: timesOf({ ...core.config, LEASE_MS: 60_000, SCHEDULED_SETTLE_MS: 0 }),
      now: () => new Date(),
    };
    const key = { account: account._id, reference };
    const outcome = await eraseRequest(deps, key, new AbortController().signal);
    expect(outcome).toEqual({ outcome: 'completed' });
    expect(asked).toBe(times);
    const done = await requestsOf(core.db).findOne({ account_id: account._id, reference });
    expect(done).toMatchObject({
      state: 'completed',
      erased: { sent_sms: 1 + times, contacts: 1 + times },
      failures: 0,
    });
    expect(done).not.toHaveProperty('asked_again');
    expect(await core.db.collection('blacklist').countDocuments({ account_id: owner })).toBe(times > 0 ? 1 : 0);
    expect(await core.db.collection('sent_sms').countDocuments({ account_id: owner, to: DIGITS })).toBe(0);
    expect(await core.db.collection('contacts').countDocuments({ account_id: owner })).toBe(0);
    const entries = await core.db
      .collection('lethe_audit')
      .find({ account_id: account._id })
      .sort({ seq: -1 })
      .toArray();
    expect(entries[0]?.counts).toEqual({ sent_sms: 1 + times, contacts: 1 + times });
  });

  it.each([
    [true, false],
    [false, true],
    [false, false],
  ])('a number that one of two requests keeps suppressed stays so: off the list %s, then %s', async (first, second) => {
    const { core } = platform;
    const { account } = await platform.account();
    // Once a scan has passed it is the same again.
    await core.accounts.setScan(account._id, 'off');
    await insertRecords(core.db, account.records_id, DIGITS, { sent: 1 });
    const deps = { ...core, deadlineMs: 86_400_000, graceMs: 0 };
    const ask = (unsuppress: boolean) =>
      acceptForget(deps, { account, actor: 'test', number: phoneNumber(DIGITS), unsuppress }, new Date());
    const { request } = await ask(first);
    expect((await ask(second)).request.reference).toBe(request.reference);
    const worker = await platform.startWorker();
    await untilCompleted(platform, request.reference);
    await worker.stop();
    expect(await core.db.collection('blacklist').countDocuments({ account_id: account.records_id })).toBe(1);
  });
});
