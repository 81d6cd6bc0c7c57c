import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { claimRequest, type Lease } from '../../../../src/ledger/requests/lease.ts';
import { type ErasureRequest, requestsOf } from '../../../../src/ledger/requests/ledger.ts';
import {
  type Conclude,
  createLedgerWrites,
  type LedgerWrites,
  type RequestEnding,
} from '../../../../src/ledger/requests/ledger-writes.ts';
import { openRequest } from '../../../../src/ledger/requests/open-request.ts';
import { LeaseLost } from '../../../../src/ledger/work/lease.ts';
import { openPlatform, type Platform } from '../../../support/platform.ts';

const MINUTE = 60_000;

/** Leases of jobs that run side by side are written together: each must be told of its own, and only of its own. */
describe('writes of leases that are joined', () => {
  let platform: Platform;
  let ledger: LedgerWrites;
  let serial = 0;
  const now = new Date();
  const options = { times: { leaseMs: MINUTE, renewBelowMs: MINUTE / 2 }, now: () => now };
  beforeAll(async () => {
    platform = await openPlatform('ledger');
    ledger = createLedgerWrites(platform.core.db, conclude);
  });
  afterAll(() => platform?.close());

  const ledgerRow = (request: ErasureRequest) => requestsOf(platform.core.db).findOne({ _id: request._id });
  const open = async (change: object = {}, account = `acc_${serial % 3}`): Promise<ErasureRequest> => {
    serial += 1;
    const { request } = await openRequest(platform.core.db, {
      account_id: account,
      profile: 'forget',
      selector: { by: 'number' },
      token: `token${serial}`,
      requested_by: 'key',
      keep_suppression: true,
      now,
      deadlineMs: 60 * MINUTE,
      graceMs: MINUTE,
    });
    await requestsOf(platform.core.db).updateOne({ _id: request._id }, { $set: { state: 'accepted', ...change } });
    return request;
  };
  /** Notes whose ends it was given; of one, it cannot. */
  const conclude: Conclude = async (endings, session) => {
    if (endings.some(({ proof }) => proof.token === 'unsettled')) throw 'unsettled';
    const rows = endings.map(({ proof }) => ({ _id: proof.token }));
    if (rows.length > 0) await platform.core.db.collection<{ _id: string }>('ends').insertMany(rows, { session });
  };
  const endingOf = (request: ErasureRequest, token = request.reference): RequestEnding => ({
    proof: { request, token, looks: { indexed: 'made', scan: 'none', not_scanned: [], files: 'off', reports: 'none' } },
    settlement: null,
  });
  const claim = ({ account_id: account, reference }: ErasureRequest) =>
    claimRequest(ledger, { account, reference }, { ...options, seal: platform.core.seal });
  const lease = async (request: ErasureRequest): Promise<Lease> => {
    const claimed = await claim(request);
    if (claimed.outcome !== 'claimed') throw new Error(claimed.outcome);
    return claimed.lease;
  };
  const takeOver = (request: ErasureRequest) =>
    requestsOf(platform.core.db).updateOne({ _id: request._id }, { $set: { 'lease.owner': 'another' } });
  const batch = (ids: number[]) => ({ target: 'sent_sms.to', name: 'sent_sms', ids });
  const outcomes = async (attempts: Promise<unknown>[]) =>
    (await Promise.allSettled(attempts)).map((one) =>
      one.status === 'fulfilled' ? 'done' : one.reason instanceof LeaseLost ? 'lost' : String(one.reason),
    );

  it('claims: the free ones are taken, the others say why not', async () => {
    const soon = new Date(now.getTime() + 5 * MINUTE);
    const past = new Date(now.getTime() - 1);
    const requests = [
      await open(),
      await open({ lease: { owner: 'another', until: soon } }),
      await open({ lease: { owner: 'dead', until: past } }),
      await open({ not_before: soon }),
      await open(),
      await open(),
    ];
    const [, , , , finished] = requests;
    await requestsOf(platform.core.db).updateOne(
      { _id: (finished as ErasureRequest)._id },
      { $unset: { unfinished: '' } },
    );
    const claims = await Promise.all(requests.map(claim));
    expect(claims.map((one) => one.outcome)).toEqual(['claimed', 'later', 'claimed', 'later', 'finished', 'claimed']);
    expect(claims.flatMap((one) => (one.outcome === 'later' ? [one.at] : []))).toEqual([soon, soon]);
    for (const [index, one] of claims.entries()) {
      if (one.outcome === 'claimed') expect(one.request.reference).toBe(requests[index]?.reference);
    }
  });

  it('claims: of two for one request, one gets it', async () => {
    const request = await open();
    const claims = await Promise.all([claim(request), claim(request), claim(request)]);
    expect(claims.map((one) => one.outcome).sort()).toEqual(['claimed', 'later', 'later']);
  });

  it('announcements: one that lost its lease writes nothing and is told, the others write theirs', async () => {
    const requests = [await open(), await open(), await open(), await open()];
    const leases = await Promise.all(requests.map(lease));
    const [, second] = requests;
    if (second) await takeOver(second);
    const batches = requests.map((_, index) => [batch([index])]);
    expect(await outcomes(leases.map((one, index) => one.announce(batches[index] ?? [], [], 'sweeping')))).toEqual([
      'done',
      'lost',
      'done',
      'done',
    ]);
    const announced = await Promise.all(requests.map(async (request) => (await ledgerRow(request))?.announced));
    expect(announced).toEqual([batches[0], undefined, batches[2], batches[3]]);
  });

  it('announcements: each counts its own', async () => {
    const requests = [await open(), await open(), await open()];
    const leases = await Promise.all(requests.map(lease));
    await Promise.all(leases.map((one, index) => one.announce([], [batch([1, 2, 3].slice(index))], 'sweeping')));
    const counts = await Promise.all(requests.map(async (request) => (await ledgerRow(request))?.erased.sent_sms));
    expect(counts).toEqual([3, 2, 1]);
  });

  it('given back: one that lost its lease writes nothing and is told, the others write theirs', async () => {
    const requests = [await open(), await open(), await open(), await open(), await open()];
    const leases = await Promise.all(requests.map(lease));
    const [, second, third] = requests;
    if (second) await takeOver(second);
    if (third)
      await requestsOf(platform.core.db).updateOne({ _id: third._id }, { $unset: { lease: '', unfinished: '' } });
    const at = new Date(now.getTime() + MINUTE);
    const attempts = leases.map((one, index) =>
      index < 4 ? one.release({ state: 'waiting', at, done: [batch([index])] }) : one.park([batch([index])]),
    );
    expect(await outcomes(attempts)).toEqual(['done', 'lost', 'lost', 'done', 'done']);
    const rows = await Promise.all(requests.map(ledgerRow));
    expect(rows.map((row) => [row?.state, row?.lease?.owner, row?.erased.sent_sms])).toEqual([
      ['waiting', undefined, 1],
      ['sweeping', 'another', undefined],
      ['sweeping', undefined, undefined],
      ['waiting', undefined, 1],
      ['scanning', undefined, 1],
    ]);
  });

  describe('ends', () => {
    const noted = async (requests: ErasureRequest[]) => {
      const rows = await platform.core.db.collection<{ _id: string }>('ends').find().toArray();
      return requests.map((request) => rows.some((row) => row._id === request.reference));
    };
    const states = (requests: ErasureRequest[]) =>
      Promise.all(requests.map(async (request) => (await ledgerRow(request))?.state));
    beforeAll(() => platform.core.db.createCollection('ends'));

    it('all together', async () => {
      const requests = [await open(), await open(), await open()];
      const leases = await Promise.all(requests.map(lease));
      await Promise.all(
        leases.map((one, index) => one.complete([batch([1])], endingOf(requests[index] as ErasureRequest))),
      );
      expect(await states(requests)).toEqual(['completed', 'completed', 'completed']);
      expect(await noted(requests)).toEqual([true, true, true]);
      for (const request of requests) {
        const row = await ledgerRow(request);
        expect(row).toMatchObject({ erased: { sent_sms: 1 } });
        for (const gone of ['sealed', 'unfinished', 'lease', 'announced']) expect(row).not.toHaveProperty(gone);
      }
    });

    it('one that lost its lease ends nothing and settles nothing; the others end', async () => {
      const requests = [await open(), await open(), await open()];
      const leases = await Promise.all(requests.map(lease));
      await takeOver(requests[2] as ErasureRequest);
      const attempts = leases.map((one, index) => one.complete([], endingOf(requests[index] as ErasureRequest)));
      expect(await outcomes(attempts)).toEqual(['done', 'done', 'lost']);
      expect(await states(requests)).toEqual(['completed', 'completed', 'sweeping']);
      expect(await noted(requests)).toEqual([true, true, false]);
    });

    it('one that cannot be settled stays unfinished; the others end', async () => {
      const requests = [await open(), await open(), await open()];
      const leases = await Promise.all(requests.map(lease));
      const attempts = leases.map((one, index) =>
        one.complete([], endingOf(requests[index] as ErasureRequest, index === 1 ? 'unsettled' : undefined)),
      );
      expect(await outcomes(attempts)).toEqual(['done', 'unsettled', 'done']);
      expect(await states(requests)).toEqual(['completed', 'sweeping', 'completed']);
      expect(await noted(requests)).toEqual([true, false, true]);
    });
  });
});
