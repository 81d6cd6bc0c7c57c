import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { claimRequest, type Lease } from '../../../../src/ledger/requests/lease.ts';
import { type ErasureRequest, MOST_ATTEMPTS, requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import {
  createLedgerWrites,
  type LedgerWrites,
  type RequestEnding,
} from '../../../../src/ledger/requests/ledger-writes.ts';
import { draftRequest, openRequest } from '../../../../src/ledger/requests/open-request.ts';
import { LeaseLost } from '../../../../src/ledger/work/lease.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';

const NOW = new Date('2026-03-01T10:00:00Z');
const NEVER = new Date('9999-01-01T00:00:00Z');
const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1_000);

/** What stands in the ledger after each write of a lease: the whole row, so that nothing is left or lost unseen. */
describe('a request under a lease', () => {
  let platform: Platform;
  let ledger: LedgerWrites;
  let clock = NOW;
  const concluded: RequestEnding[] = [];
  const options = () => ({
    ...{ times: { leaseMs: 60_000, renewBelowMs: 20_000 }, now: () => clock },
    seal: platform.core.seal,
  });
  beforeAll(async () => {
    platform = await openPlatform('lease-rows');
    ledger = createLedgerWrites(platform.core.db, async (endings) => void concluded.push(...endings));
  });
  afterAll(() => platform?.close());
  beforeEach(() => {
    clock = NOW;
    concluded.length = 0;
  });

  const looks = { indexed: 'made', scan: 'made', not_scanned: [], files: 'off', reports: 'made' } as const;
  const ending: RequestEnding = {
    proof: { request: { _id: new mongoose.mongo.ObjectId(), account_id: 'acc_1' }, token: 'k.t', looks },
    settlement: null,
  };
  const rows = () => requestsOf(platform.core.db);
  const input = (more: Partial<Parameters<typeof draftRequest>[0]> = {}) => ({
    ...{ account_id: 'acc_1', profile: 'forget' as const, selector: { by: 'number' as const }, token: 'k.t' },
    ...{ requested_by: 'key', keep_suppression: true, now: NOW, deadlineMs: 3_600_000, graceMs: 5_000 },
    ...more,
  });
  let serial = 0;
  const add = async (more: Partial<ErasureRequest> = {}): Promise<ErasureRequest> => {
    serial += 1;
    const request = { ...draftRequest(input({ token: `k.t${serial}` })), ...more };
    await rows().insertOne(request);
    return request;
  };
  const read = ({ _id }: ErasureRequest) => rows().findOne({ _id });
  const claim = async ({ account_id: account, reference }: ErasureRequest) =>
    claimRequest(ledger, { account, reference }, options());
  const take = async (more: Partial<ErasureRequest> = {}): Promise<{ row: ErasureRequest; lease: Lease }> => {
    const claimed = await claim(await add(more));
    if (claimed.outcome !== 'claimed') throw new Error(claimed.outcome);
    return { row: claimed.request, lease: claimed.lease };
  };
  const batch = (name: string, ...ids: unknown[]) => ({ target: `${name}.to`, name, ids });
  const refusal = (id: unknown) => ({ name: 'calls', id, why: 'refused' as const, where: 'calls.from' });
  const stored = (...ids: unknown[]) => ({ name: 'calls', why: 'refused', where: 'calls.from', ids });

  it('enters the ledger as it was asked for', () => {
    const { _id, reference, ...rest } = draftRequest(
      input({ seal: (own) => `sealed for ${own}`, writings: (own) => `written for ${own}`, batch: 'b' }),
    );
    expect(reference).toMatch(/^[A-Za-z0-9]{15}$/);
    expect(rest).toStrictEqual({
      ...{ account_id: 'acc_1', profile: 'forget', selector: { by: 'number' }, token: 'k.t', requested_by: 'key' },
      ...{ keep_suppression: true, batch: 'b', state: 'accepted', unfinished: true },
      ...{ sealed: `sealed for ${reference}`, sealed_writings: `written for ${reference}` },
      ...{ created_at: NOW, due_at: at(3_600), not_before: new Date(0), look_at: at(5), generation: 1 },
      ...{ erased: {}, failures: 0 },
    });
    const { _id: _other, reference: _another, ...graced } = draftRequest(input({ cancellableMs: 60_000 }));
    expect(graced).toStrictEqual({
      ...{ account_id: 'acc_1', profile: 'forget', selector: { by: 'number' }, token: 'k.t', requested_by: 'key' },
      ...{ keep_suppression: true, state: 'accepted', unfinished: true },
      ...{ created_at: NOW, due_at: at(3_600), not_before: at(60), grace_until: at(60), look_at: at(65) },
      ...{ generation: 1, erased: {}, failures: 0 },
    });
  });

  it('is opened once while it is unfinished; another account, number or contract has its own', async () => {
    const { db } = platform.core;
    const first = await openRequest(db, input());
    expect(first.fresh).toBe(true);
    expect(await read(first.request)).toEqual(first.request);
    expect(await openRequest(db, input({ requested_by: 'other' }))).toEqual({ request: first.request, fresh: false });
    for (const more of [{ account_id: 'acc_2' }, { token: 'k.u' }, { profile: 'contact' as const }])
      expect((await openRequest(db, input(more))).fresh).toBe(true);
    await rows().updateOne({ _id: first.request._id }, { $unset: { unfinished: '' } });
    expect((await openRequest(db, input())).fresh).toBe(true);
  });

  it('is claimed: leased, looked after when the lease ends, begun once', async () => {
    const request = await add({ failures: 2 });
    clock = at(1);
    const claimed = await claim(request);
    if (claimed.outcome !== 'claimed') throw new Error(claimed.outcome);
    const leased = { lease: { owner: expect.any(String), until: at(61) }, look_at: at(61), state: 'sweeping' };
    expect(claimed.request).toEqual({ ...request, ...leased, begun_at: at(1) });
    expect(await read(request)).toEqual(claimed.request);
    clock = at(61);
    expect(await claim(request)).toMatchObject({ outcome: 'claimed', request: { begun_at: at(1) } });
  });

  it.each<[what: string, more: Partial<ErasureRequest>, outcome: object]>([
    ['is held', { lease: { owner: 'a', until: at(9) } }, { outcome: 'later', at: at(9) }],
    ['is to wait', { not_before: at(7) }, { outcome: 'later', at: at(7) }],
    ['is to wait longer than it is held', { not_before: at(9), lease: { owner: 'a', until: at(7) } }, { at: at(9) }],
    ['ends its wait in a moment', { not_before: new Date(NOW.getTime() + 1) }, { at: new Date(NOW.getTime() + 50) }],
    ['waits for a scan', { state: 'scanning' }, { outcome: 'parked' }],
    ['was read for', { state: 'scanning', scan: { done: NOW } }, { outcome: 'claimed' }],
    ['is due now', { not_before: NOW, lease: { owner: 'a', until: NOW } }, { outcome: 'claimed' }],
  ])('that %s', async (_what, more, outcome) => {
    expect(await claim(await add(more))).toMatchObject(outcome);
  });

  it('of the same reference on another account is another', async () => {
    const [one, other] = [await add({ account_id: 'acc_3' }), await add({ account_id: 'acc_4' })];
    await rows().updateOne({ _id: other._id }, { $set: { reference: one.reference } });
    const both = await Promise.all([claim(one), claim({ ...other, reference: one.reference })]);
    expect(both.map((claimed) => claimed.outcome === 'claimed' && claimed.request.account_id)).toEqual([
      'acc_3',
      'acc_4',
    ]);
    expect(await claim({ ...one, account_id: 'acc_5' })).toEqual({ outcome: 'finished' });
  });

  it('announces what it is about to change, and counts what it has changed', async () => {
    const { row, lease } = await take({ erased: { calls: 1 }, failures: 1 });
    clock = at(2);
    const id = new mongoose.mongo.ObjectId();
    await lease.announce([batch('calls', 1, 2)], [], 'sweeping', { notes: 'sealed1' }, [refusal(id)]);
    const leased = { lease: { owner: row.lease?.owner, until: at(62) }, look_at: at(62) };
    const after = {
      ...{ ...row, ...leased, announced: [batch('calls', 1, 2)], references: { notes: ['sealed1'] } },
      refused: [stored(id)],
    };
    expect(await read(row)).toEqual(after);
    // A record at two places of one collection is one; what is refused is written when there is more of it.
    const changed = [batch('calls', 1, 2), batch('calls', 2, 3), batch('sent_sms', 7)];
    await lease.announce([], changed, 'verifying', { notes: 'sealed2', lists: 'sealed3' }, [refusal('other')]);
    expect(lease.erasedWith([batch('calls', 9)])).toEqual({ calls: 5, sent_sms: 1 });
    expect(lease.references()).toEqual({ notes: ['sealed1', 'sealed2'], lists: ['sealed3'] });
    const next = { announced: [], state: 'verifying', erased: { calls: 4, sent_sms: 1 } };
    expect(await read(row)).toEqual({
      ...{ ...after, ...next, references: { notes: ['sealed1', 'sealed2'], lists: ['sealed3'] } },
    });
    await lease.announce([], [], 'verifying', {}, [refusal(id), refusal('447700900123')]);
    const refused = (await read(row))?.refused;
    expect(refused).toEqual([{ name: 'calls', why: 'refused', where: 'calls.from', sealed: expect.any(String) }]);
    clock = at(63);
    const taken = await claim(row);
    if (taken.outcome !== 'claimed') throw new Error(taken.outcome);
    expect(taken.lease.left()).toEqual({ announced: [], refused: [refusal(id), refusal('447700900123')] });
    expect(taken.lease.references()).toEqual({ notes: ['sealed1', 'sealed2'], lists: ['sealed3'] });
    // Left by somebody else: written anew, however many they are.
    await taken.lease.announce([], [], 'sweeping', {}, []);
    expect((await read(row))?.refused).toEqual([]);
    await expect(lease.announce([], [], 'sweeping')).rejects.toThrow(LeaseLost);
  });

  it('is held longer when its lease is about to end', async () => {
    const { row, lease } = await take();
    clock = at(39);
    await lease.renew();
    expect(await read(row)).toEqual(row);
    clock = at(40);
    await lease.renew();
    expect(await read(row)).toEqual({
      ...{ ...row, lease: { ...row.lease, until: at(100) }, look_at: at(100) },
    });
    await rows().updateOne({ _id: row._id }, { $set: { 'lease.owner': 'other' } });
    clock = at(90);
    await expect(lease.renew()).rejects.toThrow(LeaseLost);
  });

  const standing = { name: 'refused' as const, where: 'calls.from', at: at(1), count: 1 };
  /** Everything that a request may have picked up on its way. */
  const busy = (): Partial<ErasureRequest> => ({
    ...{ sealed: 's', sealed_writings: 'w', references: { notes: ['k'] }, suppressed_before: { was: 'absent' } },
    ...{ announced: [batch('calls', 1)], refused: [stored('x')] as never, failure: standing, failing_since: at(-9) },
    ...{ wait: 'scheduled', wait_until: at(-1), file_left: { where: 'calls.recording_url', tries: 1 } },
    ...{ attempts: [standing], causes: { refused: 1 }, failures: 1, erased: { calls: 2 }, alarmed: 4 },
    scan: {
      ...{ since: at(-5), done: at(-4), joined: { place: 1 } as never, from: 3, failures: [standing], failed: 1 },
      ...{ scheduled: true, elsewhere: [{ path: 'sent_sms.body', count: 2 }] },
    },
  });
  const gone = (row: ErasureRequest, ...names: (keyof ErasureRequest)[]) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name as keyof ErasureRequest)));

  it('is completed: what is personal and what only the work needs is gone, the rest stays', async () => {
    const { row, lease } = await take(busy());
    clock = at(5);
    expect(await lease.complete([batch('calls', 1)], ending)).toBeNull();
    expect(concluded).toEqual([ending]);
    const { joined: _, ...scan } = row.scan ?? {};
    const work = ['unfinished', 'lease', 'announced', 'refused', 'failure', 'failing_since'] as const;
    const personal = ['sealed', 'sealed_writings', 'references', 'suppressed_before'] as const;
    expect(await read(row)).toEqual({
      ...gone(row, ...work, ...personal, 'wait', 'wait_until', 'file_left'),
      ...{ state: 'completed', completed_at: at(5), erased: { calls: 3 }, scan },
    });
  });

  it.each([
    [3_600, {}],
    [3_601, { overdue: true }],
  ])('is completed %i seconds later, in time or not, and says what no scan has read', async (seconds, late) => {
    const { row, lease } = await take();
    await rows().updateOne({ _id: row._id }, { $set: { 'lease.until': at(9_999) } });
    clock = at(seconds);
    await lease.complete([], null, { isUnscanned: true, notScanned: ['archive'] });
    expect(await read(row)).toEqual({
      ...gone(row, 'unfinished', 'lease'),
      ...{ state: 'completed', completed_at: at(seconds), scan: { off: true, not_scanned: ['archive'] }, ...late },
    });
  });

  it('is not completed when the same was asked again: it is looked at once more', async () => {
    const { row, lease } = await take({ scan: { since: at(-5), done: at(-4), from: 1 } });
    await rows().updateOne(
      { _id: row._id },
      { $set: { asked_again: new mongoose.mongo.ObjectId(), keep_suppression: false } },
    );
    const asked = await lease.complete([batch('calls', 1)], ending);
    expect(asked).toEqual({ ...row, keep_suppression: false, scan: { since: at(-5), from: 1 } });
    expect(await read(row)).toEqual(asked);
    expect(concluded).toEqual([]);
    await rows().updateOne({ _id: row._id }, { $set: { 'lease.owner': 'other' } });
    await expect(lease.complete([], null)).rejects.toThrow(LeaseLost);
  });

  it.each([
    ['with nothing in the way', null, {}],
    ['with a record in the way', standing, { failure: standing }],
  ])('is left to a scan, %s', async (_what, known, failure) => {
    const { row, lease } = await take(busy());
    clock = at(5);
    await lease.park([batch('calls', 4, 5)], [refusal('a')], known);
    const { joined: _, from: __, ...scan } = row.scan ?? {};
    expect(await read(row)).toEqual({
      ...gone(row, 'lease', 'wait', 'wait_until', 'file_left', 'failure'),
      ...{ state: 'scanning', not_before: NEVER, look_at: NEVER, announced: [], refused: [stored('a')] },
      ...{ scan: { ...scan, since: at(5) }, erased: { calls: 4 }, ...failure },
    });
  });

  const failure = { name: 'unexpected' as const, where: 'account', at: at(3) };
  const forgotten = { elsewhere: [{ path: 'sent_sms.body', count: 2 }] };
  it.each<[what: string, next: Parameters<Lease['release']>[0], gone: (keyof ErasureRequest)[], now: object]>([
    ['as it is', { state: 'sweeping', at: at(9) }, ['wait_until', 'file_left'], { state: 'sweeping' }],
    [
      'with what was changed',
      { state: 'sweeping', at: at(9), done: [batch('calls', 1)] },
      ['refused', 'wait_until', 'file_left'],
      { state: 'sweeping', announced: [], erased: { calls: 3 } },
    ],
    [
      'with what was changed, and what refused it',
      { state: 'sweeping', at: at(9), done: [], refused: [refusal('b')] },
      ['wait_until', 'file_left'],
      { state: 'sweeping', announced: [], refused: [stored('b')] },
    ],
    [
      'after a failure',
      { state: 'failed', at: at(9), failure, forgetScan: true },
      ['wait_until', 'file_left'],
      {
        ...{ state: 'failed', failure, failures: 2, causes: { refused: 1, unexpected: 1 }, scan: forgotten },
        attempts: [standing, failure],
      },
    ],
    [
      'to wait for messages',
      { state: 'waiting', at: at(9), wait: 'settling', waitUntil: at(8), done: [], standing: null },
      ['refused', 'failing_since', 'failure', 'file_left'],
      { state: 'waiting', wait: 'settling', wait_until: at(8), announced: [] },
    ],
    [
      'to wait for a file',
      { state: 'verifying', at: at(9), fileLeft: { where: 'calls.x', tries: 2 }, standing: { ...standing, count: 5 } },
      ['wait_until'],
      { state: 'verifying', file_left: { where: 'calls.x', tries: 2 }, failure: { ...standing, count: 5 } },
    ],
  ])('is given back %s', async (_what, next, names, now) => {
    const { row, lease } = await take(busy());
    await lease.release(next);
    expect(await read(row)).toEqual({ ...gone(row, 'lease', ...names), not_before: at(9), look_at: at(9), ...now });
    await expect(lease.release(next)).rejects.toThrow(LeaseLost);
  });

  it('fails for the first time, and remembers so many attempts', async () => {
    const attempts = Array.from({ length: MOST_ATTEMPTS }, (_, index) => ({ ...failure, at: at(-100 + index) }));
    const { row, lease } = await take({ attempts });
    await lease.release({ state: 'failed', at: at(9), failure });
    expect(await read(row)).toMatchObject({
      ...{ failing_since: failure.at, failures: 1, causes: { unexpected: 1 } },
      attempts: [...attempts.slice(1), failure],
    });
  });
});
