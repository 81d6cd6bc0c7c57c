import type { CountryCode } from '../../phone/countries.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import type { FilesLeft } from '../recordings/files.ts';

/** A number whose records have been erased, and the request about it. */
export interface ErasedNumber {
  readonly account: string;
  readonly number: PhoneNumber;
  /** Whose national writings are read: the account's. */
  readonly countries: readonly CountryCode[];
  readonly reference: string;
  /** Who asked, for the audit. */
  readonly actor: string;
  /** Stands for the number in the audit. */
  readonly token: string;
}

/** Copies that Lethe itself has made of the platform's records. */
export interface Copies {
  /**
   * Sees to it that no copy holds the number. To be called when the records are erased; safe to repeat.
   * @param signal told to stop: what has been looked into is remembered, and not looked into again
   * @returns what is left of it, or null for nothing
   */
  clear(erased: ErasedNumber, signal: AbortSignal): Promise<FilesLeft | null>;
}
