import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ErasureFailure } from '../../../../src/base/errors.ts';
import type { Logger } from '../../../../src/base/log.ts';
import { eraseRequest } from '../../../../src/ledger/requests/erase.ts';
import { type ErasureRequest, REQUEST_CALL, requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import { draftRequest } from '../../../../src/ledger/requests/open-request.ts';
import { relayRequests } from '../../../../src/ledger/requests/relay.ts';
import { createNews } from '../../../../src/ledger/webhooks/news.ts';
import { jobIdOf } from '../../../../src/ledger/work/call.ts';
import { unfinishedRows } from '../../../../src/ledger/work/relay.ts';
import { createJobDependencies } from '../../../../workers/jobs/dependencies.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { openProducer } from '../../../support/producer.ts';

const NOW = new Date('2026-03-01T10:00:00Z');
const later = (ms: number) => new Date(NOW.getTime() + ms);

describe('requests without a worker', () => {
  let platform: Platform;
  let opened: ReturnType<typeof openProducer>;
  const messages: string[] = [];
  const keep = (message: string) => void messages.push(message);
  const logger: Logger = { error: keep, warn: keep, info: keep, debug: keep, child: () => logger };
  beforeAll(async () => {
    platform = await openPlatform('relay', { RETRY_BASE_MS: '1000' });
    opened = openProducer(platform);
  });
  beforeEach(() => requestsOf(platform.core.db).deleteMany({}));
  afterAll(async () => {
    await opened?.close();
    await platform?.close();
  });

  let made = 0;
  const add = async (account = 'acc_AAAAAAAAAAAA', rest: Partial<ErasureRequest> = {}): Promise<ErasureRequest> => {
    made += 1;
    const request = {
      ...draftRequest({
        ...{ account_id: account, profile: 'forget', selector: { by: 'number' }, token: `t${made}` },
        ...{ requested_by: 'k', keep_suppression: true, now: NOW, graceMs: 0, deadlineMs: 60_000 },
      }),
      ...rest,
    };
    await requestsOf(platform.core.db).insertOne(request);
    return request;
  };
  const read = async ({ _id }: ErasureRequest) => {
    const row = await requestsOf(platform.core.db).findOne({ _id });
    if (!row) throw new Error('the request is gone');
    return row;
  };
  const relay = (now: Date) =>
    relayRequests(
      {
        ...{ db: platform.core.db, producer: opened.producer, logger, times: platform.core.times, now: () => now },
        note: createNews(platform.core.db),
      },
      now,
    );

  it('a lost job is added under the next generation, and one that is alive is left alone', async () => {
    const { graceMs } = platform.core.times;
    const request = await add();
    expect(await relay(NOW)).toBe(1);
    const queued = await read(request);
    expect(queued).toMatchObject({ generation: request.generation + 1, look_at: later(graceMs) });
    expect(await opened.producer.isAlive('erase', jobIdOf(REQUEST_CALL, queued))).toBe(true);
    expect(await relay(later(graceMs))).toBe(0);
    expect(await read(request)).toMatchObject({ generation: queued.generation, look_at: later(2 * graceMs) });
  });

  it('a row that somebody has changed since it was read is not moved', async () => {
    const request = await add();
    const rows = unfinishedRows(requestsOf(platform.core.db), ['reference']);
    const [known] = await rows.due(NOW, 1);
    if (!known) throw new Error('nothing is due');
    await requestsOf(platform.core.db).updateOne({ _id: request._id }, { $set: { look_at: later(5_000) } });
    expect(await rows.moveOn(known, later(9_000), false)).toBe(false);
    expect(await read(request)).toMatchObject({ generation: request.generation, look_at: later(5_000) });
  });

  it('an overdue request is told of once', async () => {
    await add('acc_AAAAAAAAAAAA', { look_at: later(3_600_000) });
    messages.length = 0;
    for (const minute of [1, 2, 3]) await relay(later(minute * 60_001));
    expect(messages.filter((message) => message === 'request is overdue')).toHaveLength(1);
  });

  it('each failure is counted, by its cause, too, and doubles the pause', async () => {
    const { account } = await platform.account();
    const request = await add(account._id);
    let now = NOW;
    const { erase } = createJobDependencies(platform.core, opened.producer, logger, () => now);
    const failing = {
      ...erase,
      bind: () => {
        throw new ErasureFailure('refused', 'sent_sms.to');
      },
    };
    const key = { account: account._id, reference: request.reference };
    for (const [failures, pause] of [
      [1, 1_000],
      [2, 2_000],
      [3, 4_000],
    ] as const) {
      const at = new Date(now.getTime() + pause);
      expect(await eraseRequest(failing, key, new AbortController().signal)).toEqual({ outcome: 'later', at });
      expect(await read(request)).toMatchObject({
        state: 'failed',
        failures,
        causes: { refused: failures },
        not_before: at,
      });
      now = at;
    }
  });
});
