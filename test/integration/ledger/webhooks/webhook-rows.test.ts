import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { listOf } from '../../../../src/base/outgoing/addresses.ts';
import {
  addSubjectRequest,
  findSubjectRequest,
  SUBJECT_REQUESTS,
  statusOf,
  tellEnd,
} from '../../../../src/ledger/opendsr/subject-requests.ts';
import { type ErasureRequest, REQUESTS, requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import type { LedgerUpdate, LedgerWrites } from '../../../../src/ledger/requests/ledger-writes.ts';
import { draftRequest } from '../../../../src/ledger/requests/open-request.ts';
import { type DeliverDependencies, deliver } from '../../../../src/ledger/webhooks/deliver.ts';
import {
  DELIVERIES,
  DELIVERY_CALL,
  type DeliveryRow,
  deleteWebhook,
  deliveriesOf,
  dropOldDeliveries,
  emitEvent,
  isAnyDeliveryDue,
  redeliver,
} from '../../../../src/ledger/webhooks/deliveries.ts';
import { EVENT_TYPES, type WebhookEvent } from '../../../../src/ledger/webhooks/events.ts';
import { createNews, publishNews, withNews } from '../../../../src/ledger/webhooks/news.ts';
import {
  createWebhook,
  listWebhooks,
  MOST_WEBHOOKS,
  SEALED_WEBHOOKS,
  secretOf,
  WEBHOOKS,
  type WebhookRow,
  webhooksOf,
} from '../../../../src/ledger/webhooks/webhooks.ts';
import { LIMITS } from '../../../support/limits.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { type Receiver, startReceiver } from '../../../support/receiver.ts';
import { requestDrafts } from '../../../support/request-rows.ts';

const { ObjectId } = mongoose.mongo;
const NOW = new Date('2026-03-01T10:00:00Z');
const later = (ms: number) => new Date(NOW.getTime() + ms);
const DAY = 86_400_000;

describe('rows of webhooks', () => {
  let platform: Platform;
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver();
    platform = await openPlatform('webhook-rows');
  });
  afterAll(async () => {
    await platform?.close();
    await receiver?.close();
  });
  const hooks = () => webhooksOf(platform.core.db);
  const deliveries = () => deliveriesOf(platform.core.db);
  beforeEach(async () => {
    for (const name of [SUBJECT_REQUESTS, REQUESTS, WEBHOOKS, DELIVERIES])
      await platform.core.db.collection(name).deleteMany({});
  });

  let serial = 0;
  const hook = async (more: Partial<WebhookRow> = {}): Promise<WebhookRow> => {
    serial += 1;
    const row: WebhookRow = {
      ...{ _id: `wh_${serial}`, account_id: 'acc_1', url: receiver.url, label: '', created_at: NOW },
      ...{
        events: [...EVENT_TYPES],
        secret: platform.core.seal.closeText('whsec_c2VjcmV0', `webhook:wh_${serial}`),
        ...more,
      },
    };
    await hooks().insertOne(row);
    return row;
  };
  const event = (more: Partial<WebhookEvent> = {}): WebhookEvent => ({
    ...{
      id: 'msg_1',
      account: 'acc_1',
      type: 'erasure.completed',
      at: NOW,
      data: { reference: 'r', erased: { a: 2, b: 3 } },
    },
    ...more,
  });
  const all = () => deliveries().find().sort({ webhook: 1 }).toArray();
  const body = JSON.stringify({ type: 'erasure.completed', timestamp: NOW.toISOString(), data: event().data });
  const drafted = (webhook: string, more: object = {}) => ({
    ...{ _id: expect.any(ObjectId), account_id: 'acc_1', message: 'msg_1', webhook, type: 'erasure.completed', body },
    ...{ reference: 'r', created_at: NOW, state: 'waiting', unfinished: true, not_before: NOW, give_up_at: later(DAY) },
    ...{ look_at: NOW, generation: 1, tries: 0, attempts: [], ...more },
  });

  it('are made for an account, so many, each with a secret of its own', async () => {
    const { db, seal } = platform.core;
    const input = { account: 'acc_1', url: 'https://example.org', label: 'l', events: [], now: NOW };
    const made = await createWebhook(db, seal, input);
    const narrow = await createWebhook(db, seal, { ...input, events: ['erasure.failed'], now: later(-1) });
    if (!made || !narrow) throw new Error('none made');
    const row = { account_id: 'acc_1', url: 'https://example.org', label: 'l' };
    const [_id, secret] = [expect.stringMatching(/^wh_[A-Za-z0-9]{15}$/), expect.any(String)];
    expect(await hooks().find().sort({ created_at: -1 }).toArray()).toEqual([
      { ...row, _id, secret, events: [...EVENT_TYPES], created_at: NOW },
      { ...row, _id, secret, events: ['erasure.failed'], created_at: later(-1) },
    ]);
    expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(secretOf(seal, made.webhook).toString('base64')).toBe(made.secret.slice(6));
    expect(SEALED_WEBHOOKS.sealedIn(made.webhook)).toEqual([
      { path: 'secret', text: made.webhook.secret, context: `webhook:${made.webhook._id}` },
    ]);
    const { secret: _, ...callback } = made.webhook;
    expect([SEALED_WEBHOOKS.sealedIn(callback), SEALED_WEBHOOKS.filter]).toEqual([[], {}]);
    await hook({ account_id: 'acc_2' });
    await hook({ opendsr: { subject_request_id: 's', due_at: NOW } });
    expect((await listWebhooks(db, 'acc_1')).map((one) => one._id)).toEqual([narrow.webhook._id, made.webhook._id]);
    for (let count = 2; count < MOST_WEBHOOKS; count += 1) await hook();
    expect(await createWebhook(db, seal, input)).toBeNull();
    expect(await createWebhook(db, seal, { ...input, account: 'acc_2' })).not.toBeNull();
  });

  it('hear of what they want to hear of, on their account, once', async () => {
    const { db } = platform.core;
    const [one, failures] = [await hook(), await hook({ events: ['erasure.failed'] })];
    const due_at = later(DAY);
    const dsr = (reference: string) => ({ opendsr: { subject_request_id: 'dsr1', due_at, reference }, label: '' });
    const own = await hook(dsr('r'));
    await hook(dsr('other'));
    await hook({ account_id: 'acc_2' });
    for (const _time of [1, 2]) await emitEvent(db, event());
    const told = {
      ...{ controller_id: 'acc_1', expected_completion_time: due_at.toISOString(), status_callback_url: receiver.url },
      ...{ subject_request_id: 'dsr1', request_status: 'completed', results_count: 5 },
    };
    const callback = { message: `${own._id}-erasure.completed`, body: JSON.stringify(told) };
    expect(await all()).toEqual([drafted(one._id), drafted(own._id, callback)]);
    await deliveries().deleteMany({});
    await emitEvent(db, event({ type: 'erasure.failed', data: {} }));
    const [first, second] = await all();
    expect([first?.webhook, second?.webhook]).toEqual([one._id, failures._id]);
    expect(first).not.toHaveProperty('reference');
    await deliveries().deleteMany({});
    await emitEvent(db, event({ account: 'acc_3' }));
    expect(await all()).toEqual([]);
  });

  it('are called one by one', () => {
    const row = { _id: new ObjectId(), account_id: 'acc_1', generation: 2 };
    const delivery = row._id.toHexString();
    expect([DELIVERY_CALL.keyOf(row), DELIVERY_CALL.payloadOf(row), DELIVERY_CALL.factsOf(row)]).toEqual([
      ...[`delivery-${delivery}`, { account: 'acc_1', delivery }, { delivery }],
    ]);
  });

  const sent = async (webhook: string, more: Partial<DeliveryRow> = {}): Promise<DeliveryRow> => {
    serial += 1;
    const { _id: _, ...row } = drafted(webhook, { message: `m${serial}`, ...more });
    const whole = { _id: new ObjectId(), ...row } as unknown as DeliveryRow;
    await deliveries().insertOne(whole);
    return whole;
  };
  const finished = async (webhook: string, more: Partial<DeliveryRow> = {}) => {
    const { unfinished: _, ...row } = await sent(webhook, { state: 'delivered', finished_at: NOW, ...more });
    await deliveries().updateOne({ _id: row._id }, { $unset: { unfinished: '' } });
    return row as DeliveryRow;
  };
  const read = ({ _id }: DeliveryRow) => deliveries().findOne({ _id });

  it('are deleted, and what was still to be told is not', async () => {
    const { db } = platform.core;
    const [one, other] = [await hook(), await hook()];
    const [waiting, done] = [await sent(one._id, { lease: { owner: 'o', until: NOW } }), await finished(one._id)];
    const others = [await sent(other._id), await sent(one._id, { account_id: 'acc_2' })];
    expect(await deleteWebhook(db, 'acc_2', other._id, NOW)).toBe(false);
    expect(await deleteWebhook(db, 'acc_1', 'none', NOW)).toBe(false);
    expect(await deleteWebhook(db, 'acc_1', one._id, later(5))).toBe(true);
    expect(await hooks().distinct('_id')).toEqual([other._id]);
    const { unfinished: _, lease: __, ...row } = waiting;
    expect(await read(waiting)).toEqual({ ...row, state: 'cancelled', finished_at: later(5) });
    for (const kept of [done, ...others]) expect(await read(kept)).toEqual(kept);
  });

  it('are told again when somebody asks for it, for another day', async () => {
    const { db } = platform.core;
    const one = await hook();
    const attempts = [{ status: 500, at: NOW, ms: 1 }];
    const lease = { owner: 'o', until: NOW };
    const done = await finished(one._id, { tries: 1, attempts, state: 'given_up', lease });
    const again = (row: DeliveryRow, account = 'acc_1') => redeliver(db, account, row._id.toHexString(), later(DAY));
    const { finished_at: _, lease: __, ...row } = done;
    const expected = {
      ...{ ...row, state: 'waiting', unfinished: true, not_before: later(DAY), give_up_at: later(2 * DAY) },
      ...{ look_at: later(DAY), generation: 2 },
    };
    expect(await again(done, 'acc_2')).toBeNull();
    expect(await again(done)).toEqual(expected);
    expect(await read(done)).toEqual(expected);
    expect(await again(await finished('wh_gone'))).toBeNull();
    const foreign = await hook({ account_id: 'acc_2' });
    expect(await again(await finished(foreign._id))).toBeNull();
    expect([await redeliver(db, 'acc_1', 'x', NOW), await again({ ...done, _id: new ObjectId() })]).toEqual([
      null,
      null,
    ]);
  });

  it('leave the log after thirty days, and are due while they wait', async () => {
    const { db } = platform.core;
    const kept = await finished('wh', { finished_at: NOW });
    await finished('wh', { finished_at: later(-1) });
    expect(await isAnyDeliveryDue(db, NOW)).toBe(false);
    const waiting = await sent('wh', { look_at: later(-30 * DAY), not_before: later(5) });
    await sent('wh', { look_at: later(7) });
    await dropOldDeliveries(db, later(30 * DAY));
    expect(await deliveries().countDocuments()).toBe(3);
    expect(await read(kept)).toEqual(kept);
    expect([await isAnyDeliveryDue(db, later(4)), await isAnyDeliveryDue(db, later(5))]).toEqual([false, true]);
    await deliveries().deleteOne({ _id: waiting._id });
    expect([await isAnyDeliveryDue(db, later(6)), await isAnyDeliveryDue(db, later(7))]).toEqual([false, true]);
  });

  describe('are tried', () => {
    const lines: unknown[] = [];
    let clock = NOW;
    const note = (level: string) => (message: string, facts?: object) => void lines.push([level, message, facts]);
    const deps = (more: Partial<DeliverDependencies> = {}): DeliverDependencies => ({
      ...{ db: platform.core.db, seal: platform.core.seal, processor: null, now: () => clock, onGivenUp: () => {} },
      logger: { info: note('info'), warn: note('warn'), error: note('error') },
      rules: { allowed: listOf(['127.0.0.0/8']), timeoutMs: LIMITS.answerMs },
      times: { leaseMs: 60_000, renewBelowMs: 1, retryBaseMs: 1_000, longestPauseMs: 60_000 },
      ...more,
    });
    const run = (row: DeliveryRow, more: Partial<DeliverDependencies> = {}, signal = new AbortController().signal) =>
      deliver(deps(more), { account: row.account_id, delivery: row._id.toHexString() }, signal);
    beforeEach(() => {
      lines.length = 0;
      receiver.received.length = 0;
      receiver.answer(204);
      clock = NOW;
    });
    const factsOf = (row: DeliveryRow, tries: number) => ({
      ...{ delivery: row._id.toHexString(), webhook: row.webhook, type: 'erasure.completed', tries },
    });
    const over = ({ unfinished: _, lease: __, ...row }: DeliveryRow) => row;
    const leased = { look_at: later(60_000) };

    it('and are there: signed, once', async () => {
      const one = await hook();
      const row = await sent(one._id);
      await run(row);
      const attempt = { status: 204, at: NOW, ms: expect.any(Number) };
      const after = { ...over(row), ...leased, state: 'delivered', finished_at: NOW, tries: 1, attempts: [attempt] };
      expect(await read(row)).toEqual(after);
      expect(lines).toEqual([['info', 'webhook delivered', factsOf(row, 1)]]);
      const [told] = receiver.received;
      const timestamp = String(NOW.getTime() / 1_000);
      const mac = createHmac('sha256', 'secret').update(`${row.message}.${timestamp}.${row.body}`).digest('base64');
      expect(told?.body).toBe(row.body);
      expect(told?.headers).toMatchObject({
        ...{ 'content-type': 'application/json', 'user-agent': 'Lethe', 'webhook-id': row.message },
        ...{ 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac}` },
      });
      await run(row);
      expect(receiver.received).toHaveLength(1);
    });

    it.each<[status: number, delivered: boolean]>([
      [200, true],
      [299, true],
      [300, false],
      [500, false],
    ])('and %i is an answer: %s', async (status, delivered) => {
      receiver.answer(status);
      const row = await sent((await hook())._id, { tries: 1 });
      await run(row);
      const attempt = { status, at: NOW, ms: expect.any(Number) };
      const { lease: _, ...kept } = (await read(row)) as DeliveryRow;
      if (delivered) expect(kept).toMatchObject({ state: 'delivered', tries: 2, attempts: [attempt] });
      else {
        const again = later(2_000);
        expect(await read(row)).toEqual({ ...row, not_before: again, look_at: again, tries: 2, attempts: [attempt] });
        expect(lines).toEqual([['warn', 'webhook not delivered', { ...factsOf(row, 2), status, again }]]);
      }
    });

    it('until a day is over, and the log keeps the last attempts', async () => {
      receiver.answer(500);
      const attempts = Array.from({ length: 50 }, (_, ms) => ({ status: 500, at: NOW, ms }));
      const row = await sent((await hook())._id, { give_up_at: later(1_000), attempts });
      await run(row);
      const attempt = { status: 500, at: NOW, ms: expect.any(Number) };
      expect(await read(row)).toEqual({
        ...{ ...over(row), ...leased, state: 'given_up', finished_at: NOW, tries: 1 },
        attempts: [...attempts.slice(1), attempt],
      });
      expect(lines).toEqual([['error', 'webhook given up', factsOf(row, 1)]]);
      const soon = await sent((await hook())._id, { give_up_at: later(1_001) });
      await run(soon);
      expect(await read(soon)).toMatchObject({ state: 'waiting' });
    });

    it.each<[what: string, more: Partial<DeliveryRow>]>([
      ['held', { lease: { owner: 'o', until: later(1) } }],
      ['not due', { not_before: later(1) }],
      ['of another account', { account_id: 'acc_2' }],
    ])('unless they are %s', async (_what, more) => {
      const row = await sent((await hook())._id, more);
      await run({ ...row, account_id: 'acc_1' });
      expect([await read(row), receiver.received]).toEqual([row, []]);
    });

    it('and are cancelled when their webhook is gone', async () => {
      const foreign = await hook({ account_id: 'acc_2' });
      for (const webhook of ['wh_gone', foreign._id]) {
        const row = await sent(webhook);
        await run(row);
        expect(await read(row)).toEqual({ ...over(row), ...leased, state: 'cancelled', finished_at: NOW });
      }
    });

    it('and are due again at once when they were cut off', async () => {
      const row = await sent((await hook())._id);
      await run(row, {}, AbortSignal.abort());
      expect(await read(row)).toEqual(row);
      expect(lines).toEqual([]);
    });

    it('and wait for a key that is not at hand, or a signer', async () => {
      const [sealed, callback] = [
        await hook({ secret: 'gone.AAAA' }),
        await hook({ opendsr: { subject_request_id: 's', due_at: NOW } }),
      ];
      for (const [one, message] of [
        [sealed, 'the secret of a webhook cannot be opened'],
        [callback, 'callbacks cannot be signed: OPENDSR_* is not set here'],
      ] as const) {
        lines.length = 0;
        const row = await sent(one._id);
        await run(row);
        const attempt = { fault: 'unreachable', at: NOW, ms: expect.any(Number) };
        expect(await read(row)).toEqual({
          ...{ ...row, not_before: later(1_000), look_at: later(1_000), tries: 1, attempts: [attempt] },
        });
        expect(lines[0]).toEqual(['error', message, { webhook: one._id }]);
        const warned = { ...factsOf(row, 1), fault: 'unreachable', again: later(1_000) };
        expect(lines[1]).toEqual(['warn', 'webhook not delivered', warned]);
      }
      expect(receiver.received).toEqual([]);
    });

    it('as callbacks by their own signer, which are gone when they were told', async () => {
      const processor = { headersOf: (text: string) => ({ 'x-signed': String(text.length) }) };
      const signer = { processor: processor as unknown as DeliverDependencies['processor'] };
      const opendsr = { subject_request_id: 's', due_at: NOW };
      const [one, other, plain] = [await hook({ opendsr }), await hook({ opendsr }), await hook()];
      receiver.answer(500);
      const row = await sent(one._id);
      await run(row, signer);
      expect(await hooks().countDocuments()).toBe(3);
      receiver.answer(204);
      clock = later(DAY / 2);
      await run(row, signer);
      expect(receiver.received[1]?.headers).toMatchObject({
        ...{ 'content-type': 'application/json', 'x-signed': String(row.body.length) },
      });
      expect(receiver.received[1]?.headers).not.toHaveProperty('webhook-signature');
      await run(await sent(plain._id), signer);
      expect((await hooks().distinct('_id')).sort()).toEqual([other._id, plain._id].sort());
    });
  });

  describe('have news', () => {
    const draft = requestDrafts({ now: NOW, deadlineMs: DAY });
    const request = async (more: Partial<ErasureRequest> = {}): Promise<ErasureRequest> => {
      const row = draft(more);
      await requestsOf(platform.core.db).insertOne(row);
      return row;
    };
    const stored = ({ _id }: ErasureRequest) => requestsOf(platform.core.db).findOne({ _id });

    it('noted where somebody listens', async () => {
      await hook();
      const note = createNews(platform.core.db);
      const item = { type: 'erasure.completed', at: NOW } as const;
      const [heard, unheard, again] = await Promise.all(['acc_1', 'acc_2', 'acc_1'].map((one) => note(one, item)));
      const id = expect.stringMatching(/^msg_[A-Za-z0-9]{24}$/);
      expect([heard, unheard, again]).toEqual([
        { $push: { news: { id, ...item } } },
        {},
        { $push: { news: { id, ...item } } },
      ]);
      expect(heard?.$push?.news.id).not.toBe(again?.$push?.news.id);
    });

    it('noted with what ends a request, or is its first failure', async () => {
      const written: LedgerUpdate[] = [];
      const ledger = {
        end: async (_guard: unknown, update: LedgerUpdate) => written.push(update) > 0,
        release: async (_guard: unknown, update: LedgerUpdate) => written.push(update) > 0,
      } as unknown as LedgerWrites;
      const news = withNews(ledger, async (account, item) =>
        account === 'acc_1' ? { $push: { news: { id: 'm', ...item } } } : {},
      );
      const guard = (account_id = 'acc_1') => ({ account_id }) as Parameters<LedgerWrites['end']>[0];
      const failure = { name: 'refused' as const, at: NOW };
      const completed = { $set: { completed_at: NOW }, $unset: { lease: '' } } as LedgerUpdate;
      const begins = {
        $set: { failure, failing_since: NOW },
        $push: { attempts: { $each: [failure] } },
      } as LedgerUpdate;
      const again = { $set: { failure, failing_since: later(-1) } } as LedgerUpdate;
      const plain = { $set: { state: 'waiting' } } as LedgerUpdate;
      await news.end(guard(), completed, null);
      await news.end(guard('acc_2'), completed, null);
      await news.end(guard(), plain, null);
      await news.release(guard(), begins);
      await news.release(guard('acc_2'), begins);
      await news.release(guard(), again);
      await news.release(guard(), plain);
      await news.release(guard(), { $unset: { lease: '' } });
      expect(written).toEqual([
        { ...completed, $push: { news: { id: 'm', type: 'erasure.completed', at: NOW } } },
        ...[completed, plain],
        { ...begins, $push: { ...begins.$push, news: { id: 'm', type: 'erasure.failed', at: NOW } } },
        ...[begins, again, plain, { $unset: { lease: '' } }],
      ]);
    });

    it('published once, with what they are about', async () => {
      await hook();
      const at = later(9);
      const failure = { name: 'refused' as const, where: 'a.b', at: NOW };
      const done = await request({
        ...{ completed_at: at, erased: { calls: 2 }, failure, news: [{ id: 'm1', type: 'erasure.completed', at }] },
      });
      const soon = await request({ news: [{ id: 'm2', type: 'erasure.due_soon', at, hours: 0 }] });
      const bare = { name: 'unexpected' as const, at: NOW };
      const failed = await request({ failure: bare, news: [{ id: 'm3', type: 'erasure.failed', at }] });
      const overdue = await request({ failure, news: [{ id: 'm4', type: 'erasure.overdue', at }] });
      const silent = await request();
      await Promise.all([publishNews(platform.core.db), publishNews(platform.core.db)]);
      const messages = await deliveries().find().sort({ message: 1 }).toArray();
      const about = ({ reference }: ErasureRequest, more: object = {}) => ({
        ...{ reference, account: 'acc_1', profile: 'forget', accepted_at: NOW.toISOString() },
        ...{ due_at: later(DAY).toISOString(), ...more },
      });
      expect(messages.map(({ message, body: text }) => [message, JSON.parse(text)])).toEqual([
        [
          'm1',
          {
            type: 'erasure.completed',
            timestamp: at.toISOString(),
            data: about(done, { completed_at: at.toISOString(), erased: { calls: 2 } }),
          },
        ],
        ['m2', { type: 'erasure.due_soon', timestamp: at.toISOString(), data: about(soon, { hours: 0 }) }],
        [
          'm3',
          {
            type: 'erasure.failed',
            timestamp: at.toISOString(),
            data: about(failed, { failure: { name: 'unexpected' } }),
          },
        ],
        [
          'm4',
          {
            type: 'erasure.overdue',
            timestamp: at.toISOString(),
            data: about(overdue, { failure: { name: 'refused', where: 'a.b' } }),
          },
        ],
      ]);
      for (const one of [done, soon, failed, overdue]) {
        const { news: _, ...row } = one;
        expect(await stored(one)).toEqual(row);
      }
      expect(await stored(silent)).toEqual(silent);
    });
  });

  describe('of OpenDSR', () => {
    const row = (more: object = {}) => ({
      ...{
        account_id: 'acc_1',
        subject_request_id: 'dsr1',
        reference: 'r',
        received_at: NOW,
        due_at: later(DAY),
        ...more,
      },
    });

    it('stand with the request they are of, which is there once an account', async () => {
      const { db } = platform.core;
      const added = await addSubjectRequest(db, row(), ['https://a.example.org', 'https://b.example.org']);
      expect(added).toEqual({ _id: 'acc_1 dsr1', ...row() });
      expect(await addSubjectRequest(db, row({ reference: 'other' }), [])).toEqual(added);
      expect(await findSubjectRequest(db, 'acc_1', 'dsr1')).toEqual(added);
      expect(await findSubjectRequest(db, 'acc_2', 'dsr1')).toBeNull();
      await addSubjectRequest(db, { ...row({ account_id: 'acc_2' }), reference: undefined as never }, [
        'https://c.example.org',
      ]);
      const shared = { label: '', created_at: NOW, events: ['erasure.completed', 'erasure.cancelled'] };
      const callback = (account_id: string, url: string, more: object) => ({
        ...{ _id: expect.stringMatching(/^cb_[A-Za-z0-9]{15}$/), account_id, url, ...shared },
        opendsr: { subject_request_id: 'dsr1', due_at: later(DAY), ...more },
      });
      expect(await hooks().find().sort({ url: 1 }).toArray()).toEqual([
        callback('acc_1', 'https://a.example.org', { reference: 'r' }),
        callback('acc_1', 'https://b.example.org', { reference: 'r' }),
        callback('acc_2', 'https://c.example.org', {}),
      ]);
    });

    it.each<[state: ErasureRequest['state'], status: string]>([
      ['accepted', 'pending'],
      ['scanning', 'in_progress'],
      ['failed', 'in_progress'],
      ['completed', 'completed'],
      ['cancelled', 'cancelled'],
    ])('say how it stands: %s is %s', async (state, status) => {
      const { db } = platform.core;
      const draft = draftRequest({
        ...{ account_id: 'acc_1', profile: 'forget', selector: { by: 'number' }, token: 't', requested_by: 'k' },
        ...{ keep_suppression: true, now: NOW, graceMs: 0, deadlineMs: DAY },
      });
      await requestsOf(db).insertOne({ ...draft, state, erased: { a: 2, b: 3 } });
      const subject = { _id: 'x', ...row({ reference: draft.reference }) };
      expect(await statusOf(db, subject)).toEqual({ status, count: 5 });
      for (const none of [{ reference: 'gone' }, { account_id: 'acc_2' }])
        expect(await statusOf(db, { ...subject, ...none })).toEqual({ status: 'completed', count: 0 });
      const { reference: _, ...bare } = subject;
      expect(await statusOf(db, bare)).toEqual({ status: 'completed', count: 0 });
    });

    it('are told of its end alone', async () => {
      const { db } = platform.core;
      const opendsr = { subject_request_id: 'dsr1', due_at: later(DAY), reference: 'r' };
      const own = await hook({ opendsr });
      await hook({ opendsr: { ...opendsr, subject_request_id: 'dsr2' } });
      await hook({ opendsr, account_id: 'acc_2' });
      await hook();
      const subject = { _id: 'acc_1 dsr1', ...row() };
      for (const _time of [1, 2]) await tellEnd(db, subject, 'cancelled', later(3));
      const [told, ...rest] = await all();
      expect(rest).toEqual([]);
      const { body: text, ...delivery } = told as DeliveryRow;
      const { body: _, ...expected } = drafted(own._id, {
        ...{ type: 'erasure.cancelled', message: `${own._id}-erasure.cancelled`, created_at: later(3) },
        ...{ not_before: later(3), look_at: later(3), give_up_at: later(DAY + 3) },
      }) as Record<string, unknown>;
      expect(delivery).toEqual(expected);
      expect(JSON.parse(text)).toMatchObject({
        request_status: 'cancelled',
        results_count: 0,
        subject_request_id: 'dsr1',
      });
      const { reference: __, ...bare } = subject;
      await tellEnd(db, bare, 'completed', NOW);
      expect((await deliveries().findOne({ type: 'erasure.completed' }))?.reference).toBeUndefined();
    });
  });
});
