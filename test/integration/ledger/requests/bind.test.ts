import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { inTransaction } from '../../../../src/base/db/transaction.ts';
import type { Account } from '../../../../src/ledger/accounts/accounts.ts';
import { AUDIT } from '../../../../src/ledger/audit/entry.ts';
import type { FilesLeft } from '../../../../src/ledger/recordings/files.ts';
import { type BinderDependencies, createBinder } from '../../../../src/ledger/requests/bind.ts';
import { lateToken } from '../../../../src/ledger/requests/late-token.ts';
import type { ErasureRequest } from '../../../../src/ledger/requests/ledger.ts';
import { draftRequest } from '../../../../src/ledger/requests/open-request.ts';
import { phoneNumber } from '../../../support/numbers.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';

const NOW = new Date('2026-03-01T10:00:00Z');
const later = (ms: number) => new Date(NOW.getTime() + ms);
const NUMBER = phoneNumber(447700900341);

/** What a request is bound to, by its selector, its contract and its account. */
describe('a bound request', () => {
  let platform: Platform;
  let account: Account;
  beforeAll(async () => {
    platform = await openPlatform('bind');
  });
  afterAll(() => platform?.close());
  beforeEach(async () => {
    ({ account } = await platform.account());
    await platform.core.db.collection('blacklist').deleteMany({});
  });

  const bind = (request: ErasureRequest, more: Partial<BinderDependencies> = {}, of = account) =>
    createBinder({ ...platform.core, now: () => NOW, ...more })(request, of);
  const draft = (more: Partial<ErasureRequest> = {}): ErasureRequest => ({
    ...draftRequest({
      ...{ account_id: account._id, profile: 'forget', selector: { by: 'number' }, requested_by: 'key' },
      token: platform.core.tokens.current(account._id, NUMBER),
      ...{ keep_suppression: true, now: NOW, graceMs: 0, deadlineMs: 1 },
      seal: (own) => platform.core.seal.close(NUMBER, own),
    }),
    ...more,
  });
  const late = (suppressed: boolean) => ({
    selector: { by: 'number' as const, late: { before: NOW, undated: true, suppressed, reference: 'r0', records: [] } },
    token: lateToken(platform.core.tokens.current(account._id, NUMBER)),
  });
  const settle = async (request: ErasureRequest, of = account) => {
    const ending = bind(request, {}, of).ending();
    const settlements = ending?.settlement ? [ending.settlement] : [];
    await inTransaction(platform.core.db, (session) => platform.core.suppressions.settle(settlements, session));
    return ending?.proof ?? null;
  };
  const listed = () =>
    platform.core.db
      .collection('blacklist')
      .find({}, { projection: { _id: 0 } })
      .toArray();
  const looks = { indexed: 'made', scan: 'made', not_scanned: [], files: 'off', reports: 'made' };

  it.each<
    [
      what: string,
      more: () => Partial<ErasureRequest>,
      of: Partial<Account>,
      scan: string,
      is: object,
      isListed: boolean,
    ]
  >([
    ['a whole number', () => ({}), {}, 'needed', looks, true],
    ['a number that leaves the list', () => ({ keep_suppression: false }), {}, 'needed', looks, false],
    ['a number whose records are not read', () => ({}), { scan: 'off' }, 'off', { ...looks, scan: 'off' }, true],
    [
      'the past',
      () => ({ selector: { by: 'number', before: NOW }, token: `k.${'p'.repeat(43)}` }),
      {},
      'none',
      { ...looks, scan: 'none' },
      true,
    ],
    ['late records', () => late(true), {}, 'needed', { ...looks, indexed: 'none' }, true],
    ['late records of who is off the list', () => late(false), {}, 'needed', { ...looks, indexed: 'none' }, false],
  ])(
    'about %s says what it looked at, and leaves the number on the list or not',
    async (_what, more, of, scan, is, isListed) => {
      const request = draft(more());
      const owner = { ...account, ...of };
      const bound = bind(request, {}, owner);
      expect([bound.scan, bound.notScanned]).toEqual([scan, []]);
      const token = platform.core.tokens.current(account._id, NUMBER);
      expect(await settle(request, owner)).toEqual({ request, token, looks: is });
      const row = {
        account_id: account.records_id,
        masked: '44********41',
        token,
        reason: 'gdpr_forget',
        created_at: NOW,
      };
      expect(await listed()).toEqual(isListed ? [row] : []);
    },
  );

  it('waits for scheduled messages, unless it is about what was', async () => {
    const send_at = later(5_000);
    await platform.core.db
      .collection('scheduled_sms')
      .insertOne({ account_id: account.records_id, to: NUMBER, send_at, status: 'pending' });
    const waits = async (more: Partial<ErasureRequest>) => (await bind(draft(more)).lastScheduled()).filter(Boolean);
    expect(await waits({})).toEqual([send_at]);
    expect(await waits({ selector: { by: 'number', before: NOW } })).toEqual([]);
    expect(await waits(late(true))).toEqual([]);
    expect(bind(draft(late(true))).targets).toEqual([]);
    expect(bind(draft()).targets.length).toBeGreaterThan(5);
  });

  it.each<[what: string, more: () => Partial<ErasureRequest>, act: object]>([
    ['a whole number', () => ({}), { action: 'data.erasure', reason: 'gdpr_forget' }],
    ['late records', () => late(true), { action: 'data.erasure', reason: 'late_record' }],
    [
      'age',
      () => ({ profile: 'retention', selector: { by: 'age', before: NOW }, token: 'k.age' }),
      { action: 'data.retention', reason: 'retention_period' },
    ],
  ])('about %s has an entry in the audit, once for what was erased', async (_what, more, act) => {
    const request = draft(more());
    const bound = bind(request);
    await bound.record({ calls: 2, sent_sms: 1 });
    await bound.record({ calls: 2, sent_sms: 1 });
    const entries = await platform.core.db.collection(AUDIT).find({ account_id: account._id }).toArray();
    const token = request.selector.by === 'age' ? 'k.age' : platform.core.tokens.current(account._id, NUMBER);
    expect(entries.map(({ _id, seq, previous, mac, ...entry }) => entry)).toEqual([
      {
        ...{ account_id: account._id, actor: 'key', at: NOW, counts: { calls: 2, sent_sms: 1 }, token, ...act },
        ...{ reference: request.reference, once: `completed:${request.reference}:3` },
      },
    ]);
    await bound.record({ calls: 3, sent_sms: 1 });
    expect(await platform.core.db.collection(AUDIT).countDocuments({ account_id: account._id })).toBe(2);
  });

  it('by age proves nothing, and waits for nothing', async () => {
    const request = draft({ profile: 'retention', selector: { by: 'age', before: NOW }, token: 'k.age' });
    const bound = bind(request);
    expect([bound.scan, await bound.lastScheduled(), await settle(request), await listed()]).toEqual([
      'none',
      [],
      null,
      [],
    ]);
    const keys = bound.targets.map(({ name }) => name);
    expect(keys).toContain('sent_sms');
    const apart = { sent_sms: null, calls: later(-1) };
    const other = bind({ ...request, selector: { by: 'age', before: NOW, apart } });
    expect(other.targets.map(({ name }) => name)).toEqual(keys.filter((name) => name !== 'sent_sms'));
  });

  it('without its number is nobody’s', () => {
    const { sealed: _, ...request } = draft();
    expect(() => bind(request)).toThrow('cannot be opened');
  });

  it('has files of recordings removed first, then those of reports', async () => {
    const asked: unknown[] = [];
    const report: FilesLeft = { where: 'report', again: NOW, tries: 0 };
    const copies: BinderDependencies['copies'] = {
      clear: async (erased) => {
        asked.push(erased);
        return report;
      },
    };
    const signal = new AbortController().signal;
    const remove = (left: FilesLeft | null, more: Partial<ErasureRequest> = {}, given = signal) =>
      bind(draft({ reference: 'r1', sealed: platform.core.seal.close(NUMBER, 'r1'), ...more }), {
        copies,
        files: {
          ...platform.core.files,
          removeNow: async (owner) => {
            asked.push(owner);
            return left;
          },
        },
      }).removeFiles(given);
    const owner = { account: account._id, reference: 'r1' };
    expect(await remove(null)).toEqual(report);
    const token = platform.core.tokens.current(account._id, NUMBER);
    const countries = platform.core.countriesOf(account);
    expect(asked).toEqual([owner, { ...owner, number: NUMBER, countries, actor: 'key', token }]);
    asked.length = 0;
    // One that was cut off is due: asked for again after a pause.
    const left = { where: 'calls.url', again: NOW, tries: 1 };
    expect(await remove(left)).toEqual({ ...left, again: later(2_000) });
    expect(await remove({ ...left, again: later(1) })).toEqual({ ...left, again: later(1) });
    expect(await remove(left, {}, AbortSignal.abort())).toEqual(left);
    expect(asked).toEqual([owner, owner, owner]);
    expect(await remove(null, { profile: 'contact' })).toBeNull();
  });
});
