import { Schema } from 'mongoose';
import type { AccountValue } from '../../src/engine/subject.ts';
import { storedForms } from '../../src/phone/forms.ts';
import { insertRecords } from '../support/records.ts';
import { startLethe } from './children.ts';
import { compare, type Figure, type Measurement, timed } from './measurement.ts';
import { dramaNumber, type World } from './world.ts';

const RECORDS = 100_000;
const WARM_UP = 5_000;
/** A loop that saves documents one by one is measured on fewer of them, and per record. */
const LOOP_SHARE = 0.05;
const NUMBER = dramaNumber(123);
const MASKED = { to: '44********23', body: '[REDACTED]' } as const;

interface SentMessage {
  account_id: string;
  to: string;
  body: string;
}

const sentSchema = new Schema<SentMessage>(
  { account_id: String, to: String, body: String },
  { collection: 'sent_sms', versionKey: false },
);

/**
 * Records a second with many records on one number: a real worker with its ledger, lease and verification, against the
 * same batches by bare calls of the driver, and against the loop of find and save that Mongoose's guide begins with.
 */
export const measureSweep: Measurement = async (bench) => {
  const world = await bench.open('sweep');
  const worker = startLethe('worker', world.env);
  try {
    await worker.line('worker started');
    const erase = async (records: number) => records / (await eraseWithWorker(world, worker, records));
    const bare = async (records: number) => records / (await eraseBare(world, records));
    const one = async (records: number) => records / (await eraseAtOnce(world, records));
    const loop = async (records: number) => records / (await eraseWithMongoose(world, records));
    const records = bench.scaled(RECORDS, 5_000);
    const few = Math.ceil(records * LOOP_SHARE);
    await erase(Math.min(records, WARM_UP));
    await bare(Math.min(records, WARM_UP));
    await one(Math.min(records, WARM_UP));
    await loop(Math.ceil(few / 4));

    const speeds = { product: [] as number[], one: [] as number[], bare: [] as number[], loop: [] as number[] };
    for (let round = 1; round <= bench.rounds; round += 1) {
      speeds.product.push(await erase(records));
      speeds.one.push(await one(records));
      speeds.bare.push(await bare(records));
      speeds.loop.push(await loop(few));
      bench.note(`sweep: round ${round} of ${bench.rounds}`);
    }
    const figure = (name: string, against: string, reference: number[], least: number): Figure => ({
      name,
      unit: 'records/s',
      against,
      ...compare(speeds.product, reference),
      target: { least },
    });
    return [
      figure('sweep', 'one bare updateMany', speeds.one, 0.6),
      figure('sweep, batches', 'bare driver calls', speeds.bare, 0.8),
      figure('sweep, naive', 'Mongoose find and save', speeds.loop, 15),
    ];
  } finally {
    await worker.stop();
    await world.close();
  }
};

async function eraseWithWorker(world: World, worker: ReturnType<typeof startLethe>, records: number): Promise<number> {
  const { account } = await world.account('off');
  await insertRecords(world.core.db, account.records_id, NUMBER, { sent: records });
  const requests = await world.accept(account, [NUMBER]);
  const seconds = await timed(async () => {
    const done = worker.line('request completed');
    await world.queue(requests);
    await done;
  });
  await world.check(requests, records);
  return seconds;
}

/** The shortest way there is: one update of all that matches. It knows no lease, and is not counted when it is cut off. */
async function eraseAtOnce(world: World, records: number): Promise<number> {
  const { account } = await world.account();
  await insertRecords(world.core.db, account.records_id, NUMBER, { sent: records });
  return timed(() => world.core.db.collection('sent_sms').updateMany(filterFor(account.records_id), { $set: MASKED }));
}

function filterFor(account: AccountValue) {
  const forms = storedForms(NUMBER);
  return { account_id: account, to: { $in: [...forms.strings, ...forms.integers.map(Number)] } };
}

/** The same batches, and nothing else: no ledger, no lease, no verification. */
async function eraseBare(world: World, records: number): Promise<number> {
  const { account } = await world.account();
  const collection = world.core.db.collection('sent_sms');
  await insertRecords(world.core.db, account.records_id, NUMBER, { sent: records });
  const filter = filterFor(account.records_id);
  return timed(async () => {
    for (;;) {
      const found = await collection
        .find(filter, { projection: { _id: 1 } })
        .limit(world.config.BATCH_SIZE)
        .toArray();
      if (found.length === 0) return;
      await collection.updateMany({ _id: { $in: found.map((row) => row._id) } }, { $set: MASKED });
    }
  });
}

async function eraseWithMongoose(world: World, records: number): Promise<number> {
  const { account } = await world.account();
  const { connection, db } = world.core;
  const Sent = connection.model<SentMessage>('BenchSent', sentSchema, undefined, { overwriteModels: true });
  await insertRecords(db, account.records_id, NUMBER, { sent: records });
  return timed(async () => {
    for await (const message of Sent.find({ account_id: String(account.records_id), to: NUMBER }).cursor()) {
      message.set(MASKED);
      await message.save();
    }
  });
}
