import { createLogger } from '../../src/base/log.ts';
import type { Account } from '../../src/ledger/accounts/accounts.ts';
import { requestsOf } from '../../src/ledger/requests/ledger.ts';
import { draftRequest } from '../../src/ledger/requests/open-request.ts';
import { askForScan } from '../../src/ledger/scan/ask.ts';
import { scansOf } from '../../src/ledger/scan/ledger.ts';
import type { ScanDependencies } from '../../src/ledger/scan/pass.ts';
import { runScan } from '../../src/ledger/scan/run.ts';
import type { PhoneNumber } from '../../src/phone/number.ts';
import { createJobDependencies } from '../../workers/jobs/dependencies.ts';
import { phoneNumber } from '../support/numbers.ts';
import { insertRecords } from '../support/records.ts';
import { startLethe } from './children.ts';
import { type Bench, compare, type Figure, type Measurement, timed } from './measurement.ts';
import { forgetPeak, MEGABYTE, readIdle, readMemory } from './memory.ts';
import { dramaNumber, type World } from './world.ts';

const RECORDS = 200_000;
const MANY_RECORDS = 1_000_000;
const MANY_NUMBERS = 10_000;
/** Landline numbers for drama (Ofcom): 496 0000 to 0999 in each of these cities. */
const CITIES = [113, 114, 115, 116, 117, 118, 121, 131, 141, 151, 161];

/** @param index below 11,000 */
function landline(index: number): PhoneNumber {
  return phoneNumber(Number(`44${CITIES[Math.floor(index / 1000)]}4960${String(index % 1000).padStart(3, '0')}`));
}

/**
 * What a scan costs: documents a second against a bare cursor over the same ones, one number against very many, and
 * the memory of a worker that reads very many documents.
 */
export const measureScan: Measurement = async (bench) => [...(await measureReading(bench)), await measurePeak(bench)];

async function measureReading(bench: Bench): Promise<Figure[]> {
  const world = await bench.open('scan');
  try {
    const { account } = await world.account();
    const records = bench.scaled(RECORDS, 20_000);
    await fill(world, account, records);
    const many = bench.scaled(MANY_NUMBERS, MANY_NUMBERS);
    const one = () => scan(world, account, 1);
    const bare = () => readBare(world, account);
    const speeds = { product: [] as number[], reference: [] as number[] };
    const times = { product: [] as number[], reference: [] as number[] };
    await one();
    await bare();
    for (let round = 1; round <= bench.rounds; round += 1) {
      const seconds = await one();
      speeds.product.push(records / seconds);
      speeds.reference.push(records / (await bare()));
      times.reference.push(seconds * 1000);
      times.product.push((await scan(world, account, many)) * 1000);
      bench.note(`scan: round ${round} of ${bench.rounds}`);
    }
    return [
      {
        name: 'scan',
        unit: 'documents/s',
        against: 'a bare cursor',
        ...compare(speeds.product, speeds.reference),
        target: { least: 0.6 },
      },
      {
        name: 'scan, 10,000 numbers',
        unit: 'ms a turn',
        against: 'one number',
        ...compare(times.product, times.reference),
        target: { most: 1.25 },
      },
    ];
  } finally {
    await world.close();
  }
}

/** Messages to a thousand people, with texts that hold digits. */
async function fill(world: World, account: Account, records: number): Promise<void> {
  for (let number = 0; number < 100; number += 1)
    await insertRecords(world.core.db, account.records_id, dramaNumber(number), { sent: Math.ceil(records / 100) });
}

/** A turn for so many requests. @returns the seconds it read */
async function scan(world: World, account: Account, numbers: number): Promise<number> {
  const { core } = world;
  const now = () => new Date();
  const requests = requestsOf(core.db);
  const rows = Array.from({ length: numbers }, (_, index) => {
    const number = landline(index);
    const drafted = draftRequest({
      account_id: account._id,
      profile: 'forget',
      selector: { by: 'number' },
      token: core.tokens.current(account._id, number),
      requested_by: 'bench',
      keep_suppression: true,
      seal: (reference) => core.seal.close(number, reference),
      now: now(),
      deadlineMs: core.times.deadlineMs,
      graceMs: core.times.graceMs,
    });
    return { ...drafted, state: 'scanning' as const };
  });
  await requests.insertMany(rows);
  const producer = { add: async () => {} } as unknown as Parameters<typeof createJobDependencies>[1];
  const { scan: wired } = createJobDependencies(
    core,
    producer,
    createLogger({ level: 'error', service: 'bench' }),
    now,
  );
  const deps: ScanDependencies = {
    ...wired,
    times: { ...core.times, scanTurnMs: 600_000 },
    smallAccount: Infinity,
    fewRecords: Infinity,
  };
  const asking = { ...deps, producer, times: core.times };
  await askForScan(asking, { account: account._id, due: new Date(Date.now() + core.times.deadlineMs) });
  const outcome = await runScan(deps, account._id, new AbortController().signal);
  const row = await scansOf(core.db).findOne({ account_id: account._id });
  if (outcome.outcome !== 'finished' || row?.took_ms === undefined) throw new Error('the scan did not end');
  await requests.deleteMany({ account_id: account._id, reference: { $in: rows.map(({ reference }) => reference) } });
  return row.took_ms / 1000;
}

/** The same documents, read and decoded. */
function readBare({ core }: World, account: Account): Promise<number> {
  const collections = [...new Set(core.dataMap.collections.map(({ collection }) => collection))];
  return timed(async () => {
    for (const name of collections) {
      const cursor = core.db.collection(name).find({ account_id: account.records_id }, { batchSize: 1_000 });
      for await (const _document of cursor);
    }
  });
}

/** How far the memory of a real worker rises above its idle level while it reads very many documents. */
async function measurePeak(bench: Bench): Promise<Figure> {
  const world = await bench.open('scan-memory');
  const few = (await world.account()).account;
  await fill(world, few, 5_000);
  const { account } = await world.account();
  await fill(world, account, bench.scaled(MANY_RECORDS, 100_000));
  // Not before: the system takes memory from a process that waits for a minute, and idle would be less than it is.
  const worker = startLethe('worker', world.env);
  try {
    await worker.line('worker started');
    const erase = async (account: Account, number: PhoneNumber) => {
      await insertRecords(world.core.db, account.records_id, number, { contacts: 1 });
      const requests = await world.accept(account, [number]);
      const before = await readIdle(worker.pid);
      await forgetPeak(worker.pid);
      const done = worker.line('request completed');
      await world.queue(requests);
      await done;
      return { before, peak: (await readMemory(worker.pid)).peak };
    };
    await erase(few, landline(0));
    bench.note('scan: warmed up');
    const { before, peak } = await erase(account, landline(1));
    return {
      name: 'scan, memory',
      unit: 'MB',
      product: peak / MEGABYTE,
      against: 'the idle worker',
      reference: before / MEGABYTE,
      value: (peak - before) / MEGABYTE,
      target: { most: 40 },
    };
  } finally {
    await worker.stop();
    await world.close();
  }
}
