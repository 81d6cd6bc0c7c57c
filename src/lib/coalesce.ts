/**
 * Batching, as DataLoader does it, without a cache: calls that arrive while an earlier one of the same key is under way
 * are joined, so that N parallel jobs cost one round trip instead of N. A call that finds nothing under way starts at
 * the end of the current turn of the event loop, or a little later.
 * @param run takes the joined items in order of arrival; returns one result an item, in the same order; what it throws
 * fails all of them
 * @param most items a joined call may take
 * @param gatherMs how long a call that finds nothing under way waits for others, in milliseconds
 */
export function coalesce<Item, Result>(
  run: (key: string, items: Item[]) => Promise<Result[]>,
  most: number,
  gatherMs = 0,
): (key: string, item: Item) => Promise<Result> {
  interface Call {
    item: Item;
    resolve: (result: Result) => void;
    reject: (error: unknown) => void;
  }
  const lanes = new Map<string, Call[]>();

  async function work(key: string, waiting: Call[]): Promise<void> {
    while (waiting.length > 0) {
      const calls = waiting.splice(0, most);
      try {
        const results = await run(
          key,
          calls.map((call) => call.item),
        );
        calls.forEach((call, index) => {
          call.resolve(results[index] as Result);
        });
      } catch (error) {
        for (const call of calls) call.reject(error);
      }
    }
    lanes.delete(key);
  }

  return (key, item) =>
    new Promise((resolve, reject) => {
      const lane = lanes.get(key);
      const call = { item, resolve, reject };
      if (lane) {
        lane.push(call);
        return;
      }
      const fresh = [call];
      lanes.set(key, fresh);
      const begin = () => void work(key, fresh);
      if (gatherMs > 0) setTimeout(begin, gatherMs);
      else setImmediate(begin);
    });
}
