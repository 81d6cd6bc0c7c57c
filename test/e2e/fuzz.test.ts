import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allowRedaction, callOf, makeAgency } from '../support/interactions.ts';
import { type DescribedOperation, readOperations } from '../support/operations.ts';
import { openPlatform, type Platform } from '../support/platform.ts';
import { insertRecords } from '../support/records.ts';

const CALLS_A_SEED = 20;
const SEEDS = [1, 2];
const AT_ONCE = 8;
/** Far more than any of these calls may take: one that takes longer hangs. */
const HANG_MS = 60_000;
const CANARY = '447700900321';
const NATIONAL = '7700900321';

/** A small generator of numbers (Marsaglia's xorshift): the same seed makes the same calls. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** The canary as people and attackers write it. */
const CLOTHES = [
  CANARY,
  `+${CANARY}`,
  `00${CANARY}`,
  `0${NATIONAL}`,
  '+44 (0)7700-900321',
  '44:7700:900:321',
  'x447700900321',
  '00000000-0000-4000-8000-447700900321',
  `${CANARY}aaaaaaaaaaaa`,
  '𝟒𝟒𝟕𝟕𝟎𝟎𝟗𝟎𝟎𝟑𝟐𝟏',
  '๔๔๗๗๐๐๙๐๐๓๒๑',
  '４４７７００９００３２１',
  `acc_${CANARY}`,
  `'; ${CANARY} --`,
  `{"$ne":"${CANARY}"}`,
];
const NASTY: readonly unknown[] = [
  null,
  true,
  '',
  ' ',
  0,
  -1,
  1e300,
  1.5,
  [],
  {},
  [[]],
  { $gt: '' },
  { $where: CANARY },
  { __proto__: { number: CANARY } },
  'a'.repeat(5_000),
  '\0',
  '\ud800',
  '../../etc/passwd',
  '%00',
  'yesterday',
  '2026-01-01',
  'sms',
  'true',
];

/** What says to who asked how it has read their number. */
const REPEATS = [
  'PUT /v1/contacts/{e164}',
  'DELETE /v1/contacts/{e164}',
  'POST /gdpr/forget/preview',
  'POST /gdpr/status',
];

/** Is the canary in a text, whatever stands between its digits and whatever they look like? */
function holdsCanary(text: string): boolean {
  const folded = text.normalize('NFKC').replace(/[\u0e50-\u0e59]/g, (digit) => String(digit.charCodeAt(0) - 0xe50));
  return folded.replace(/[^0-9A-Za-z]/g, '').includes(NATIONAL);
}

describe('any call, however it is written', () => {
  let platform: Platform;
  let url: string;
  let keys: string[];
  let places: Record<string, string>;
  let operations: DescribedOperation[];

  beforeAll(async () => {
    platform = await openPlatform('e2e-fuzz', {
      RATE_LIMIT_PER_SECOND: '0',
      REDACT_RATE_LIMIT: '0',
      REDACT_WAIT_MINUTES: '0',
    });
    ({ url } = await platform.startApi());
    const { agency, sub } = await makeAgency(platform);
    await allowRedaction(platform, { agency, sub }, { manual: true });
    const at = new Date('2026-01-01');
    await insertRecords(platform.core.db, sub.account.records_id, '447700900555', { contacts: 2, sent: 20, calls: 4 });
    await platform.core.db.collection('calls').insertOne(callOf(sub.account, 'c77', at));
    keys = [agency.key, sub.key];
    places = { account: sub.account._id, interaction: 'c77', e164: '447700900555', id: 's1' };
    operations = (await readOperations(url)).filter(({ template }) => !template.startsWith('/docs'));
  });
  afterAll(() => platform?.close());

  interface Made {
    readonly path: string;
    readonly init: RequestInit;
  }
  const make = (operation: DescribedOperation, random: (below: number) => number): Made => {
    const pick = <Item>(items: readonly Item[]): Item => items[random(items.length)] as Item;
    const value = (): unknown => (random(2) === 0 ? pick(CLOTHES) : pick(NASTY));
    const text = () => {
      const one = value();
      return (typeof one === 'string' ? one : JSON.stringify(one)).replace(/\ud800/g, '') || 'x';
    };
    const path = operation.template.replace(/\{(\w+)\}/g, (_all, name: string) =>
      encodeURIComponent(random(3) > 0 ? (places[name] ?? text()) : text()),
    );
    const query = new URLSearchParams();
    for (const name of operation.query) if (random(2) === 0) query.append(name, text());
    if (random(6) === 0) query.append(text().slice(0, 60), text());
    const fields: Record<string, unknown> = {};
    for (const name of operation.body ?? []) if (random(3) > 0) fields[name] = value();
    if (random(6) === 0) fields[text().slice(0, 60)] = value();
    const body = pick([JSON.stringify(fields), JSON.stringify(fields), text(), `${JSON.stringify(fields)}}`]);
    const hasBody = operation.method !== 'GET' && (operation.body !== null || random(6) === 0);
    return {
      path: `${path}?${query}`,
      init: {
        method: operation.method,
        headers: { authorization: `Bearer ${random(12) === 0 ? text().replace(/[^\x20-\x7e]/g, '') : pick(keys)}` },
        ...(hasBody && { body }),
      },
    };
  };

  it.each(SEEDS)('no fault of the server, no hang, no echo of a number: seed %d', async (seed) => {
    const random = makeRandom(seed);
    const calls = operations.flatMap((operation) =>
      Array.from({ length: CALLS_A_SEED }, () => ({ operation, ...make(operation, random) })),
    );
    expect(calls.length).toBeGreaterThan(500);
    const faults: object[] = [];
    const seen = new Set<number>();
    const turn = async () => {
      for (let one = calls.pop(); one !== undefined; one = calls.pop()) {
        const { operation, path, init } = one;
        const answer = await fetch(url + path, { ...init, signal: AbortSignal.timeout(HANG_MS) });
        const answered = await answer.text();
        seen.add(answer.status);
        const mayRepeat = REPEATS.includes(`${operation.method} ${operation.template}`) && answer.status === 200;
        const headers = JSON.stringify([...answer.headers]);
        if (answer.status >= 500 || (!mayRepeat && holdsCanary(answered)) || holdsCanary(headers))
          faults.push({ path, body: init.body, status: answer.status, answered: answered.slice(0, 300), headers });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, turn));
    expect(faults).toEqual([]);
    for (const status of [200, 401, 404, 422]) expect(seen).toContain(status);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});
