import { describe, expect, it } from '@jest/globals';
import { backOff, rivalPause } from '../../../src/lib/back-off.ts';

describe('the pause after a failure', () => {
  it.each([
    [0, 100],
    [1, 200],
    [5, 3_200],
    [6, 5_000],
    [1_000_000, 5_000],
  ])('after %d earlier ones is %d ms', (failures, pause) => {
    expect(backOff(failures, 100, 5_000)).toBe(pause);
  });
});

describe('the pause of a rival', () => {
  it.each([
    [1, 5],
    [10, 50],
    [20, 100],
    [1_000, 100],
  ])('at attempt %d is under %d ms, and not the same each time', (attempt, most) => {
    const pauses = Array.from({ length: 50 }, () => rivalPause(attempt));
    expect(Math.max(...pauses)).toBeLessThan(most);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(0);
    expect(new Set(pauses).size).toBeGreaterThan(1);
  });
});
