import { LIMITS } from './limits.ts';

/**
 * Polls until a condition holds, and returns what it gave.
 * @param what names the condition in the error
 * @param options.everyMs between two looks
 * @throws Error after `LIMITS.waitMs`, with the last value or error seen
 */
export async function waitFor<Value>(
  what: string,
  look: () => Promise<Value | undefined | null | false> | Value | undefined | null | false,
  { everyMs = 25 }: { everyMs?: number } = {},
): Promise<Value> {
  const end = Date.now() + LIMITS.waitMs;
  let last: unknown;
  do {
    try {
      const value = await look();
      if (value !== undefined && value !== null && value !== false) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  } while (Date.now() < end);
  throw new Error(
    `waited ${LIMITS.waitMs} ms in vain for: ${what}; last seen: ${last instanceof Error ? last.message : JSON.stringify(last)}`,
  );
}
