import { describe, expect, it } from '@jest/globals';
import { requestsOf } from '../../src/ledger/requests/ledger.ts';
import { type Chaos, chance, type Person, scene } from '../support/chaos.ts';
import { killAt, type WireCommand } from '../support/chaos-mongo.ts';
import { waitFor } from '../support/wait-for.ts';

const KILLS = 20;
const LATER = new Date(Date.now() + 3_600_000);
/** Small batches with a rest between them: the erasure outlasts the killing. */
const SLOW = { BATCH_SIZE: '24', BATCH_PAUSE_MS: '5', LEASE_MS: '400', RELAY_INTERVAL_MS: '100' };

/** Who works on the request now; every claim has a name of its own. */
const ownerOf = async (chaos: Chaos, reference: string) => (await chaos.row(reference))?.lease?.owner;

const isAnnouncement = (command: WireCommand) =>
  command.name === 'update' && command.collection === 'lethe_requests' && command.holds('announced');
const isChange = (command: WireCommand) => command.name === 'update' && command.collection === 'sent_sms';
const isSettlement = (command: WireCommand) => command.collection === 'blacklist' && command.name === 'update';
const isCommit = (command: WireCommand) => command.name === 'commitTransaction';

/** The announced messages that still hold the number as itself. */
async function announced(chaos: Chaos, reference: string): Promise<{ announced: number; unchanged: number }> {
  const request = await chaos.row(reference);
  const ids = (request?.announced ?? []).filter(({ name }) => name === 'sent_sms').flatMap(({ ids: some }) => some);
  const messages = chaos.db.collection('sent_sms');
  return {
    announced: ids.length,
    unchanged: await messages.countDocuments({ _id: { $in: ids as never[] }, body: /^Hi Jo/ }),
  };
}

interface Moment {
  readonly when: string;
  readonly at: (command: WireCommand) => boolean;
  readonly nth: number;
  readonly side: 'before' | 'after';
  /** What the killed worker must have left, or the moment was another one. */
  readonly left?: (chaos: Chaos, reference: string) => Promise<void>;
}

const MOMENTS: readonly Moment[] = [
  {
    when: 'when a batch is announced and it does not know yet',
    at: isAnnouncement,
    nth: 3,
    side: 'after',
    left: async (chaos, reference) => {
      const found = await announced(chaos, reference);
      expect(found.announced).toBeGreaterThan(0);
      expect(found.unchanged).toBe(found.announced);
    },
  },
  {
    when: 'when a batch is announced and not changed',
    at: isChange,
    nth: 3,
    side: 'before',
    left: async (chaos, reference) => {
      const found = await announced(chaos, reference);
      expect(found.announced).toBeGreaterThan(0);
      expect(found.unchanged).toBe(found.announced);
    },
  },
  {
    when: 'when a batch is changed and not counted',
    at: isChange,
    nth: 3,
    side: 'after',
    left: async (chaos, reference) => {
      const found = await announced(chaos, reference);
      expect(found.announced).toBeGreaterThan(0);
      expect(found.unchanged).toBe(0);
    },
  },
  { when: 'in the middle of the end', at: isSettlement, nth: 1, side: 'before' },
  { when: 'before the end is committed', at: isCommit, nth: 1, side: 'before' },
  {
    when: 'when the end is committed and it does not know yet',
    at: isCommit,
    nth: 1,
    side: 'after',
    left: async (chaos, reference) => expect((await chaos.row(reference))?.state).toBe('completed'),
  },
];

describe('a worker that is killed', () => {
  it(
    'at any moment, twenty times in one erasure: no record is missed, none is counted twice',
    scene(
      'killed',
      async (chaos) => {
        const random = chance('worker killed');
        const person = await chaos.person({ contacts: 20, lists: 30, sent: 4000, received: 1500, calls: 600 });
        const reference = await chaos.submit(person);
        let worker = await chaos.processes.worker(chaos.env);
        let before: string | undefined;
        for (let kill = 1; kill <= KILLS; kill += 1) {
          const successor = chaos.processes.worker(chaos.env);
          const owner = await waitFor('the request to be claimed', async () => {
            const now = await ownerOf(chaos, reference);
            return now !== before && now;
          });
          await new Promise((resolve) => setTimeout(resolve, random() * 150));
          await worker.kill();
          worker = await successor;
          before = owner;
        }
        expect((await chaos.row(reference))?.state).toBe('sweeping');
        await chaos.completed(reference);
        await chaos.expectErased(person, reference);
        await chaos.noJobIsLeft();
      },
      SLOW,
    ),
  );

  it(
    'at each moment that matters: the next one goes on from there',
    scene(
      'moments',
      async (chaos) => {
        const requests = requestsOf(chaos.db);
        const begun: { person: Person; reference: string }[] = [];
        for (const { when, at, nth, side, left } of MOMENTS) {
          const person = await chaos.person({ contacts: 3, lists: 3, sent: 90, received: 60, calls: 20 });
          const reference = await chaos.submit(person);
          const proxy = await chaos.proxyMongo();
          const killed = killAt(proxy, at, nth, side);
          const worker = chaos.processes.lethe(['worker'], { ...chaos.env, MONGODB_URI: proxy.uri });
          killed.victim(worker);
          expect({ when, ...(await worker.exited()) }).toEqual({ when, code: null, signal: 'SIGKILL' });
          await left?.(chaos, reference);
          begun.push({ person, reference });
          // The next victim is for the next request.
          await requests.updateMany({ unfinished: true }, { $set: { not_before: LATER, look_at: LATER } });
        }
        await requests.updateMany({ unfinished: true }, { $set: { not_before: new Date(), look_at: new Date() } });
        await chaos.processes.worker(chaos.env);
        for (const { person, reference } of begun) {
          // MongoDB keeps the transaction of a client that has gone for up to 90 s, and the request with it.
          await chaos.completed(reference);
          await chaos.expectErased(person, reference);
        }
      },
      SLOW,
    ),
  );
});
