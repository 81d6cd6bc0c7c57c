import { describe, expect, it } from '@jest/globals';
import { ChainBusy, untilAppended } from '../../../../src/ledger/audit/until-appended.ts';

describe('work that appends to a chain', () => {
  it('is done again while another process is faster, with less time each turn', async () => {
    const lefts: number[] = [];
    await untilAppended(async (left) => {
      lefts.push(left);
      if (lefts.length < 3) throw new ChainBusy();
    }, 60_000);
    expect(lefts).toHaveLength(3);
    expect([...lefts].sort((one, other) => other - one)).toEqual(lefts);
    expect(lefts.every((left) => left > 0 && left <= 60_000)).toBe(true);
  });

  it('is done once when it fails for another reason, which is told', async () => {
    let turns = 0;
    const failing = untilAppended(async () => {
      turns += 1;
      throw new RangeError('broken');
    }, 60_000);
    await expect(failing).rejects.toThrow('broken');
    expect(turns).toBe(1);
  });

  it('is given up when its time is over', async () => {
    const busy = async () => {
      throw new ChainBusy();
    };
    await expect(untilAppended(busy, 1)).rejects.toThrow(ChainBusy);
    await expect(untilAppended(async () => {}, 0)).rejects.toThrow(ChainBusy);
  });
});
