import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Account } from '../../../src/ledger/accounts/accounts.ts';
import {
  allowRedaction,
  callOf,
  JO,
  makeAgency,
  receivedOf,
  sentOf,
  setRedaction,
} from '../../support/interactions.ts';
import { openPlatform, type Platform } from '../../support/platform.ts';
import { indexPlatform } from '../../support/records.ts';
import { snapshotDatabase } from '../../support/snapshot.ts';
import { call } from '../../support/wire.ts';

const at = (day: number) => new Date(Date.UTC(2026, 5, day, 12));
const YES = { redact_content: true, understood: true };
const PAST = { redact_past: true, understood: true };

describe('a redaction by hand that is refused redacts nothing', () => {
  let platform: Platform;
  let url: string;
  let made: Awaited<ReturnType<typeof makeAgency>>;
  let account: Account;
  let before: unknown;

  beforeAll(async () => {
    platform = await openPlatform('e2e-redact-refused', { RATE_LIMIT_PER_SECOND: '0' });
    await indexPlatform(platform.core.db);
    ({ url } = await platform.startApi());
  });
  beforeEach(async () => {
    made = await makeAgency(platform);
    account = made.sub.account;
    await allowRedaction(platform, made, { manual: true });
    await put(
      'calls',
      callOf(account, 'c1', at(1)),
      callOf(account, 'gone', at(1), { from: null, redacted_at: at(2) }),
      callOf(account, 'forgotten', at(1), { from: '44********23' }),
      callOf(account, 'word', at(1), { from: '[REDACTED]' }),
      callOf(account, 'name', at(1), { from: 'withheld' }),
      callOf(account, 'odd', at(1), { direction: 'sideways' }),
      callOf(account, 'twice', at(1)),
    );
    await put('sent_sms', sentOf(account, 'twice', at(1)), sentOf(account, 'both', at(1)));
    await put('received_sms', receivedOf(account, 'both', at(1)));
    before = await snapshotDatabase(platform);
  });
  afterAll(() => platform?.close());

  const db = () => platform.core.db;
  const put = (collection: string, ...rows: object[]) => db().collection(collection).insertMany(rows);
  const rowOf = (collection: string, id: Record<string, unknown>) =>
    db()
      .collection(collection)
      .findOne({ account_id: account.records_id, ...id }, { projection: { _id: 0, account_id: 0 } });
  const path = (id: string, query = '') =>
    `/accounts/${account._id}/interactions/${encodeURIComponent(id)}/redact${query}`;
  const redact = (id: string, body: object | string, key = made.sub.key, query = '') =>
    call(url, path(id, query), { method: 'POST', key, body });

  const expectRefused = async (answer: Awaited<ReturnType<typeof redact>>, status: number, says: RegExp) => {
    expect({ status: answer.status, body: answer.body }).toEqual({
      status,
      body: { error: { code: status, msg: expect.stringMatching(says) } },
    });
    expect(await snapshotDatabase(platform)).toEqual(before);
  };

  const bodies: [string, object | string, number, RegExp][] = [
    ['no word of understanding', { redact_content: true }, 422, /understood must be true/],
    ['understood: false', { ...YES, understood: false }, 422, /understood must be true/],
    ['understood: "true"', { ...YES, understood: 'true' }, 422, /understood must be true/],
    ['understood: 1', { ...YES, understood: 1 }, 422, /understood must be true/],
    ['understood: null', { ...YES, understood: null }, 422, /understood must be true/],
    ['understood: an operator', { ...YES, understood: { $ne: false } }, 422, /understood must be true/],
    ['a form', 'redact_content=true&understood=true', 400, /not JSON/],
    ['nothing', {}, 422, /understood must be true/],
    ['neither', { understood: true }, 422, /redact_content or redact_past must be true/],
    ['both false', { understood: true, redact_content: false, redact_past: false }, 422, /must be true/],
    ['redact_content: "true"', { ...YES, redact_content: 'true' }, 422, /redact_content must be true or false/],
    ['redact_content: null', { ...YES, redact_content: null }, 422, /redact_content must be/],
    ['redact_past: 1', { ...YES, redact_past: 1 }, 422, /redact_past must be/],
    ['redact_past: an operator', { ...YES, redact_past: { $gt: '' } }, 422, /redact_past must be/],
    ['__proto__', '{"__proto__":{"understood":true,"redact_content":true}}', 422, /understood must be true/],
    ['a list', '[]', 400, /object of fields/],
    ['null', 'null', 400, /object of fields/],
    ['broken JSON', '{"understood":true', 400, /not JSON/],
    ['a megabyte', JSON.stringify(YES).padEnd(1_000_000), 413, /larger than 10 kB/],
  ];
  it.each(bodies)('body: %s', async (_name, body, status, says) => {
    await expectRefused(await redact('c1', body), status, says);
  });

  it('no body at all', async () => {
    await expectRefused(await call(url, path('c1'), { method: 'POST', key: made.sub.key }), 422, /understood/);
  });

  it.each([
    ['nobody’s', 'nope'],
    ['an operator', '{"$ne":null}'],
    ['10,000 characters', 'a'.repeat(10_000)],
    ['a zero byte', 'c1\0'],
    ['another case', 'C1'],
    ['__proto__', '__proto__'],
  ])('an id: %s', async (_name, id) => {
    await expectRefused(await redact(id, YES), 404, /^Not found$/);
  });

  it.each([
    ['redacted already', 'gone', /is gone/],
    ['forgotten', 'forgotten', /is gone/],
    ['a word in its place', 'word', /is gone/],
    ['no number', 'name', /cannot be told/],
    ['whose of the two, nobody knows', 'odd', /cannot be told/],
  ])('the past of a contact that is %s', async (_name, id, says) => {
    await expectRefused(await redact(id, { ...PAST, redact_content: true }), 409, says);
  });

  it('an id that stands for two, until it says which', async () => {
    await expectRefused(await redact('twice', YES), 409, /more than one/);
    await expectRefused(await redact('both', YES, made.sub.key, '?kind=text'), 409, /more than one/);
    await expectRefused(await redact('both', YES, made.sub.key, '?direction=up'), 422, /direction must be/);
    const call_ = await redact('twice', YES, made.sub.key, '?kind=call');
    expect(call_.body).toMatchObject({ kind: 'call', redacted: true });
    const text = await redact('both', YES, made.sub.key, '?direction=inbound');
    expect(text.body).toMatchObject({ direction: 'inbound', redacted: true });
    expect(await rowOf('sent_sms', { message_id: 'twice' })).toMatchObject({ to: JO });
    expect(await rowOf('sent_sms', { message_id: 'both' })).toMatchObject({ to: JO });
  });

  it('an account whose redaction by hand is off, or whose agency forbids it', async () => {
    await setRedaction(platform, account, { manual: false, automatic: 'daily' });
    before = await snapshotDatabase(platform);
    await expectRefused(await redact('c1', YES), 403, /Manual redaction is not enabled/);
    await setRedaction(platform, account, { manual: true });
    await setRedaction(platform, made.agency.account, { manual: true });
    before = await snapshotDatabase(platform);
    await expectRefused(await redact('c1', YES), 403, /agency does not allow/);
    await expectRefused(await redact('c1', YES, made.agency.key), 403, /agency does not allow/);
    // Without understanding, and not allowed: refused all the same.
    await expectRefused(await redact('c1', {}), 403, /agency does not allow/);
  });

  it('callers without a key, with another’s, and other methods', async () => {
    await expectRefused(await call(url, path('c1'), { body: YES }), 401, /Unauthorized/);
    await expectRefused(await redact('c1', YES, made.stranger.key), 404, /^Not found$/);
    await expectRefused(await redact('c1', YES, made.sibling.key), 404, /^Not found$/);
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await call(url, path('c1'), { method, key: made.sub.key });
      expect({ status: answer.status, allow: answer.headers.allow }).toEqual({ status: 405, allow: 'POST' });
    }
  });

  it('an id of another account', async () => {
    await put('calls', callOf(made.sibling.account, 'theirs', at(1)));
    before = await snapshotDatabase(platform);
    await expectRefused(await redact('theirs', YES), 404, /^Not found$/);
  });
});
