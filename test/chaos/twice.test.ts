import { describe, expect, it } from '@jest/globals';
import { requestsOf } from '../../src/ledger/requests/ledger.ts';
import { forgetPerson, type Person, scene } from '../support/chaos.ts';
import { expectStatuses } from '../support/expect-status.ts';
import { waitFor } from '../support/wait-for.ts';

const ROUNDS = 20;

describe('the same thing twice', () => {
  it(
    'two identical requests at the same instant, at two APIs: one request, one erasure',
    scene('twins', async (chaos) => {
      const [one, two] = await Promise.all([chaos.processes.api(chaos.env), chaos.processes.api(chaos.env)]);
      const accepted: { person: Person; reference: string }[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const person = await chaos.person({ contacts: 1, sent: 2 });
        const answers = await Promise.all([one, two, one, two].map((api) => forgetPerson(api, person)));
        const references = new Set(answers.map(({ body }) => body.reference));
        expectStatuses(answers, [200, 200, 200, 200]);
        expect(references.size).toBe(1);
        expect(new Set(answers.map(({ body }) => body.created_at)).size).toBe(1);
        const [reference = ''] = references;
        expect(await requestsOf(chaos.db).countDocuments({ account_id: person.account._id })).toBe(1);
        expect(await chaos.db.collection('blacklist').countDocuments({ number: person.number })).toBe(1);
        accepted.push({ person, reference });
      }
      await Promise.all([chaos.processes.worker(chaos.env), chaos.processes.worker(chaos.env)]);
      for (const { person, reference } of accepted) {
        await chaos.completed(reference);
        await chaos.expectErased(person, reference);
      }
      expect(await chaos.db.collection('lethe_audit').countDocuments({})).toBe(ROUNDS);
    }),
  );

  it(
    'one request as several jobs, at two workers: worked on once, counted once, and no job is left',
    scene(
      'duplicates',
      async (chaos) => {
        const person = await chaos.person({ contacts: 3, lists: 3, sent: 600, received: 200, calls: 80 });
        const reference = await chaos.submit(person);
        await Promise.all([chaos.processes.worker(chaos.env), chaos.processes.worker(chaos.env)]);
        const queue = chaos.queue();
        const deliver = async (generation: number) =>
          queue.add(
            'erase',
            { account: person.account._id, reference },
            { jobId: `${reference}-g${generation}`, removeOnComplete: true },
          );
        await Promise.all([1, 2, 3, 11, 12, 13].map(deliver));
        await waitFor('a batch to be counted', async () => (await chaos.row(reference))?.erased.sent_sms);
        await Promise.all([21, 22, 23].map(deliver));
        await chaos.completed(reference);
        // After the end, too.
        await Promise.all([31, 32].map(deliver));
        await chaos.noJobIsLeft();
        await chaos.expectErased(person, reference);
        expect(await chaos.db.collection('lethe_audit').countDocuments({ reference })).toBe(1);
      },
      { BATCH_SIZE: '24', BATCH_PAUSE_MS: '10' },
    ),
  );
});
