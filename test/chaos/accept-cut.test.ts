import { describe, expect, it } from '@jest/globals';
import { requestsOf } from '../../src/ledger/requests/ledger.ts';
import { type Chaos, forgetPerson, type Person, scene } from '../support/chaos.ts';
import { answeredId, type MongoProxy, readWireCommand } from '../support/chaos-mongo.ts';
import { waitFor } from '../support/wait-for.ts';

/** The messages of the transaction that accepts a request, in their order. */
const MESSAGES = ['insert', 'update', 'commitTransaction'] as const;
const SIDES = ['before', 'after'] as const;

interface Cut {
  readonly at: (typeof MESSAGES)[number];
  /** Before the server has the message, or after it has answered and before the client knows. */
  readonly side: (typeof SIDES)[number];
  /** Is the server away from then on, or only for a moment? */
  readonly away: boolean;
}

const CUTS: readonly Cut[] = MESSAGES.flatMap((at) =>
  SIDES.flatMap((side) => [true, false].map((away) => ({ at, side, away }))),
);

describe('a request whose acceptance is cut off', () => {
  it(
    'at any message of its transaction: request and suppression are both there, or neither is',
    scene('accept-cut', async (chaos) => {
      const references = await Promise.all(
        MESSAGES.map(async (message) => {
          const proxy = await chaos.proxyMongo();
          const api = await chaos.processes.api({ ...chaos.env, MONGODB_URI: proxy.uri });
          const accepted: string[] = [];
          for (const cut of CUTS.filter(({ at }) => at === message))
            accepted.push(await acceptThrough(chaos, api, proxy, cut));
          return accepted;
        }),
      );
      await chaos.processes.worker(chaos.env);
      for (const reference of references.flat()) await chaos.completed(reference);
      // The others' requests may come after these.
      await waitFor('all requests to be completed', async () => {
        return (await requestsOf(chaos.db).countDocuments({ unfinished: true })) === 0;
      });
      const people = CUTS.length * 2;
      expect(await requestsOf(chaos.db).countDocuments({})).toBe(people);
      expect(await chaos.db.collection('lethe_audit').countDocuments({})).toBe(people);
    }),
  );
});

/** @returns the reference of the person's one request */
async function acceptThrough(
  chaos: Chaos,
  api: { readonly url: string },
  proxy: MongoProxy,
  cut: Cut,
): Promise<string> {
  // Somebody else first: the API has its database, and has connections to lose.
  await acceptInTheEnd(api, await chaos.person({ sent: 1 }));
  const person = await chaos.person({ sent: 1 });
  const wasCut = cutAt(proxy, cut);
  const answer = await forgetPerson(api, person);
  expect({ ...cut, cut: wasCut(), status: answer.status }).toEqual({ ...cut, cut: true, status: cut.away ? 503 : 200 });
  if (cut.away) expect(answer.headers).toHaveProperty('retry-after');
  const { requests, suppressions } = await present(chaos, person);
  expect({ ...cut, requests: requests.length }).toEqual({ ...cut, requests: suppressions });

  proxy.pass();
  const reference = await acceptInTheEnd(api, person);
  if (!cut.away) expect(reference).toBe(answer.body.reference);
  expect({ ...cut, ...(await present(chaos, person)) }).toEqual({ ...cut, requests: [reference], suppressions: 1 });
  return reference;
}

async function acceptInTheEnd(api: { readonly url: string }, person: Person): Promise<string> {
  const { body } = await waitFor('the request to be accepted', async () => {
    const answer = await forgetPerson(api, person);
    return answer.status === 200 && answer;
  });
  return body.reference;
}

function cutAt(proxy: MongoProxy, { at, side, away }: Cut): () => boolean {
  let done = false;
  let awaited: number | undefined;
  proxy.intercept(({ from, bytes }) => {
    if (done) return 'pass';
    if (from === 'client') {
      const command = readWireCommand(bytes);
      if (!command?.inTransaction || command.name !== at) return 'pass';
      if (side === 'after') {
        awaited = command.id;
        return 'pass';
      }
    } else if (awaited === undefined || answeredId(bytes) !== awaited) return 'pass';
    done = true;
    if (away) proxy.refuse();
    return 'cut';
  });
  return () => done;
}

/** What the database holds of the person's request, seen past the proxy. */
async function present(chaos: Chaos, person: Person): Promise<{ requests: string[]; suppressions: number }> {
  const rows = await requestsOf(chaos.db).find({ account_id: person.account._id }).toArray();
  return {
    requests: rows.map(({ reference }) => reference),
    suppressions: await chaos.db.collection('blacklist').countDocuments({ number: person.number }),
  };
}
