import { describe, expect, it } from '@jest/globals';
import { inPortions } from '../../../src/engine/portions.ts';
import { type Journal, sweep } from '../../../src/engine/sweep.ts';
import type { Target } from '../../../src/engine/target.ts';

/** So many records at one place; each change takes them away, and says so. */
function placeOf(name: string, records: number, changed: number[]): Target {
  const left = Array.from({ length: records }, (_, index) => index);
  return {
    ...{ key: `${name}.to`, name },
    find: async (limit) => left.slice(0, limit),
    async change(ids) {
      changed.push(ids.length);
      for (const id of ids) left.splice(left.indexOf(Number(id)), 1);
    },
    describe: () => {
      throw new Error('not asked here');
    },
    remains: async () => left.length > 0,
    isUnreadable: async () => false,
  };
}
const journal: Journal = { announce: async () => {}, keep: async () => {}, screen: async () => [] };
const nothingLeft = { announced: [], refused: [] };

describe('sweep', () => {
  it('of some places announces a record at all of its collection, and counts it and what was left once', async () => {
    const changed: number[] = [];
    const [from, other] = [placeOf('calls', 3, changed), placeOf('sent_sms', 1, changed)];
    const to = { ...placeOf('calls', 2, changed), key: 'calls.from' };
    const written: unknown[] = [];
    const writing: Journal = {
      ...journal,
      announce: async (batch, done) => {
        const told = (some: typeof batch) => some.map(({ target, ids }) => [target, ...ids]);
        written.push({ batch: told(batch), done: told(done) });
      },
    };
    const left = { announced: [{ target: 'sent_sms.to', name: 'sent_sms', ids: [0] }], refused: [] };
    const options = { batchSize: 10, pauseMs: 0, signal: new AbortController().signal };
    // What a worker before this one announced stands at a place that is looked at no more.
    const result = await sweep(writing, [from, to, other], [from], left, options);
    const batch = [
      ['calls.to', 0, 1, 2],
      ['calls.from', 0, 1, 2],
    ];
    expect(written).toEqual([{ batch, done: [['sent_sms.to', 0]] }]);
    expect(result.done.map(({ target, ids }) => [target, ...ids])).toEqual(batch);
    expect(await Promise.all([from, other].map((one) => one.remains()))).toEqual([false, false]);
    // With no place left to look at, what was announced is changed and given back all the same.
    const again = await sweep(writing, [placeOf('sent_sms', 1, changed)], [], left, options);
    expect(again).toEqual({ finished: true, done: left.announced, refused: [] });
  });

  it('ends after a portion, and goes on with the next when it is asked again', async () => {
    const changed: number[] = [];
    const targets = [inPortions(placeOf('calls', 7, changed), 3)];
    const options = { batchSize: 2, pauseMs: 0, signal: new AbortController().signal };
    const portions: number[][] = [];
    for (let round = 0; round < 3; round += 1) {
      await sweep(journal, targets, targets, nothingLeft, options);
      portions.push(changed.splice(0));
    }
    expect(portions).toEqual([[2, 2], [2, 1], []]);
    expect(await targets[0]?.remains()).toBe(false);
  });

  it('goes on at a place that filled its batch, and rests between two batches', async () => {
    const changed: number[] = [];
    const targets = [placeOf('sent_sms', 6, changed)];
    const begun = performance.now();
    const options = { batchSize: 2, pauseMs: 40, signal: new AbortController().signal };
    const { finished } = await sweep(journal, targets, targets, nothingLeft, options);
    expect({ finished, changed }).toEqual({ finished: true, changed: [2, 2, 2] });
    // A timer may be a millisecond early.
    expect(performance.now() - begun).toBeGreaterThan(3 * 38);
  });

  it('begins no further batch when it is told to stop', async () => {
    const changed: number[] = [];
    const targets = [placeOf('sent_sms', 6, changed)];
    const stop = new AbortController();
    const stopping: Journal = { ...journal, announce: async () => stop.abort() };
    const options = { batchSize: 2, pauseMs: 0, signal: stop.signal };
    const { finished, done } = await sweep(stopping, targets, targets, nothingLeft, options);
    expect({ finished, changed, done: done.map(({ ids }) => ids) }).toEqual({
      ...{ finished: false, changed: [2], done: [[0, 1]] },
    });
  });
});
