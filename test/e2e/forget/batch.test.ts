import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOf, forgetBatch } from '../../../src/contracts/forget/batch.ts';
import { type BatchRow, batchesOf } from '../../../src/contracts/forget/batch-rows.ts';
import type { Account } from '../../../src/ledger/accounts/accounts.ts';
import { requestsOf } from '../../../src/ledger/requests/ledger.ts';
import { runCli } from '../../support/cli.ts';
import { expectStatus } from '../../support/expect-status.ts';
import { untilCompleted } from '../../support/forget.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { type Answer, call } from '../../support/wire.ts';

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, index) => String(from + index));

describe('many numbers at once', () => {
  let platform: Platform;
  let url: string;
  let key: string;
  let account: Account;
  beforeAll(async () => {
    platform = await openPlatform('batch', { RATE_LIMIT_PER_SECOND: '0' });
    ({ url } = await platform.startApi());
    ({ key, account } = await platform.account());
  });
  afterAll(() => platform?.close());

  const hold = (held: readonly string[]) =>
    platform.core.db
      .collection('sent_sms')
      .insertMany(held.map((to) => ({ account_id: account.records_id, to, body: 'x' })));
  const send = (body: object, as = key): Promise<Answer> => call(url, '/gdpr/forget/batch', { key: as, body });
  const itemsOf = (answer: Answer) => answer.body.items as { state: string; reference?: string; error?: object }[];

  it('are answered line by line, suppressed by then, and erased', async () => {
    const [one, two, none] = numbers(447700900340, 3) as [string, string, string];
    await hold([one, two]);
    const list = [one, Number(two), one, none, '4477', 'x', { $ne: 1 }, '2015550100'];
    const answer = await send({ numbers: list });
    expectStatus(answer, 200);
    expect(answer.body).toMatchObject({
      state: 'done',
      lines: 8,
      done: 8,
      accepted: 3,
      refused: 5,
      digest: digestOf(list),
    });
    const [first, second, again, unknown, short, text, object, foreign] = itemsOf(answer);
    expect(again?.reference).toBe(first?.reference);
    expect(second?.reference).toMatch(/^[A-Za-z0-9]{15}$/);
    expect(unknown).toEqual({ line: 4, state: 'refused', error: { code: 76, msg: 'Cannot use this number' } });
    for (const refused of [short, text, object, foreign])
      expect(refused).toMatchObject({ state: 'refused', error: { code: 400, msg: expect.stringMatching(/^number /) } });
    for (const number of [one, two])
      expect((await call(url, '/blacklist/check', { key, body: { number } })).body).toEqual({ blacklisted: true });

    const worker = await platform.startWorker();
    for (const reference of [first?.reference, second?.reference]) await untilCompleted(platform, String(reference));
    await worker.stop();
    // The same list again: the same answer, though nothing is on record any more.
    expect((await send({ numbers: list })).body).toEqual(answer.body);
    expect((await send({ numbers: list, blacklist: true })).body.batch).not.toBe(answer.body.batch);

    const { digest: _, ...kept } = answer.body;
    expect((await call(url, `/gdpr/forget/batch/${answer.body.batch}`, { key })).body).toEqual(kept);
    const other = await platform.account({ name: 'Other', recordsId: 'other' });
    expectStatus(await call(url, `/gdpr/forget/batch/${answer.body.batch}`, { key: other.key }), 404);
    const row = await batchesOf(platform.core.db).findOne({ _id: String(answer.body.batch) });
    expect(JSON.stringify(row)).not.toContain('7700900');
  });

  it('go on where a call, or a process that was killed, left them', async () => {
    const list = numbers(447700900400, 70);
    await hold(list);
    const { core, logger } = platform;
    const deps = {
      accept: { ...core, deadlineMs: core.times.deadlineMs, graceMs: core.times.graceMs },
      ...{ prefixes: ['44'], logger, now: () => new Date() },
    };
    const run = (until: () => boolean): Promise<BatchRow> =>
      forgetBatch(deps, { account, actor: 'test', numbers: list, unsuppress: false }, until);
    let looks = 0;
    const part = await run(() => looks++ > 0);
    expect(part.items).toHaveLength(64);
    const whole = await run(() => false);
    expect([whole._id, whole.items.length, whole.items.slice(0, 64)]).toEqual([part._id, 70, part.items]);

    // Accepted and completed before it was written down.
    await requestsOf(core.db).updateMany({ batch: whole._id }, { $unset: { unfinished: '' } });
    await core.db.collection('sent_sms').deleteMany({});
    await batchesOf(core.db).updateOne({ _id: whole._id }, { $set: { items: whole.items.slice(0, 60) } });
    expect((await run(() => false)).items).toEqual(whole.items);

    // Side by side they are one.
    await Promise.all([run(() => false), send({ numbers: list })]);
    expect(await requestsOf(core.db).countDocuments({ batch: whole._id })).toBe(70);
    // After a day the list is a new one.
    await batchesOf(core.db).updateOne({ _id: whole._id }, { $set: { created_at: new Date(0) } });
    expect((await run(() => true))._id).not.toBe(whole._id);
  });

  it('are refused as a whole when they are too many, none, or something else', async () => {
    for (const body of [{ numbers: [] }, { numbers: '447700900340' }, {}, { numbers: ['447700900340'], sandbox: true }])
      expectStatus(await send(body), 400);
    expect((await send({ numbers: numbers(447700900000, 10_001) })).body).toEqual({
      error: { code: 400, msg: 'numbers may have 10000 numbers at most' },
    });
    const large = await send({ numbers: ['4'.repeat(520_000)] });
    expect([large.status, large.body.error]).toEqual([413, { code: 413, msg: 'The body is larger than 512 kB' }]);
  });

  it('are read from a file by lethe forget', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lethe-batch-'));
    const file = join(folder, 'numbers.csv');
    const [one = '', two = ''] = numbers(447700900350, 2);
    await hold([one, two]);
    writeFileSync(file, `name,number\r\n"Jo",+44 7700 900350\r\nSam,"00${two}"\r\nNo,12\r\n`);
    const { code, out, err } = await runCli(['forget', '--account', account._id, '--file', file], platform.env);
    rmSync(folder, { recursive: true });
    expect(code).toBe(0);
    expect(out).toEqual([
      'line,state,reference,error',
      expect.stringMatching(/^1,accepted,[A-Za-z0-9]{15},$/),
      expect.stringMatching(/^2,accepted,[A-Za-z0-9]{15},$/),
      expect.stringMatching(/^3,refused,,number must begin/),
    ]);
    expect(err.at(-1)).toMatch(/2 accepted, 1 refused/);
    expect(await requestsOf(platform.core.db).countDocuments({ unfinished: true, requested_by: 'cli' })).toBe(2);
  });
});
