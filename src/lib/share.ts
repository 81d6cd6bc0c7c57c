/**
 * One reading for all who ask: those who come while it is under way wait for it, and those who come shortly after it
 * are told what it said. A failure is told to those who waited, and not kept.
 * @param read takes the moment of the first who asks
 * @param freshMs how long a result is told
 */
export function shareReading<Value>(
  read: (now: Date) => Promise<Value>,
  freshMs: number,
): (now: Date) => Promise<Value> {
  let underWay: Promise<Value> | undefined;
  let last: { at: number; value: Value } | undefined;
  return (now) => {
    const at = now.getTime();
    if (last && at >= last.at && at - last.at < freshMs) return Promise.resolve(last.value);
    underWay ??= read(now)
      .then((value) => {
        last = { at, value };
        return value;
      })
      .finally(() => {
        underWay = undefined;
      });
    return underWay;
  };
}
