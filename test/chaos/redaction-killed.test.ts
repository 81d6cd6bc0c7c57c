import { describe, expect, it } from '@jest/globals';
import { DateTime } from 'luxon';
import { requestsOf } from '../../src/ledger/requests/ledger.ts';
import { type Chaos, scene } from '../support/chaos.ts';
import { callOf, JO, OWN, receivedOf, setRedaction } from '../support/interactions.ts';
import type { TestProcess } from '../support/processes.ts';
import { waitFor } from '../support/wait-for.ts';

const KILLS = 6;
const CALLS = 300;
const TEXTS = 300;
const SLOW = { BATCH_SIZE: '16', BATCH_PAUSE_MS: '20', LEASE_MS: '400', RELAY_INTERVAL_MS: '100' };

describe('an automatic redaction', () => {
  it(
    `survives ${KILLS} kills: each due interaction is redacted and counted once, and no other`,
    scene('redaction-killed', survives, SLOW),
  );
});

async function survives(chaos: Chaos): Promise<void> {
  const { account } = await chaos.platform.account({ timeZone: 'America/Santiago' });
  await setRedaction(chaos.platform, account, { automatic: 'daily' });
  const today = DateTime.now().setZone('America/Santiago').startOf('day');
  const moment = (index: number) => today.minus({ minutes: index * 7 + 1 }).toJSDate();
  const calls = Array.from({ length: CALLS }, (_, index) => {
    const inbound = index % 2 === 0;
    return callOf(account, `c${index}`, moment(index), {
      direction: inbound ? 'inbound' : 'outbound',
      from: inbound ? JO : OWN,
      to: inbound ? OWN : JO,
    });
  });
  await chaos.db.collection('calls').insertMany([...calls, callOf(account, 'today', today.toJSDate())]);
  await chaos.db
    .collection('received_sms')
    .insertMany([
      ...Array.from({ length: TEXTS }, (_, index) => receivedOf(account, `r${index}`, moment(index))),
      receivedOf(account, 'today', today.toJSDate()),
    ]);

  // Nothing is in the queue: a worker that starts finds what is due.
  const find = () => requestsOf(chaos.db).findOne({ account_id: account._id });
  const done = async () => {
    const { calls: first = 0, received_sms: second = 0 } = (await find())?.erased ?? {};
    return first + second;
  };
  let worker: TestProcess = await chaos.processes.worker(chaos.env);
  for (let kills = 1; kills <= KILLS; kills += 1) {
    const before = await done();
    await waitFor('some more to be counted', async () => (await done()) > before, { everyMs: 10 });
    await worker.kill();
    expect((await find())?.state).not.toBe('completed');
    worker = await chaos.processes.worker(chaos.env);
  }
  const request = await waitFor('completion', find);
  await chaos.completed(request.reference);
  expect((await find())?.erased).toEqual({ calls: CALLS, received_sms: TEXTS });
  expect(await requestsOf(chaos.db).countDocuments({ account_id: account._id })).toBe(1);
  const left = { account_id: account.records_id, redacted_at: null };
  for (const name of ['calls', 'received_sms']) expect(await chaos.db.collection(name).countDocuments(left)).toBe(1);
  const kept = await chaos.db.collection('calls').countDocuments({
    account_id: account.records_id,
    redacted_at: { $ne: null },
    $or: [
      { direction: 'inbound', from: null, to: OWN },
      { direction: 'outbound', from: OWN, to: null },
    ],
  });
  expect(kept).toBe(CALLS);
  await worker.kill();
}
