import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deliveriesOf } from '../../src/ledger/webhooks/deliveries.ts';
import { forget } from '../support/forget.ts';
import { emptyRedis, openPlatform, type Platform } from '../support/platform.ts';
import { openProcesses } from '../support/processes.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { waitFor } from '../support/wait-for.ts';
import { call } from '../support/wire.ts';

const PEOPLE = Array.from({ length: 12 }, (_, index) => String(447700900380 + index));

describe('webhooks while workers are killed and Redis is emptied', () => {
  let platform: Platform;
  let receiver: Receiver;
  const processes = openProcesses();
  beforeAll(async () => {
    receiver = await startReceiver();
    platform = await openPlatform('webhooks-killed', {
      ...{ LEASE_MS: '500', RELAY_INTERVAL_MS: '100', LOG_LEVEL: 'info', WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8' },
    });
  });
  afterAll(async () => {
    await processes.endAll();
    await platform?.close();
    await receiver?.close();
  });

  it('none is lost, and each comes under one id however often', async () => {
    const { account, key } = await platform.account();
    const { db } = platform.core;
    await db.collection('sent_sms').insertMany(PEOPLE.map((to) => ({ account_id: account.records_id, to, body: 'x' })));
    const { url } = await platform.startApi();
    await call(url, '/webhooks', { key, body: { url: receiver.url } });
    const references: string[] = [];
    for (const number of PEOPLE) references.push(await forget(url, key, { number }));

    // Nobody answers: workers are killed with messages in their hands.
    receiver.answer(null);
    for (let kill = 1; kill <= 3; kill += 1) {
      const worker = await processes.worker(platform.env);
      const before = receiver.received.length;
      await receiver.until('messages under way', (received) => received.length > before);
      await worker.kill();
      await emptyRedis(platform.config);
    }
    receiver.answer(204);
    await processes.worker(platform.env);
    await waitFor('all messages', async () => {
      const delivered = await deliveriesOf(db).countDocuments({ account_id: account._id, state: 'delivered' });
      return delivered === PEOPLE.length;
    });
    const ids = new Map<string, Set<string>>();
    for (const { id, message } of receiver.received) {
      const reference = String(message.data.reference);
      ids.set(reference, (ids.get(reference) ?? new Set()).add(id));
    }
    expect([...ids.keys()].sort()).toEqual(references.sort());
    for (const some of ids.values()) expect(some.size).toBe(1);
    expect(await deliveriesOf(db).countDocuments({})).toBe(PEOPLE.length);
  });
});
