import { describe, expect, it } from '@jest/globals';
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
