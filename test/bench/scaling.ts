import { insertRecords } from '../support/records.ts';
import { type Lethe, startLethe } from './children.ts';
import { type Bench, compare, type Measurement, timed } from './measurement.ts';
import { dramaNumber, type World } from './world.ts';

const STORED = { few: 100_000, many: 1_000_000 } as const;
const MATCHING = 200;
const REQUESTS = 15;
const WARM_UPS = 3;
/** Other people's messages go to numbers below this one, those of the requests are above it. */
const FIRST_OF_REQUESTS = 900;

interface Side {
  readonly world: World;
  readonly worker: Lethe;
  readonly account: Awaited<ReturnType<World['account']>>['account'];
}

/** What one request costs when the account has ten times as many messages, and as many on the person. */
export const measureScaling: Measurement = async (bench) => {
  const few = await openSide(bench, 'few', bench.scaled(STORED.few, 10_000));
  try {
    const many = await openSide(bench, 'many', bench.scaled(STORED.many, 100_000));
    try {
      const times = { product: [] as number[], reference: [] as number[] };
      for (let index = 0; index < WARM_UPS + REQUESTS; index += 1) {
        const [inFew, inMany] = [await eraseOne(few, index), await eraseOne(many, index)];
        if (index < WARM_UPS) continue;
        times.product.push(inMany * 1000);
        times.reference.push(inFew * 1000);
      }
      return [
        {
          name: 'scaling',
          unit: 'ms a request',
          against: 'a tenth of the messages',
          ...compare(times.product, times.reference),
          target: { most: 1.3 },
        },
      ];
    } finally {
      await closeSide(many);
    }
  } finally {
    await closeSide(few);
  }
};

async function openSide(bench: Bench, name: string, stored: number): Promise<Side> {
  const world = await bench.open(`scaling-${name}`);
  const { account } = await world.account('off');
  const { db } = world.core;
  const portions = WARM_UPS + REQUESTS;
  const fill = Math.ceil((stored - portions * MATCHING) / FIRST_OF_REQUESTS);
  // A person's messages lie among all others, as they do where messages are stored as they are sent.
  for (let number = 0; number < FIRST_OF_REQUESTS; number += 1) {
    await insertRecords(db, account.records_id, dramaNumber(number), { sent: fill });
    const slice = (part: number) => Math.floor((MATCHING * part) / FIRST_OF_REQUESTS);
    const due = slice(number + 1) - slice(number);
    for (let index = 0; due > 0 && index < portions; index += 1) {
      await insertRecords(db, account.records_id, dramaNumber(FIRST_OF_REQUESTS + index), { sent: due });
    }
    if (number % 100 === 99) bench.note(`scaling: stored ${(number + 1) * fill} of ${stored} messages`);
  }
  const worker = startLethe('worker', world.env);
  await worker.line('worker started');
  return { world, worker, account };
}

async function eraseOne({ world, worker, account }: Side, index: number): Promise<number> {
  const requests = await world.accept(account, [dramaNumber(FIRST_OF_REQUESTS + index)]);
  const seconds = await timed(async () => {
    const done = worker.line('request completed');
    await world.queue(requests);
    await done;
  });
  await world.check(requests, MATCHING);
  return seconds;
}

async function closeSide({ world, worker }: Side): Promise<void> {
  await worker.stop();
  await world.close();
}
