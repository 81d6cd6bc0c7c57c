import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { deliveriesOf, emitEvent } from '../../../../src/ledger/webhooks/deliveries.ts';
import { webhooksOf } from '../../../../src/ledger/webhooks/webhooks.ts';
import { runCli } from '../../../support/cli.ts';
import { expectStatus } from '../../../support/expect-status.ts';
import { forget, untilCompleted, untilRequest } from '../../../support/forget.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { type Received, type Receiver, startReceiver } from '../../../support/receiver.ts';
import { waitFor } from '../../../support/wait-for.ts';
import { type Call, call } from '../../../support/wire.ts';

const [DONE = '', FAILING = '', AGAIN = ''] = ['447700900371', '447700900372', '447700900373'];
const HOUR = 3_600_000;

describe('webhooks', () => {
  let platform: Platform;
  let receiver: Receiver;
  let url: string;
  let ahead = 0;
  const faults: string[] = [];
  const now = () => new Date(Date.now() + ahead);
  beforeAll(async () => {
    receiver = await startReceiver();
    platform = await openPlatform('webhooks', { RATE_LIMIT_PER_SECOND: '0', WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8' });
    ({ url } = await platform.startApi());
    await platform.startWorker({}, { now, countFault: (fault) => faults.push(fault) });
  });
  afterAll(async () => {
    await platform?.close();
    await receiver?.close();
  });

  const subscribe = async (options: object = {}) => {
    const made = await platform.account();
    const answer = await call(url, '/webhooks', { key: made.key, body: { url: receiver.url, ...options } });
    expectStatus(answer, 201);
    return { ...made, hook: String(answer.body.id), secret: String(answer.body.secret) };
  };
  const hold = (owner: unknown, number: string) =>
    platform.core.db.collection('sent_sms').insertOne({ account_id: owner, to: number, body: 'x' });
  const toldOf = (reference: string) => receiver.received.filter(({ message }) => message.data.reference === reference);
  const untilTold = (reference: string, count: number) =>
    waitFor(`${count} messages`, () => toldOf(reference).length >= count && toldOf(reference));
  const logOf = async (key: string, query = '') =>
    (await call(url, `/webhooks/deliveries${query}`, { key })).body.items as Record<string, unknown>[];

  it('are told of a completed request, signed as Standard Webhooks are, without a number', async () => {
    const { account, key, hook, secret } = await subscribe();
    await hold(account.records_id, DONE);
    const reference = await forget(url, key, { number: DONE });
    const [told] = (await untilTold(reference, 1)) as [Received];
    expect(new Webhook(secret).verify(told.body, told.headers)).toMatchObject({
      type: 'erasure.completed',
      data: {
        reference,
        account: account._id,
        profile: 'forget',
        erased: { sent_sms: 1 },
        completed_at: expect.any(String),
      },
    });
    expect(() => new Webhook(secret).verify(`${told.body} `, told.headers)).toThrow();
    const entry = await waitFor('the log', async () => (await logOf(key)).find(({ state }) => state === 'delivered'));
    expect(entry).toMatchObject({ message: told.id, webhook: hook, reference, tries: 1, attempts: [{ status: 204 }] });

    const { db } = platform.core;
    const kept = [...(await webhooksOf(db).find().toArray()), ...(await deliveriesOf(db).find().toArray())];
    expect(JSON.stringify([kept, told])).not.toContain(DONE.slice(2));
    expect(JSON.stringify(kept)).not.toContain(secret.slice(10));
    expect((await call(url, '/webhooks', { key })).body).toEqual({
      items: [expect.not.objectContaining({ secret: expect.anything() })],
    });
  });

  it('are told again under the same id until they answer, and when somebody asks for it', async () => {
    const { account, key } = await subscribe({ events: ['erasure.completed'] });
    await hold(account.records_id, AGAIN);
    receiver.answer(500);
    const reference = await forget(url, key, { number: AGAIN });
    await untilTold(reference, 2);
    receiver.answer(200);
    const entry = await waitFor('delivery', async () => (await logOf(key, '?state=delivered'))[0]);
    expect(entry.tries).toBe(toldOf(reference).length);
    expect(entry.attempts).toEqual(expect.arrayContaining([expect.objectContaining({ status: 500 })]));

    const before = toldOf(reference).length;
    expectStatus(await call(url, `/webhooks/deliveries/${entry.id}/redeliver`, { key, method: 'POST' }), 202);
    await untilTold(reference, before + 1);
    expect(new Set(toldOf(reference).map(({ id }) => id)).size).toBe(1);
    const cli = await runCli(['webhook', 'redeliver', String(entry.id), '--account', account._id], platform.env);
    expect(cli.code).toBe(0);
    await untilTold(reference, before + 2);
    expect(new Set(toldOf(reference).map(({ id }) => id)).size).toBe(1);
  });

  it('are given up after a day', async () => {
    const { account, key, hook } = await subscribe();
    receiver.answer(503);
    const id = 'msg_AAAAAAAAAAAAAAAAAAAAAAAA';
    const event = {
      id,
      account: account._id,
      type: 'erasure.late_record',
      at: new Date(),
      data: { reference: 'x' },
    } as const;
    await Promise.all([emitEvent(platform.core.db, event), emitEvent(platform.core.db, event)]);
    await waitFor('an attempt', async () => (await logOf(key))[0]?.tries);
    expect(await logOf(key)).toHaveLength(1);
    ahead = 25 * HOUR;
    await waitFor('an end', async () => (await logOf(key, `?webhook=${hook}`))[0]?.state === 'given_up');
    await waitFor('its count', async () => faults.length > 0);
    expect(faults).toEqual(['webhook_given_up']);
    ahead = 0;
    receiver.answer(204);
  });

  it('are told once when a request begins to fail, is due soon and is overdue', async () => {
    const { account, key } = await subscribe();
    const { db } = platform.core;
    await hold(account.records_id, FAILING);
    await db.collection<{ _id: string }>('calls').insertOne({ _id: FAILING, account_id: account.records_id } as never);
    const reference = await forget(url, key, { number: FAILING });
    const failed = (least: number) =>
      untilRequest(platform, reference, 'failures', ({ state, failures }) => state === 'failed' && failures >= least);
    await failed(3);
    for (const hours of [20.5, 23.5, 25]) {
      ahead = hours * HOUR;
      await failed((await failed(0)).failures + 1);
    }
    await db.collection('calls').deleteMany({});
    await untilCompleted(platform, reference);
    const told = await untilTold(reference, 5);
    ahead = 0;
    const types = told.map(({ message }) => [message.type, message.data.hours]);
    expect(types.sort((one, other) => String(one).localeCompare(String(other)))).toEqual([
      ['erasure.completed', undefined],
      ['erasure.due_soon', 1],
      ['erasure.due_soon', 4],
      ['erasure.failed', undefined],
      ['erasure.overdue', undefined],
    ]);
    const [first] = told.filter(({ message }) => message.type === 'erasure.failed');
    expect(first?.message.data.failure).toMatchObject({ name: 'number_in_id' });
  });

  it('are an account’s own, and nothing is told to one that is deleted', async () => {
    const { account, key, hook } = await subscribe();
    const other = await platform.account({ name: 'Other', recordsId: 'other' });
    const ask = async (path: string, options: Call) => (await call(url, path, options)).status;
    expect(await ask(`/webhooks/${hook}`, { key: other.key, method: 'DELETE' })).toBe(404);
    receiver.answer(500);
    await emitEvent(platform.core.db, {
      ...{
        id: 'msg_BBBBBBBBBBBBBBBBBBBBBBBB',
        account: account._id,
        type: 'erasure.completed',
        at: new Date(),
        data: {},
      },
    });
    const entry = await waitFor('an attempt', async () => (await logOf(key)).find(({ tries }) => Number(tries) > 0));
    const again = `/webhooks/deliveries/${entry.id}/redeliver`;
    expect(await ask(again, { key: other.key, method: 'POST' })).toBe(404);
    expect(await ask(`/webhooks/${hook}`, { key, method: 'DELETE' })).toBe(204);
    await waitFor('the end', async () => (await logOf(key))[0]?.state === 'cancelled');
    expect(await ask(again, { key, method: 'POST' })).toBe(404);
    receiver.answer(204);
    const entries = await platform.core.db.collection('lethe_audit').distinct('reason', { account_id: account._id });
    expect(entries.sort()).toEqual(['webhook_created', 'webhook_deleted']);
  });

  it('lie where they may', async () => {
    const { key } = await platform.account();
    const strict = await platform.startApi({ WEBHOOK_ALLOWED_NETWORKS: '' });
    const refused: [string, RegExp][] = [
      ['http://example.org/', /^url must begin with https/],
      ['ftp://example.org/', /^url must begin with https/],
      ['https://10.0.0.1/', /^url must not be an address of an inner network/],
      ['https://[::1]/', /^url must not be an address of an inner network/],
      ['https://user:secret@example.org/', /^url must hold no user/],
      ['x', /^url must be a URL/],
    ];
    for (const [bad, why] of refused) {
      const { body } = await call(strict.url, '/webhooks', { key, body: { url: bad } });
      expect(body.error).toEqual({ code: 400, msg: expect.stringMatching(why) });
    }
    const events = { url: 'https://example.org/', events: ['erasure.begun'] };
    expectStatus(await call(url, '/webhooks', { key, body: events }), 400);
  });

  it('are made, listed, watched and deleted on the command line', async () => {
    const { account } = await platform.account();
    const run = (...args: string[]) => runCli(['webhook', ...args, '--account', account._id], platform.env);
    const made = await run('create', '--url', receiver.url, '--events', 'erasure.completed');
    expect(made.out).toEqual([expect.stringMatching(/^whsec_/)]);
    const id = /wh_\w+/.exec(made.err.join())?.[0] ?? '';
    expect((await run('list')).out.at(-1)).toContain(`${id}  `);
    const at = new Date();
    const event = {
      id: 'msg_CCCCCCCCCCCCCCCCCCCCCCCC',
      account: account._id,
      type: 'erasure.completed',
      at,
      data: {},
    } as const;
    await emitEvent(platform.core.db, event);
    await waitFor('delivery', async () => (await run('deliveries')).out.at(-1)?.includes('delivered  1'));
    expect((await run('create', '--url', 'x')).code).toBe(2);
    expect([(await run('delete', id)).code, (await run('delete', id)).code]).toEqual([0, 1]);
    expect((await runCli(['webhook', 'list', '--account', 'acc_none'], platform.env)).code).toBe(1);
  });
});
