import type { LateLimit } from '../../engine/late.ts';
import type { Replacements } from '../../engine/map/strategies.ts';
import type { Rewrite } from '../../engine/rewrite/edits.ts';
import type { Place } from '../../engine/scan/read-place.ts';
import type { NumberMatcher } from '../../phone/matcher.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import type { KeysOf } from '../references/keys-of.ts';

/** A place with what the data map says of its records. */
export interface ScanPlace extends Place {
  rewrite(document: Readonly<Record<string, unknown>>, numbers: ScanNumbers, now: Date): Rewrite;
  readonly keysOf: KeysOf;
  /** Numbers stand in several fields at once: no value tells by itself whether a record holds one. */
  readonly isJoined: boolean;
  /** Every number that stands so in a record. */
  numbersInParts(document: Readonly<Record<string, unknown>>): PhoneNumber[];
  /** Is a record of somebody who was forgotten late, or new contact? */
  isLate(document: Readonly<Record<string, unknown>>, limit: LateLimit): boolean;
}

/** The numbers that a pass searches for. */
export interface ScanNumbers {
  readonly matcher: NumberMatcher;
  /** What is written in place of each. */
  readonly words: ReadonlyMap<PhoneNumber, Replacements>;
  /** Numbers of which only late records are searched for. */
  readonly limits?: ReadonlyMap<PhoneNumber, LateLimit>;
}

/** What a pass reads of one account. */
export interface Circle {
  /** Stands for the list of places and how they are read: positions in another list mean other records. */
  readonly digest: string;
  readonly places: readonly ScanPlace[];
  /** @param tokens of each number, which stand for it where the map says so */
  createNumbers(tokens: ReadonlyMap<PhoneNumber, string>): Promise<ScanNumbers>;
}
