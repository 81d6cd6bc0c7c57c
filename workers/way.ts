import { setTimeout as pause } from 'node:timers/promises';

/** Who goes first in one process: its jobs share one thread and one database, whatever queue they come from. */
export interface Way {
  /** Work that others make way for. */
  during<Value>(work: () => Promise<Value>): Promise<Value>;
  /** Called now and then by work that can wait: rests while any of the other is under way. Ends at once when told to stop. */
  make(signal: AbortSignal): Promise<void>;
}

/** @param restMs how long work that can wait rests each time: it goes on, more slowly, however long the other takes */
export function createWay(restMs: number): Way {
  let underWay = 0;
  return {
    async during(work) {
      underWay += 1;
      try {
        return await work();
      } finally {
        underWay -= 1;
      }
    },
    async make(signal) {
      if (underWay > 0) await pause(restMs, undefined, { signal }).catch(() => {});
    },
  };
}
