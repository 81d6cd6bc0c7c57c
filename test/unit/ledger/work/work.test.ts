import { describe, expect, it } from '@jest/globals';
import { addJob, type Call, callWorker, jobIdOf } from '../../../../src/ledger/work/call.ts';
import { assertHeld, guardOf, LeaseLost, newHold } from '../../../../src/ledger/work/lease.ts';
import { freeAt, leased, newWork } from '../../../../src/ledger/work/row.ts';

const NOW = new Date('2026-03-01T10:00:00Z');
const at = (ms: number) => new Date(NOW.getTime() + ms);

describe('a hold on a row', () => {
  it('lasts as long as a lease, is renewed from then on, and says when it ends', () => {
    let clock = 0;
    const hold = newHold({ times: { leaseMs: 1_000, renewBelowMs: 300 }, now: () => at(clock) });
    expect(hold.lease).toEqual({ owner: expect.stringMatching(/^[\w-]{36}$/), until: at(1_000) });
    clock = 699;
    expect(hold.isEnding()).toBe(false);
    clock = 700;
    expect(hold.isEnding()).toBe(true);
    expect(hold.extend()).toEqual({ 'lease.until': at(1_700), look_at: at(1_700) });
    expect(hold.isEnding()).toBe(false);
    clock = 1_400;
    expect(hold.isEnding()).toBe(true);
  });

  it('is of one attempt alone, and guards its row', async () => {
    const options = { times: { leaseMs: 1, renewBelowMs: 1 }, now: () => NOW };
    const [one, other] = [newHold(options), newHold(options)];
    expect(one.lease.owner).not.toBe(other.lease.owner);
    expect(guardOf({ _id: 7, account_id: 'acc' }, one)).toEqual({
      ...{ _id: 7, account_id: 'acc', unfinished: true, 'lease.owner': one.lease.owner },
    });
    await expect(assertHeld(Promise.resolve(true))).resolves.toBeUndefined();
    await expect(assertHeld(Promise.resolve(false))).rejects.toThrow(LeaseLost);
  });

  it('writes what the relay reads', () => {
    expect(newWork(NOW, 500)).toEqual({ look_at: at(500), generation: 1 });
    const lease = { owner: 'a', until: at(9) };
    expect(leased(lease)).toEqual({ lease, look_at: at(9) });
    expect(freeAt(NOW)).toEqual({ $or: [{ lease: { $exists: false } }, { 'lease.until': { $lte: NOW } }] });
  });
});

describe('a call', () => {
  const call: Call<{ name: string; generation: number }, 'erase'> = {
    what: 'row',
    job: 'erase',
    keyOf: ({ name }) => name,
    payloadOf: ({ name }) => ({ account: 'acc', reference: name }),
    factsOf: ({ name }) => ({ name }),
  };
  const row = { name: 'r', generation: 3 };

  it('is a job by the row’s name and generation', async () => {
    const added: unknown[] = [];
    const producer = { add: async (...args: unknown[]) => void added.push(args) };
    expect(jobIdOf(call, row)).toBe('r-g3');
    await addJob(producer, call, row);
    await callWorker({ producer, logger: { warn: () => {} } }, call, row, 50);
    const payload = { account: 'acc', reference: 'r' };
    expect(added).toEqual([
      ['erase', payload, { id: 'r-g3', delayMs: 0 }],
      ['erase', payload, { id: 'r-g3', delayMs: 50 }],
    ]);
  });

  it('that Redis does not take is left to the relay, and told in the log', async () => {
    const lines: unknown[] = [];
    const error = new Error('away');
    const producer = { add: () => Promise.reject(error) };
    const logger = { warn: (...line: unknown[]) => void lines.push(line) };
    await callWorker({ producer, logger }, call, row);
    expect(lines).toEqual([['row not queued yet', { name: 'r', error }]]);
    await expect(addJob(producer, call, row)).rejects.toThrow('away');
  });
});
