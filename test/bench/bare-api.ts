import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Queue } from 'bullmq';
import express from 'express';
import { Redis } from 'ioredis';
import { readConfig } from '../../src/base/config.ts';
import { createCore } from '../../src/core.ts';

/**
 * The accepting of a request by hand: an Express handler with the calls the API makes and nothing around them. No check
 * of what comes in, no sealing, no log, no errors.
 */
const config = readConfig(process.env);
const { connection, db, plan } = createCore(config, { poolSize: 50 });
const redis = new Redis(config.REDIS_URL);
const queue = new Queue('erasure', { connection: redis, prefix: `{${config.QUEUE_PREFIX}}` });
const requests = db.collection('lethe_requests');
const suppressions = db.collection('blacklist');
const one = { projection: { _id: 1 } };

const app = express();
app.use(express.json());
app.post('/gdpr/forget', async (request, response) => {
  const [id = ''] = (request.headers.authorization ?? '').slice('Bearer '.length).split('.');
  const [key] = await db
    .collection<{ _id: string }>('lethe_keys')
    .aggregate([
      { $match: { _id: id, revoked_at: { $exists: false } } },
      { $lookup: { from: 'lethe_accounts', localField: 'account_id', foreignField: '_id', as: 'account' } },
    ])
    .toArray();
  const account = key?.account[0];
  const rate = `{${config.QUEUE_PREFIX}}:rate:${account._id}:${Math.floor(Date.now() / 1000)}`;
  await redis.multi().incr(rate).expire(rate, 2).exec();

  const number = String(request.body.number);
  const rest = number.slice(2);
  const forms = { $in: [number, `+${number}`, `00${number}`, `0${rest}`, rest, Number(number), Number(rest)] };
  const mine = { account_id: account._id, token: number, unfinished: true };
  await Promise.all([
    requests.findOne(mine, one),
    ...plan.rules.map((rule) =>
      db
        .collection(rule.entry.collection)
        .findOne({ account_id: account.records_id, [rule.path.dotted]: forms, ...rule.only }, one),
    ),
    ...plan.waits.map((wait) =>
      db
        .collection(wait.entry.collection)
        .find({ account_id: account.records_id, [wait.path.dotted]: forms, ...wait.scheduled })
        .sort({ [wait.at]: -1 })
        .limit(1)
        .toArray(),
    ),
  ]);

  const now = new Date();
  const reference = randomBytes(8).toString('hex').slice(1);
  const session = connection.getClient().startSession();
  await session.withTransaction(
    async () => {
      await requests.insertOne(
        {
          ...mine,
          reference,
          profile: 'forget',
          state: 'accepted',
          masked: '44********00',
          sealed: 'x'.repeat(70),
          keep_suppression: true,
          created_at: now,
          due_at: now,
          not_before: now,
          look_at: now,
          generation: 1,
          erased: {},
          failures: 0,
        },
        { session },
      );
      await suppressions.updateOne(
        { account_id: account.records_id, token: { $in: [number] } },
        {
          $set: { number, masked: '44********00' },
          $setOnInsert: { token: number, reason: 'gdpr_forget', created_at: now },
        },
        { upsert: true, session },
      );
    },
    { readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority', journal: true } },
  );
  await session.endSession();
  await queue.add(
    'erase',
    { account: account._id, reference },
    { jobId: `${reference}-g1`, attempts: 1, removeOnComplete: true, removeOnFail: true },
  );
  response.json({ status: 'SUCCESS', reference, created_at: Math.floor(now.getTime() / 1000) });
});

const server = app.listen(0, '127.0.0.1', () => {
  process.on('message', () => process.send?.({ port: (server.address() as AddressInfo).port }));
});
process.on('disconnect', async () => {
  server.close();
  server.closeAllConnections();
  await queue.close();
  redis.disconnect();
  await connection.close();
});
