/**
 * Polls until a condition holds, and returns what it gave.
 * @param what names the condition in the error
 * @throws Error after `timeoutMs`, with the last value or error seen
 */
export async function waitFor<Value>(
  what: string,
  look: () => Promise<Value | undefined | null | false> | Value | undefined | null | false,
  options: { timeoutMs?: number; everyMs?: number } = {},
): Promise<Value> {
  const { timeoutMs = 90_000, everyMs = 25 } = options;
  const end = Date.now() + timeoutMs;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const value = await look();
      if (value !== undefined && value !== null && value !== false) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  throw new Error(
    `waited ${timeoutMs} ms in vain for: ${what}; last seen: ${last instanceof Error ? last.message : JSON.stringify(last)}`,
  );
}
