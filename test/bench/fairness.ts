import { setTimeout as pause } from 'node:timers/promises';
import { openReport, REPORT_CALL } from '../../src/contracts/access/reports/ledger.ts';
import { requestsOf } from '../../src/ledger/requests/ledger.ts';
import type { PhoneNumber } from '../../src/phone/number.ts';
import { insertRecords } from '../support/records.ts';
import { startLethe } from './children.ts';
import { compare, type Measurement, timed } from './measurement.ts';
import { dramaNumber, sideBySide, type World } from './world.ts';

/** Requests and reports of another account that are open when somebody asks. */
const OPEN_REQUESTS = 1_000;
const OPEN_REPORTS = 100;
/** Records that each of the reports is about, beside those that are being erased. */
const REPORTED = 5_000;
/** Records of each person of the busy account. */
const FEW = { contacts: 1, sent: 4, received: 2 } as const;
/** Records of each person of the account that asks. */
const RECORDS = { contacts: 1, lists: 1, sent: 10, received: 6, calls: 2 } as const;
const ASKED = 9;
const LOOK_MS = 20;

type Caller = Awaited<ReturnType<World['account']>>;

/**
 * How long the requests of one account take behind the backlog of another, against how long they take with the worker
 * idle: through the API, one at a time, from the call until the ledger says `completed`.
 */
export const measureFairness: Measurement = async (bench) => {
  const world = await bench.open('fairness');
  const api = startLethe('api', world.env);
  const worker = startLethe('worker', world.env);
  try {
    const [{ port }] = await Promise.all([api.line('api listening'), worker.line('worker started')]);
    const [busy, asking] = [await world.account(), await world.account()];
    const numbers = Array.from({ length: 2 * ASKED + 1 }, (_, index) => dramaNumber(index));
    for (const number of numbers) await insertRecords(world.core.db, asking.account.records_id, number, RECORDS);
    const take = async (some: readonly PhoneNumber[]) => {
      const times: number[] = [];
      for (const number of some) times.push(1_000 * (await timed(() => forget(world, Number(port), asking, number))));
      return times;
    };
    await take(numbers.slice(2 * ASKED));
    const alone = await take(numbers.slice(0, ASKED));
    bench.note('fairness: alone');

    const requests = bench.scaled(OPEN_REQUESTS, 400);
    const countLeft = () =>
      requestsOf(world.core.db).countDocuments({ account_id: busy.account._id, unfinished: true });
    await openBacklog(world, busy, requests, bench.scaled(OPEN_REPORTS, 10), bench.scaled(REPORTED, 500));
    const behind = await take(numbers.slice(ASKED, 2 * ASKED));
    const left = await countLeft();
    if (left === 0) throw new Error('the backlog was done before the others were: the figure says nothing');
    bench.note(`fairness: behind a backlog, ${left} of ${requests} requests of which were left in the end`);
    return [
      {
        name: 'a request behind a backlog',
        unit: 'ms',
        against: 'alone',
        ...compare(behind, alone),
        target: { most: 3 },
      },
    ];
  } finally {
    await Promise.all([api.stop(), worker.stop()]);
    await world.close();
  }
};

/** Asks, and waits for the end. @throws Error when the API refuses */
async function forget(world: World, port: number, { account, key }: Caller, number: PhoneNumber): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/gdpr/forget`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ number }),
  });
  const { reference } = (await answer.json()) as { reference?: string };
  if (!reference) throw new Error(`the API answered with ${answer.status}`);
  const done = { account_id: account._id, reference, state: 'completed' } as const;
  while (!(await requestsOf(world.core.db).findOne(done, { projection: { _id: 1 } }))) await pause(LOOK_MS);
}

/** Puts requests and reports of an account into ledger and queue, all at once. */
async function openBacklog(
  world: World,
  { account }: Caller,
  requests: number,
  reports: number,
  reported: number,
): Promise<void> {
  const { core } = world;
  const numbers = Array.from({ length: requests }, (_, index) => dramaNumber(index));
  await sideBySide(numbers, 4, (number) => insertRecords(core.db, account.records_id, number, FEW));
  await insertRecords(core.db, account.records_id, '447700900999', { sent: reported });
  const accepted = await world.accept(account, numbers);
  const opened = await sideBySide(Array.from({ length: reports }), 4, () =>
    openReport(core.db, core.seal, {
      account,
      actor: 'bench',
      query: {},
      format: 'csv',
      includeMessage: true,
      now: new Date(),
      graceMs: 3_600_000,
    }),
  );
  await world.call(REPORT_CALL, opened);
  await world.queue(accepted);
}
