import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Logger } from '../../../../src/base/log.ts';
import { deadlineStateOf } from '../../../../src/ledger/requests/deadline.ts';
import type { ErasureRequest } from '../../../../src/ledger/requests/ledger.ts';
import { forget, untilCompleted, untilRequest } from '../../../support/forget.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { waitFor } from '../../../support/wait-for.ts';
import { call } from '../../../support/wire.ts';

const NUMBER = '447700900361';
const HOUR = 3_600_000;

interface Line {
  readonly message: string;
  readonly reference?: string;
  readonly hours?: number;
}

describe('deadlines', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await openPlatform('deadlines', { RATE_LIMIT_PER_SECOND: '0' });
  });
  afterAll(() => platform?.close());

  it('a day in a second: each alarm once, whoever looks, and the status says since when, why and what would help', async () => {
    let ahead = 0;
    const now = () => new Date(Date.now() + ahead);
    const lines: Line[] = [];
    const keep = (message: string, facts: object = {}) => void lines.push({ ...facts, message });
    const logger: Logger = { error: keep, warn: keep, info: () => {}, debug: () => {}, child: () => logger };
    const { account, key } = await platform.account();
    const { db } = platform.core;
    await db.collection<{ _id: string }>('calls').insertOne({ _id: NUMBER, account_id: account.records_id } as never);
    await db.collection('sent_sms').insertOne({ account_id: account.records_id, to: NUMBER });
    const { url } = await platform.startApi({}, now);
    await Promise.all([1, 2].map(() => platform.startWorker({}, { now, logger })));
    const reference = await forget(url, key, { number: NUMBER });
    const failed = (is: (request: ErasureRequest) => boolean) =>
      untilRequest(platform, reference, 'a failure', (request) => request.state === 'failed' && is(request));
    const status = async () => (await call(url, `/gdpr/status?reference=${reference}`, { key })).body;
    const alarms = () =>
      lines
        .filter((line) => line.reference === reference && / is (due soon|overdue)$/.test(line.message))
        .map(({ message, hours }) => (hours === undefined ? message : `${message}: ${hours}`));

    const first = await failed(() => true);
    const since = Math.floor((first.failing_since?.getTime() ?? 0) / 1000);
    await failed(({ failures }) => failures > 1);
    expect(await status()).toMatchObject({
      error: { code: 78 },
      deadline: 'on_track',
      failing: {
        since,
        why: expect.stringContaining('_id of a record'),
        where: 'calls._id',
        help: expect.stringContaining('Remove the record'),
        next_attempt_at: expect.any(Number),
      },
    });
    expect(alarms()).toEqual([]);

    const steps: [hours: number, alarms: string[], deadline: string][] = [
      [20.5, ['request is due soon: 4'], 'due_soon'],
      [23.5, ['request is due soon: 4', 'request is due soon: 1'], 'due_soon'],
      [25, ['request is due soon: 4', 'request is due soon: 1', 'request is overdue'], 'overdue'],
    ];
    for (const [hours, expected, deadline] of steps) {
      ahead = hours * HOUR;
      await waitFor(`alarms ${hours} hours on`, () => alarms().length >= expected.length);
      const { failures } = await failed(() => true);
      // Another round, and another attempt: nothing is told twice.
      await failed((request) => request.failures > failures);
      expect(alarms()).toEqual(expected);
      expect(await status()).toMatchObject({ deadline, failing: { since } });
    }

    await db.collection('calls').deleteMany({});
    const late = await untilCompleted(platform, reference);
    expect(late).toMatchObject({ overdue: true, alarmed: 1 });
    expect(late).not.toHaveProperty('failing_since');
    expect(await status()).toMatchObject({ deadline: 'missed' });
    const figures = (await call(url, '/metrics')).text;
    for (const line of ['{deadline="missed"} 1', '{deadline="overdue"} 0', '{deadline="met"} 0'])
      expect(figures).toContain(`lethe_requests_by_deadline${line}`);
  });

  it.each([
    ['on_track', 5 * HOUR, undefined],
    ['due_soon', 4 * HOUR - 1, undefined],
    ['overdue', -1, undefined],
    ['met', -HOUR, -HOUR],
    ['missed', -HOUR, 0],
  ])('%s', (state, due, completed) => {
    const now = new Date('2026-03-01T00:00:00Z');
    const at = (ms: number) => new Date(now.getTime() + ms);
    const request = { due_at: at(due), ...(completed !== undefined && { completed_at: at(completed) }) };
    expect(deadlineStateOf(request, now, 4 * HOUR)).toBe(state);
  });
});
