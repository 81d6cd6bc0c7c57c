import { describe, expect, it } from '@jest/globals';
import { createAuditSeal } from '../../src/ledger/audit/entry.ts';
import { verifyAudit } from '../../src/ledger/audit/verify.ts';
import { requestsOf } from '../../src/ledger/requests/ledger.ts';
import { forgetPerson, scene } from '../support/chaos.ts';
import { startStrictMongo } from '../support/strict-mongo.ts';
import { waitFor } from '../support/wait-for.ts';

const PEOPLE = 6;

describe('a MongoDB that refuses what the local engine does not, and has faults that pass', () => {
  const seed = 12;
  it(
    'every request is done once and exactly, and no rule of a server is broken',
    scene(
      `strict-${seed}`,
      async (chaos) => {
        const { config } = chaos.platform;
        const strict = await startStrictMongo(config.MONGODB_URI, { faults: { seed, share: 0.04 } });
        try {
          const env = { ...chaos.env, MONGODB_URI: strict.uri };
          const api = await chaos.processes.api(env);
          await chaos.processes.worker(env);
          const first = await chaos.person({ contacts: 2, lists: 1, sent: 60, received: 20, calls: 4 });
          const people = [first];
          for (let more = 1; more < PEOPLE; more += 1)
            people.push(await chaos.person({ contacts: 1, sent: 30, calls: 2 }, { on: first }));
          const references = await Promise.all(
            people.map((person) =>
              waitFor('an accepted request', async () => {
                const answer = await forgetPerson(api, person);
                // A fault that passes is a 503, and the same can be asked again.
                expect([200, 503]).toContain(answer.status);
                return answer.status === 200 && answer.body.reference;
              }),
            ),
          );
          for (const [index, person] of people.entries()) {
            const reference = references[index] ?? '';
            await chaos.completed(reference);
            await chaos.expectErased(person, reference);
          }
          expect(await requestsOf(chaos.db).countDocuments({})).toBe(PEOPLE);
          const faults = [];
          for await (const fault of verifyAudit(chaos.db, createAuditSeal(config.LETHE_TOKEN_KEYS))) faults.push(fault);
          expect(faults).toEqual([]);
          expect([...new Set(strict.broken)]).toEqual([]);
          expect([...strict.dealt.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(10);
        } finally {
          await strict.close();
        }
      },
      { BATCH_SIZE: '40' },
    ),
  );
});
