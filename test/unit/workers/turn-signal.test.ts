import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { turnSignal } from '../../../workers/turn-signal.ts';

describe('the signal of a turn', () => {
  it.each([0, 1])('is aborted when one of two is: the %dth', (index) => {
    const both = [new AbortController(), new AbortController()];
    const { signal } = turnSignal(...both.map((one) => one.signal));
    expect(signal.aborted).toBe(false);
    both[index]?.abort();
    expect(signal.aborted).toBe(true);
  });

  it('is aborted from the start when one of them was', () => {
    expect(turnSignal(new AbortController().signal, AbortSignal.abort()).signal.aborted).toBe(true);
  });

  it('leaves nothing on a signal that lives longer', () => {
    const worker = new AbortController();
    for (let turn = 0; turn < 1_000; turn += 1) turnSignal(worker.signal, undefined).release();
    expect(getEventListeners(worker.signal, 'abort')).toHaveLength(0);
  });

  it('is not aborted any more once it is released', () => {
    const worker = new AbortController();
    const { signal, release } = turnSignal(worker.signal);
    release();
    worker.abort();
    expect(signal.aborted).toBe(false);
  });
});
