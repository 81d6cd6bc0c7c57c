import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { requestsOf } from '../../../src/ledger/requests/ledger.ts';
import { FIGURES } from '../../../src/ledger/requests/month-figures.ts';
import { countDue } from '../../../src/ledger/requests/relay.ts';
import { createRequestSearch } from '../../../src/ledger/requests/status.ts';
import { type CompletedSums, createCompletedSums, ERASE_SECONDS } from '../../../src/ops/completed-sums.ts';
import { createLedgerFigures } from '../../../src/ops/ledger-figures.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { requestDrafts } from '../../support/request-rows.ts';

const FINISHED = 20_000;
const ACCOUNT = 'acc_000000000001';
const DAY = new Date('2026-03-03T00:00:00Z').getTime();

/** What is asked of the ledger must be found by an index, however much has been finished. */
describe('a ledger that has grown', () => {
  let platform: Platform;
  let client: mongoose.mongo.MongoClient;
  let db: mongoose.mongo.Db;
  const commands: mongoose.mongo.Document[] = [];

  beforeAll(async () => {
    platform = await openPlatform('growth');
    client = new mongoose.mongo.MongoClient(platform.config.MONGODB_URI, { monitorCommands: true });
    client.on('commandStarted', ({ command }) => commands.push(command));
    db = client.db(platform.config.MONGODB_DATABASE);
    const draft = requestDrafts({ now: new Date(DAY), deadlineMs: 86_400_000, account_id: ACCOUNT });
    const rows = Array.from({ length: FINISHED }, (_, index) => {
      const at = new Date(DAY + index * 1_000);
      const isFinished = index % 2_000 !== 0;
      const { unfinished, ...row } = draft({}, { now: at });
      return {
        ...row,
        erased: { sent_sms: 2, calls: index % 2 },
        ...(index % 4_000 === 1 && { causes: { refused: 2 } }),
        ...(index % 4_000 === 0 && { causes: { unexpected: 1 } }),
        ...(isFinished
          ? {
              ...{ state: 'completed' as const, completed_at: new Date(at.getTime() + 5_000) },
              ...(index % 5_000 === 3 && { overdue: true as const }),
            }
          : { unfinished }),
      };
    });
    for (let from = 0; from < rows.length; from += 5_000)
      await requestsOf(db).insertMany(rows.slice(from, from + 5_000) as never);
  });
  afterAll(async () => {
    await client?.close();
    await platform?.close();
  });

  /** The commands of some work, and the plan of each. */
  const plansOf = async (work: () => Promise<unknown>): Promise<{ command: string; plan: string }[]> => {
    commands.length = 0;
    await work();
    const asked = commands.filter((one) => ['lethe_requests'].includes(String(one.find ?? one.aggregate ?? one.count)));
    return Promise.all(
      asked.map(async ({ lsid: _session, $db: _db, txnNumber: _txn, ...command }) => ({
        command: JSON.stringify(command),
        plan: JSON.stringify(await db.command({ explain: command })),
      })),
    );
  };
  const expectIndexed = (plans: { command: string; plan: string }[], least: number) => {
    expect(plans.length).toBeGreaterThanOrEqual(least);
    for (const { command, plan } of plans) {
      const indexes = [...plan.matchAll(/"Index Name":"([^"]*)"/g)].map(([, name]) => name);
      // The engine calls reading all rows a scan of its index of `_id`.
      const found = indexes.length > 0 && !indexes.includes('_id_') ? 'by index' : indexes;
      expect({ command, found }).toEqual({ command, found: 'by index' });
    }
  };
  const now = new Date(DAY + 10 * 86_400_000);

  it('the figures for Prometheus', async () => {
    const figures = createLedgerFigures(db);
    expectIndexed(await plansOf(() => figures(now)), 4);
    const { byState, erased, overdue, deadlines, failures, retention, times } = await figures(now);
    expect(deadlines).toEqual({ on_track: 0, due_soon: 0, overdue: 10, met: 19_986, missed: 4 });
    expect({ failures, retention }).toEqual({ failures: { refused: 10, unexpected: 5 }, retention: {} });
    expect(times).toEqual({
      forget: { count: 19_990, sum: 99_950, within: [0, ...Array(ERASE_SECONDS.length - 1).fill(19_990)] },
    });
    expect({ completed: byState.completed, accepted: byState.accepted, overdue, erased }).toEqual({
      completed: 19_990,
      accepted: 10,
      overdue: 10,
      erased: { sent_sms: 39_980, calls: 10_000 },
    });
  });

  it('what was summed up once is not read again, by no process', async () => {
    commands.length = 0;
    await createLedgerFigures(db)(new Date(now.getTime() + 60_000));
    const from = commands.flatMap((one) => JSON.stringify(one).match(/"completed_at":\{"\$gte":"([^"]+)"/)?.[1] ?? []);
    expect(from.length).toBeGreaterThan(0);
    for (const moment of from) expect(new Date(moment).getTime()).toBeGreaterThan(DAY + 9 * 86_400_000);
  });

  it('sums of an earlier version, which had no missed deadlines, are gone on from', async () => {
    const later = new Date(now.getTime() + 90_000);
    const { missed, ...sums } = (await createCompletedSums(db)(later)) as CompletedSums & { _id?: unknown };
    const rows = db.collection<{ _id: string }>(FIGURES);
    await rows.deleteMany({});
    // More than the ledger has: what was dropped since is in them.
    await rows.insertOne({ ...sums, _id: 'completed-2', up_to: now, completed: 30_000 } as never);
    commands.length = 0;
    for (const _time of ['brought over', 'read again'])
      expect(await createCompletedSums(db)(later)).toMatchObject({ completed: 30_000, missed, erased: sums.erased });
    expect(missed).toBe(4);
    expect(commands.filter((one) => JSON.stringify(one).includes('"overdue":true')).length).toBe(1);
  });

  it('a process whose clock is far ahead leaves what is completed later to be counted', async () => {
    const ahead = Date.now() + 5 * 3_600_000;
    const { completed } = await createCompletedSums(db)(new Date(ahead));
    const [row] = await requestsOf(db)
      .find({ completed_at: { $exists: true } })
      .limit(1)
      .toArray();
    const { _id, ...more } = { ...row, reference: 'r'.padEnd(15, 'z'), token: 'z', completed_at: new Date() };
    const { insertedId } = await requestsOf(db).insertOne(more as never);
    expect((await createCompletedSums(db)(new Date())).completed).toBe(completed + 1);
    expect((await createCompletedSums(db)(new Date(ahead))).completed).toBe(completed + 1);
    await requestsOf(db).deleteOne({ _id: insertedId });
  });

  it('askers side by side share one reading, and those a moment later its result', async () => {
    const figures = createLedgerFigures(db);
    const later = new Date(now.getTime() + 120_000);
    const alone = (await plansOf(() => createLedgerFigures(db)(later))).length;
    expect((await plansOf(() => Promise.all([1, 2, 3, 4].map(() => figures(later))))).length).toBe(alone);
    expect((await plansOf(() => figures(new Date(later.getTime() + 1_000)))).length).toBe(0);
    expect((await plansOf(() => figures(new Date(later.getTime() + 60_000)))).length).toBe(alone);
  });

  it('what a drain asks four times a second', async () => {
    expectIndexed(await plansOf(() => countDue(db, now)), 1);
    expect(await countDue(db, now)).toBe(10);
  });

  describe('the status of a busy day', () => {
    const query = {
      account: { _id: ACCOUNT } as never,
      profile: 'forget' as const,
      window: { from: new Date(DAY), to: new Date(DAY + 86_400_000) },
      limit: 25,
      skip: 0,
    };
    const counts = () => commands.filter((one) => JSON.stringify(one).includes('"$sum":1'));

    it('is found by an index, and counted once', async () => {
      const find = createRequestSearch(db);
      expectIndexed(await plansOf(() => find(query, now)), 2);
      commands.length = 0;
      const { requests, total } = await find({ ...query, skip: 50 }, new Date(now.getTime() + 1_000));
      expect([requests.length, total]).toEqual([25, FINISHED]);
      expect(counts()).toEqual([]);
    });

    it('is looked for in the last part of the day first, wherever in the day the requests lie', async () => {
      const find = createRequestSearch(db);
      const whole = await find(query, now);
      const cases = [
        { to: DAY + FINISHED * 1_000, found: [true] },
        { to: DAY + 86_400_000, found: [true, true, true, false] },
      ];
      for (const { to, found } of cases) {
        const of = { ...query, window: { from: new Date(DAY), to: new Date(to) } };
        await find(of, now);
        commands.length = 0;
        expect((await find(of, now)).requests).toEqual(whole.requests);
        const finds = commands.filter((one) => one.find === 'lethe_requests').map(({ filter }) => filter.created_at);
        expect(finds.map(({ $gte: from }) => from.getTime() > DAY)).toEqual(found);
      }
    });

    it('tells at once of a request that came since, while the day lasts and after', async () => {
      const find = createRequestSearch(db);
      const late = DAY + FINISHED * 1_000;
      const today = new Date(late);
      expect((await find(query, today)).total).toBe(FINISHED);
      const [row] = await requestsOf(db).find({ account_id: ACCOUNT }).limit(1).toArray();
      const { _id, ...more } = {
        ...row,
        reference: 'r'.padEnd(15, 'y'),
        token: 'y',
        created_at: new Date(late - 10_000),
      };
      await requestsOf(db).insertOne(more as never);
      expect((await find(query, new Date(late + 1_000))).total).toBe(FINISHED + 1);
      expect((await find(query, new Date(late + 600_000))).total).toBe(FINISHED + 1);
      expect((await find(query, now)).total).toBe(FINISHED + 1);
    });

    it('is not counted where the page says how many there are', async () => {
      const find = createRequestSearch(db);
      for (const [skip, limit, total] of [
        [FINISHED - 4, 25, FINISHED + 1],
        [FINISHED + 1_000, 25, FINISHED + 1],
      ] as const)
        expect((await find({ ...query, skip, limit }, now)).total).toBe(total);
      commands.length = 0;
      const first = await find({ ...query, window: { from: new Date(DAY), to: new Date(DAY + 3_000) } }, now);
      expect(first.total).toBe(3);
      expect(counts()).toEqual([]);
    });
  });
});
