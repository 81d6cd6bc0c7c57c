import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { countInteractions } from '../../../../src/contracts/interactions/figures.ts';
import { callOf, makeAgency, type Party } from '../../../support/interactions.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';
import { waitFor } from '../../../support/wait-for.ts';
import { call } from '../../../support/wire.ts';

const CONTACTS = 3_000;

describe('reading that is heavy', () => {
  let platform: Platform;
  let url: string;
  let busy: Party;
  let other: Party;
  beforeAll(async () => {
    platform = await openPlatform('heavy-reading', { RATE_LIMIT_PER_SECOND: '0', NUMBER_PREFIXES: '447,353' });
    ({ url } = await platform.startApi());
    ({ agency: busy, stranger: other } = await makeAgency(platform));
    const calls = Array.from({ length: CONTACTS }, (_, index) =>
      callOf(busy.account, `c${index}`, new Date('2026-06-01'), {
        // In national form: each has to be read.
        from: `07700${900_000 + index}`,
        source: `source ${index}`,
        tags: [`tag ${index}`],
      }),
    );
    await platform.core.db.collection('calls').insertMany(calls);
  });
  afterAll(() => platform?.close());

  const count = (signal?: AbortSignal) =>
    countInteractions(
      platform.core.db,
      platform.core.dataMap,
      busy.account.records_id,
      {},
      platform.core.countriesOf(busy.account),
      signal,
    );

  it('the figures count every contact', async () => {
    expect((await count()).contacts).toEqual({ count: CONTACTS, at_least: false });
  });

  it('the figures end when their caller goes', async () => {
    const gone = new AbortController();
    const counting = count(gone.signal);
    gone.abort(new Error('gone'));
    await expect(counting).rejects.toThrow('gone');
  });

  const heavy = (account: string) => [
    `/accounts/${account}/interactions/report`,
    '/gdpr/access?number=447700900123',
    '/v2/reports/records',
    '/search/messages?date_start=2026-01-01',
  ];
  it('an account has few of them at once, of whatever kind, and others are not concerned', async () => {
    const paths = Array.from({ length: 4 }, () => heavy(busy.account._id)).flat();
    const asked = paths.map((path) => call(url, path, { key: busy.key }));
    const others = heavy(other.account._id).slice(0, 3);
    const beside = await Promise.all(others.map((path) => call(url, path, { key: other.key })));
    expect(beside.map((answer) => answer.status)).toEqual([200, 200, 200]);
    const answers = await Promise.all(asked);
    const refused = answers.filter((answer) => answer.status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.headers['retry-after']).toBe('1');
    expect(answers.filter((answer) => answer.status === 200).length).toBeGreaterThanOrEqual(4);
    // Places are given back, also after a refusal.
    for (const path of heavy(busy.account._id)) expect((await call(url, path, { key: busy.key })).status).toBe(200);
  });

  it('a caller that goes gives its place back', async () => {
    for (let round = 0; round < 3; round += 1) {
      const gone = new AbortController();
      const [path = ''] = heavy(busy.account._id);
      const asked = Array.from({ length: 4 }, () =>
        fetch(url + path, { headers: { authorization: `Bearer ${busy.key}` }, signal: gone.signal }),
      );
      setImmediate(() => gone.abort());
      await Promise.allSettled(asked);
    }
    await waitFor(
      'a place',
      async () => (await call(url, '/v2/reports/records?limit=1', { key: busy.key })).status === 200,
    );
  });
});
