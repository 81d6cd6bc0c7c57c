import autocannon from 'autocannon';
import type { Account } from '../../src/ledger/accounts/accounts.ts';
import { requestsOf } from '../../src/ledger/requests/ledger.ts';
import { insertRecords } from '../support/records.ts';
import { startBare, startLethe } from './children.ts';
import { compare, type Measurement } from './measurement.ts';
import { dramaNumber, type World } from './world.ts';

const CONNECTIONS = 16;
/** One request a number: each is a new one, none is answered by an unfinished one before it. */
const REQUESTS = 992;
const WARM_UP = 320;

/**
 * Requests a second through the whole API, against a bare Express handler that makes the same calls of the database and
 * the queue and does nothing else. One client for both.
 */
export const measureAccept: Measurement = async (bench) => {
  const [world, other] = [await bench.open('accept'), await bench.open('accept-bare')];
  const api = startLethe('api', world.env);
  const bare = startBare('bare-api.ts', other.env);
  try {
    const { port } = await api.line('api listening');
    const { port: barePort } = await bare.ask<{ port: number }>({ listen: true });
    const requests = Math.floor(bench.scaled(REQUESTS, WARM_UP) / CONNECTIONS) * CONNECTIONS;
    await load(world, Number(port), WARM_UP);
    await load(other, barePort, WARM_UP);
    const speeds = { product: [] as number[], reference: [] as number[] };
    for (let round = 1; round <= bench.rounds; round += 1) {
      speeds.product.push(await load(world, Number(port), requests));
      speeds.reference.push(await load(other, barePort, requests));
      bench.note(`accept: round ${round} of ${bench.rounds}`);
    }
    return [
      {
        name: 'accept',
        unit: 'requests/s',
        against: 'a bare Express handler',
        ...compare(speeds.product, speeds.reference),
        target: { least: 0.7 },
      },
    ];
  } finally {
    await api.stop();
    await bare.stop();
    await world.close();
    await other.close();
  }
};

/** Sends that many forget requests of a new account and returns how many were accepted a second. */
async function load(world: World, port: number, requests: number): Promise<number> {
  const { account, key } = await world.account();
  await insertContacts(world, account, requests);
  let next = 0;
  let last = 0;
  const start = performance.now();
  const options: autocannon.Options = {
    url: `http://127.0.0.1:${port}`,
    connections: CONNECTIONS,
    amount: requests,
    requests: [
      {
        method: 'POST',
        path: '/gdpr/forget',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        setupRequest: (request) => ({ ...request, body: JSON.stringify({ number: dramaNumber(next++ % requests) }) }),
      },
    ],
  };
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const run = autocannon(options, (error, done) => (error ? reject(error) : resolve(done)));
    run.on('response', () => {
      last = performance.now();
    });
  });
  const stored = await requestsOf(world.core.db).countDocuments({ account_id: account._id });
  if (result['2xx'] !== requests || stored !== requests) {
    throw new Error(`${result['2xx']} answered and ${stored} stored of ${requests} requests`);
  }
  return requests / ((last - start) / 1000);
}

async function insertContacts(world: World, account: Account, count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, index) => dramaNumber(index));
  for (const number of rows) await insertRecords(world.core.db, account.records_id, number, { contacts: 1 });
}
