import { setTimeout as pause } from 'node:timers/promises';
import { PassingFault } from '../../base/db/faults.ts';
import { rivalPause } from '../../lib/back-off.ts';

/** Another process took the next place in the account's chain first: nothing was changed, and the same can be tried again. */
export class ChainBusy extends PassingFault {
  override readonly name = 'ChainBusy';

  constructor() {
    super('another entry was appended to the chain first');
  }
}

/**
 * Runs work whose transaction appends to an account's chain, again and again while other processes are faster.
 * @param work is told how many milliseconds are left
 * @param longestMs after this no further attempt is begun
 * @throws ChainBusy, and what the work throws
 */
export async function untilAppended(work: (leftMs: number) => Promise<void>, longestMs: number): Promise<void> {
  const until = performance.now() + longestMs;
  for (let turn = 1; ; turn += 1) {
    const left = until - performance.now();
    if (left <= 0) throw new ChainBusy();
    try {
      return await work(left);
    } catch (error) {
      if (!(error instanceof ChainBusy)) throw error;
      await pause(rivalPause(turn));
    }
  }
}
