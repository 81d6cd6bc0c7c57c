import { describe, expect, it } from '@jest/globals';
import { createWay } from '../../../workers/way.ts';

const LONG_MS = 3_600_000;

describe('work that can wait', () => {
  const go = new AbortController().signal;

  it('goes on at once when nothing else is under way, also after something failed', async () => {
    const way = createWay(LONG_MS);
    await way.make(go);
    expect(await way.during(async () => 7)).toBe(7);
    await expect(way.during(() => Promise.reject(new RangeError('no')))).rejects.toThrow('no');
    await way.make(go);
  });

  it('rests while the other is under way, and ends its rest when it is told to stop', async () => {
    const way = createWay(LONG_MS);
    const stop = new AbortController();
    let rested = false;
    await way.during(async () => {
      const rest = way.make(stop.signal).then(() => {
        rested = true;
      });
      await Promise.resolve();
      expect(rested).toBe(false);
      stop.abort();
      await rest;
    });
    expect(rested).toBe(true);
  });

  it('goes on after its rest, however long the other takes', async () => {
    const way = createWay(1);
    await way.during(() => way.make(go));
  });
});
