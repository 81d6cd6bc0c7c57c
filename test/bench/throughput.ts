import { placesOf } from '../../src/base/queue/catalogue.ts';
import type { Account } from '../../src/ledger/accounts/accounts.ts';
import { insertRecords } from '../support/records.ts';
import type { BareErasures } from './bare-erasures.ts';
import { startBare, startLethe } from './children.ts';
import { compare, type Figure, type Measurement, timed } from './measurement.ts';
import { dramaNumber, sideBySide, type World } from './world.ts';

const REQUESTS = 400;
const WARM_UP = 100;
/** Twenty records a person. */
const RECORDS = { contacts: 1, lists: 1, sent: 10, received: 6, calls: 2 } as const;
const RECORDS_A_REQUEST = 20;
/** Accounts the requests of the second figure come from. */
const SEVERAL = 8;

/**
 * Requests a second of one real worker, against the same finds, changes and looks of verification by bare calls, as
 * many side by side, with no ledger and no queue. The worker joins calls of requests on one account; how much that
 * gives depends on how many accounts the requests come from, so both are measured. With the scan, one pass over an account's
 * records serves all requests that wait for it; without it, the last look is for every writing that can be listed, by bare
 * calls, too.
 */
export const measureThroughput: Measurement = async (bench) => {
  const world = await bench.open('throughput');
  const worker = startLethe('worker', world.env);
  const bare = startBare('bare-erasures.ts', world.env);
  try {
    await worker.line('worker started');
    const measure = async (name: string, accounts: number): Promise<Figure[]> => {
      const speeds = { on: [] as number[], off: [] as number[], usual: [] as number[], every: [] as number[] };
      const requests = bench.scaled(REQUESTS, 64);
      const erase = async (count: number, scan: 'on' | 'off') => {
        const people = await insertPeople(world, accounts, count, scan);
        const accepted = (
          await Promise.all(people.map(({ account, numbers }) => world.accept(account, numbers)))
        ).flat();
        const seconds = await timed(async () => {
          const done = worker.lines('request completed', accepted.length);
          await world.queue(accepted);
          await done;
        });
        await world.check(accepted, accepted.length * RECORDS_A_REQUEST);
        return accepted.length / seconds;
      };
      const eraseBare = async (count: number, writings: BareErasures['writings']) => {
        const people = await insertPeople(world, accounts, count, 'off');
        const question: BareErasures = {
          concurrency: placesOf('erasure', world.config.WORKER_CONCURRENCY),
          writings,
          subjects: people.flatMap(({ account, numbers }) =>
            numbers.map((number) => ({ account: account.records_id, number })),
          ),
        };
        const { seconds } = await bare.ask<{ seconds: number }>(question);
        return question.subjects.length / seconds;
      };
      const all = async (count: number) => ({
        on: await erase(count, 'on'),
        usual: await eraseBare(count, 'usual'),
        off: await erase(count, 'off'),
        every: await eraseBare(count, 'every'),
      });
      await all(Math.min(requests, WARM_UP));
      for (let round = 1; round <= bench.rounds; round += 1) {
        const { on, usual, off, every } = await all(requests);
        speeds.on.push(on);
        speeds.usual.push(usual);
        speeds.off.push(off);
        speeds.every.push(every);
        bench.note(`${name}: round ${round} of ${bench.rounds}`);
      }
      const figure = (title: string, product: number[], reference: number[]) => ({
        ...{ name: title, unit: 'requests/s', against: 'bare driver calls', target: { least: 0.6 } },
        ...compare(product, reference),
      });
      return [figure(name, speeds.on, speeds.usual), figure(`${name}, scan off`, speeds.off, speeds.every)];
    };
    return [...(await measure('throughput', 1)), ...(await measure(`throughput, ${SEVERAL} accounts`, SEVERAL))];
  } finally {
    await worker.stop();
    await bare.stop();
    await world.close();
  }
};

async function insertPeople(
  world: World,
  accounts: number,
  requests: number,
  scan: 'on' | 'off',
): Promise<{ account: Account; numbers: ReturnType<typeof dramaNumber>[] }[]> {
  return Promise.all(
    Array.from({ length: accounts }, async () => {
      const { account } = await world.account(scan);
      const numbers = Array.from({ length: Math.ceil(requests / accounts) }, (_, index) => dramaNumber(index));
      await sideBySide(numbers, 4, (number) =>
        insertRecords(world.core.db, account.records_id, number, RECORDS, '447700900999'),
      );
      return { account, numbers };
    }),
  );
}
