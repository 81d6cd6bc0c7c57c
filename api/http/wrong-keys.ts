import { setTimeout as pause } from 'node:timers/promises';
import { LetheError } from '../../src/base/errors.ts';

/** Limits callers without a live key by their address: looking for a key costs the database work, whoever asks. */
export interface WrongKeys {
  /**
   * Call it before a key is looked for.
   * @param keyId undefined for a caller who sent none
   * @throws LetheError `rate_limited` when too many wrong keys came from there
   */
  admit(address: string | undefined, keyId: string | undefined): Admitted;
}

/** One look for a key. Until its end is told it counts as one for a wrong key. */
interface Admitted {
  /** The key is live: it counts no more, and the key's calls go on from an address that is shared. */
  succeeded(): void;
  /** It could not be found out: the database is away. It counts no more. */
  undecided(): void;
  /** There is no such key. Waits a while where many came before. */
  failed(): Promise<void>;
}

/** Wrong keys that may come at once, and a second. */
const KEYS = { mostAtOnce: 200, perSecond: 20 } as const;
/** With less than this share left an answer is held back so long. */
const SLOW_BELOW = 0.5;
const SLOW_MS = 250;
/** Addresses and keys that are remembered. */
const MOST_KNOWN = 10_000;
const RETRY_AFTER_SECONDS = '1';

/**
 * @param now milliseconds of a clock
 * @param bounds wrong ones that may come at once, and a second
 */
export function createWrongKeys(
  now: () => number = Date.now,
  { mostAtOnce, perSecond }: { readonly mostAtOnce: number; readonly perSecond: number } = KEYS,
): WrongKeys {
  const left = new Map<string, { count: number; at: number }>();
  const live = new Set<string>();
  const underWay = new Set<string>();

  const remaining = (place: string): number => {
    const { count, at } = left.get(place) ?? { count: mostAtOnce, at: now() };
    return Math.min(mostAtOnce, count + ((now() - at) / 1_000) * perSecond);
  };
  const take = (place: string, tokens: number): number => {
    const count = Math.min(mostAtOnce, remaining(place) - tokens);
    left.delete(place);
    left.set(place, { count, at: now() });
    forgetOldest(left);
    return count;
  };
  return {
    admit(address, keyId) {
      const place = networkOf(address);
      // Looks for one key side by side are one look. Whether they were in vain is counted afterwards.
      const isShared = keyId !== undefined && (live.has(keyId) || underWay.has(keyId));
      const cost = isShared ? 0 : 1;
      if (remaining(place) < cost)
        throw new LetheError('rate_limited', 'Too many wrong keys', { 'Retry-After': RETRY_AFTER_SECONDS });
      take(place, cost);
      if (keyId !== undefined) underWay.add(keyId);
      return {
        succeeded() {
          take(place, -cost);
          if (keyId === undefined) return;
          underWay.delete(keyId);
          live.delete(keyId);
          live.add(keyId);
          forgetOldest(live);
        },
        undecided() {
          take(place, -cost);
          if (keyId !== undefined) underWay.delete(keyId);
        },
        async failed() {
          const count = take(place, 1 - cost);
          if (keyId !== undefined) {
            underWay.delete(keyId);
            live.delete(keyId);
          }
          if (count < mostAtOnce * SLOW_BELOW) await pause(SLOW_MS, undefined, { ref: false });
        },
      };
    },
  };
}

function forgetOldest(known: { readonly size: number; keys(): Iterator<string>; delete(key: string): boolean }): void {
  if (known.size <= MOST_KNOWN) return;
  const { value } = known.keys().next();
  if (value !== undefined) known.delete(value);
}

/** An IPv4 address, or the /64 of an IPv6 one: whoever has one address of it has all of them. */
function networkOf(address = ''): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  if (tail !== undefined) groups.push('0', '0', '0', '0');
  return groups.slice(0, 4).join(':');
}
