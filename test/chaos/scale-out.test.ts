import { describe, expect, it } from '@jest/globals';
import { requestsOf } from '../../src/ledger/requests/ledger.ts';
import { type Chaos, forgetPerson, type Person, scene } from '../support/chaos.ts';
import { expectStatus } from '../support/expect-status.ts';
import { waitFor } from '../support/wait-for.ts';

const ACCOUNTS = 5;
const PEOPLE_EACH = 40;
const RECORDS = { contacts: 1, lists: 1, sent: 4, received: 2, calls: 2 };

describe('four workers and two APIs side by side', () => {
  it(
    'complete every request once, with exact counts, though one worker is killed midway',
    scene(
      'scale',
      async (chaos) => {
        const [apis, workers, people] = await Promise.all([
          Promise.all([1, 2].map(() => chaos.processes.api(chaos.env))),
          Promise.all([1, 2, 3, 4].map(() => chaos.processes.worker(chaos.env))),
          populate(chaos),
        ]);
        const half = people.length / 2;
        const first = await forgetAll(apis, people.slice(0, half));
        await workers[0]?.kill();
        const references = [...first, ...(await forgetAll(apis, people.slice(half)))];
        expect(new Set(references).size).toBe(people.length);

        const requests = requestsOf(chaos.db);
        const unfinished = () => requests.countDocuments({ unfinished: true });
        await waitFor('all of them to be completed', async () => (await unfinished()) === 0, {
          everyMs: 200,
        });
        await chaos.noJobIsLeft();

        const rows = await requests.find({}).toArray();
        expect(rows.map(({ reference }) => reference).sort()).toEqual([...references].sort());
        const [somebody] = people;
        for (const row of rows) {
          const { reference, state, erased, failures } = row;
          expect({ reference, state, erased, failures }).toEqual({
            reference,
            state: 'completed',
            erased: somebody?.expected,
            failures: 0,
          });
        }
        const acts = await chaos.db.collection('lethe_audit').distinct('reference');
        expect(acts.length).toBe(people.length);
        expect(await chaos.db.collection('lethe_audit').countDocuments({})).toBe(people.length);
        for (const person of people.filter((_, index) => index % PEOPLE_EACH === 0)) {
          const { reference } = rows.find((row) => row.account_id === person.account._id) ?? { reference: '' };
          await chaos.expectErased(person, reference);
        }
        expect(await numbersLeft(chaos, people)).toEqual([]);
      },
      { WORKER_CONCURRENCY: '8' },
    ),
  );
});

async function populate(chaos: Chaos): Promise<Person[]> {
  const owners = [];
  for (let count = 0; count < ACCOUNTS; count += 1) owners.push(await chaos.person(RECORDS));
  const others = await Promise.all(
    owners.map(async (on) => {
      const people = [];
      for (let count = 1; count < PEOPLE_EACH; count += 1) people.push(await chaos.person(RECORDS, { on }));
      return people;
    }),
  );
  return owners.flatMap((owner, index) => [owner, ...(others[index] ?? [])]);
}

/** Sends every request, eight at a time, to the APIs in turn. @returns the references */
async function forgetAll(apis: readonly { readonly url: string }[], people: readonly Person[]): Promise<string[]> {
  const references: string[] = [];
  const queue = people.map((person, index) => ({ person, api: apis[index % apis.length] }));
  const send = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      if (!next.api) throw new Error('no API is there');
      const answer = await forgetPerson(next.api, next.person);
      expectStatus(answer, 200);
      references.push(answer.body.reference);
    }
  };
  await Promise.all(Array.from({ length: 8 }, send));
  return references;
}

async function numbersLeft(chaos: Chaos, people: readonly Person[]): Promise<string[]> {
  const numbers = people.map(({ number }) => number);
  const left: string[] = [];
  for (const [collection, path] of [
    ['contacts', 'number'],
    ['contact_lists', 'contacts.number'],
    ['sent_sms', 'to'],
    ['received_sms', 'from'],
    ['calls', 'from'],
    ['calls', 'to'],
    ['blacklist', 'number'],
  ] as const) {
    if ((await chaos.db.collection(collection).countDocuments({ [path]: { $in: numbers } })) > 0) left.push(collection);
  }
  return left;
}
