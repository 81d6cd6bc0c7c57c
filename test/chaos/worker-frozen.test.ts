import { describe, expect, it } from '@jest/globals';
import { type ErasureRequest, requestsOf } from '../../src/ledger/requests/ledger.ts';
import { type Chaos, chance, scene } from '../support/chaos.ts';
import { readWireCommand, type WireCommand } from '../support/chaos-mongo.ts';
import type { TcpProxy, Verdict } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

const SLOW = { BATCH_SIZE: '24', BATCH_PAUSE_MS: '10', LEASE_MS: '600', RELAY_INTERVAL_MS: '100' };

/** Every claim has a name of its own. */
const newOwner = (chaos: Chaos, reference: string, before: string | undefined): Promise<string> =>
  waitFor('the request to be claimed', async () => {
    const owner = (await chaos.row(reference))?.lease?.owner;
    return owner !== before && owner;
  });

/** Holds back the first command of a kind. */
function holdAt(proxy: TcpProxy, at: (command: WireCommand) => boolean) {
  let reached = false;
  let release: () => void = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  proxy.intercept(async ({ from, bytes }): Promise<Verdict> => {
    const command = from === 'client' && !reached ? readWireCommand(bytes) : null;
    if (command && at(command)) {
      reached = true;
      await released;
    }
    return 'pass';
  });
  return { release, reached: () => waitFor('the command to be held', () => reached) };
}

const isAnnouncement = (command: WireCommand) =>
  command.name === 'update' && command.collection === 'lethe_requests' && command.holds('announced');
const isChange = (command: WireCommand) => command.name === 'update' && command.collection === 'sent_sms';
const isEnd = (command: WireCommand) =>
  command.name === 'update' &&
  (command.collection === 'blacklist' || (command.collection === 'lethe_requests' && command.holds('completed_at')));

describe('a worker that is stopped past its lease and goes on', () => {
  it(
    'while another one works on its request: counts stay exact',
    scene(
      'frozen',
      async (chaos) => {
        const random = chance('worker frozen');
        const person = await chaos.person({ contacts: 5, lists: 5, sent: 2500, received: 800, calls: 300 });
        const reference = await chaos.submit(person);
        let working = await chaos.processes.worker(chaos.env);
        let owner = await newOwner(chaos, reference, undefined);
        let idle = await chaos.processes.worker(chaos.env);
        for (let turn = 1; turn <= 4; turn += 1) {
          await new Promise((resolve) => setTimeout(resolve, random() * 60));
          working.signal('SIGSTOP');
          owner = await newOwner(chaos, reference, owner);
          await new Promise((resolve) => setTimeout(resolve, random() * 60));
          working.signal('SIGCONT');
          [working, idle] = [idle, working];
        }
        expect((await chaos.row(reference))?.state).toBe('sweeping');
        await chaos.completed(reference);
        await chaos.expectErased(person, reference);
      },
      SLOW,
    ),
  );

  it.each([
    { what: 'an announcement', at: isAnnouncement },
    { what: 'a change', at: isChange },
    { what: 'the end', at: isEnd },
  ])('with $what under way, when the number has a new request by then: nothing of that one is touched', ({ at }) =>
    scene(
      'stale',
      async (chaos) => {
        const person = await chaos.person({ contacts: 2, sent: 40, received: 20 });
        const reference = await chaos.submit(person);
        const proxy = await chaos.proxyMongo();
        const held = holdAt(proxy, at);
        const stale = await chaos.processes.worker({ ...chaos.env, MONGODB_URI: proxy.uri });
        await held.reached();
        stale.signal('SIGSTOP');

        const other = await chaos.processes.worker(chaos.env);
        await chaos.completed(reference);
        await other.kill();
        const again = await chaos.person({ sent: 7 }, { digits: Number(person.number), on: person });
        const next = await chaos.submit(again);
        // Nobody may begin it yet: whatever happens to it, the stale worker did. Its first look, which lies too far ahead,
        // is bounded by the other one, which then calls for it.
        const untouched = async () => {
          const { look_at: _look, generation: _generation, ...row } = (await chaos.row(next)) ?? {};
          return row as Partial<ErasureRequest>;
        };
        const later = new Date(Date.now() + 3_600_000);
        await requestsOf(chaos.db).updateOne({ reference: next }, { $set: { not_before: later, look_at: later } });
        const before = await untouched();

        stale.signal('SIGCONT');
        held.release();
        // The end is a transaction: stopped for longer than one may take, it is out of time before it is out of lease.
        await stale.said('lease lost to another worker', 'erasure interrupted');
        expect(await untouched()).toEqual(before);
        const suppressions = await chaos.db.collection('blacklist').find({ token: before.token }).toArray();
        expect(suppressions).toMatchObject([{ number: person.number }]);

        await requestsOf(chaos.db).updateOne(
          { reference: next },
          { $set: { not_before: new Date(), look_at: new Date() } },
        );
        await chaos.completed(next);
        await chaos.expectErased(again, next);
        await chaos.expectErased(person, reference);
      },
      SLOW,
    )(),
  );

  it(
    'or only hangs, and keeps its job in the queue alive: another one takes over all the same',
    scene(
      'hung',
      async (chaos) => {
        const person = await chaos.person({ contacts: 2, sent: 40, received: 20 });
        const reference = await chaos.submit(person);
        const proxy = await chaos.proxyMongo();
        const held = holdAt(proxy, isChange);
        const hung = await chaos.processes.worker({ ...chaos.env, MONGODB_URI: proxy.uri });
        await held.reached();
        await chaos.processes.worker(chaos.env);
        await chaos.completed(reference);
        await chaos.expectErased(person, reference);
        held.release();
        await hung.said('lease lost to another worker');
        await chaos.expectErased(person, reference);
      },
      SLOW,
    ),
  );
});
