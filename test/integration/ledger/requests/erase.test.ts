import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { acceptForget } from '../../../../src/contracts/forget/accept.ts';
import { eraseRequest } from '../../../../src/ledger/requests/erase.ts';
import { REQUEST_CALL } from '../../../../src/ledger/requests/ledger.ts';
import { addJob } from '../../../../src/ledger/work/call.ts';
import { untilCompleted } from '../../../support/forget.ts';
import { phoneNumber } from '../../../support/numbers.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { indexPlatform, insertRecords } from '../../../support/records.ts';
import { driveByHand } from '../../../support/scans.ts';
import { waitFor } from '../../../support/wait-for.ts';

describe('an erasure from ledger to completion', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await openPlatform('erase');
    await indexPlatform(platform.core.db);
  });
  afterAll(() => platform?.close());

  it('erases every kind of record and nothing beside it', async () => {
    const { core } = platform;
    const { account } = await platform.account();
    const at = account.records_id;
    await insertRecords(core.db, at, '447700900123', { contacts: 2, lists: 3, sent: 20, received: 5, calls: 4 });
    await insertRecords(core.db, at, '447700900555', { contacts: 1, sent: 3 });
    const worker = await platform.startWorker();
    const { request } = await acceptForget(
      { ...core, deadlineMs: 86_400_000, graceMs: 1_000 },
      { account, actor: 'test', number: phoneNumber(447700900123), unsuppress: false },
      new Date(),
    );
    await addJob(worker.producer, REQUEST_CALL, request);
    const done = await untilCompleted(platform, request.reference);
    expect(done.erased).toEqual({ contacts: 2, contact_lists: 3, sent_sms: 20, received_sms: 5, calls: 4 });
    expect(done.sealed).toBeUndefined();
    const [sent] = await core.db.collection('sent_sms').find({ account_id: at, to: '44********23' }).toArray();
    expect(sent).toMatchObject({ to: '44********23', body: '[REDACTED]', from: 'ACME', status: 'delivered' });
    expect(
      await core.db.collection('sent_sms').countDocuments({ account_id: at, to: '447700900555', body: /^Hi Jo/ }),
    ).toBe(3);
    const list = await core.db.collection('contact_lists').findOne({ account_id: at });
    expect(list?.contacts).toEqual([{ number: '447700900555', name: 'Other', email: 'o@example.org', custom: {} }]);
    const blacklisted = await core.db.collection('blacklist').find({ account_id: at }).toArray();
    expect(blacklisted).toHaveLength(1);
    expect(blacklisted[0]).not.toHaveProperty('number');
  });

  it('pauses between batches, and gives the request back in the pause when it is told to stop', async () => {
    const { core } = platform;
    const { account } = await platform.account();
    await insertRecords(core.db, account.records_id, '447700900124', { sent: 5 });
    const hand = driveByHand(platform);
    const reference = await hand.forget(account, phoneNumber(447700900124));
    const stop = new AbortController();
    const done = () =>
      core.db.collection('sent_sms').countDocuments({ account_id: account.records_id, to: '44********24' });
    const turn = eraseRequest(
      { ...hand.jobs.erase, batchSize: 1, times: { ...hand.jobs.erase.times, batchPauseMs: 3_600_000 } },
      { account: account._id, reference },
      stop.signal,
    );
    await waitFor('the first batch', async () => (await done()) > 0 || null);
    stop.abort();
    expect(await turn).toMatchObject({ outcome: 'later' });
    expect([await done(), (await hand.row(reference)).state]).toEqual([1, 'sweeping']);
  });
});
