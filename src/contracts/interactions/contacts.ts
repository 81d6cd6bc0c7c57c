import { createHash } from 'node:crypto';
import { isLeftBehind } from '../../engine/map/strategies.ts';
import { everyFew } from '../../lib/turns.ts';
import { type CountryCode, callingCodesOf } from '../../phone/countries.ts';
import { createNumberReader } from '../../phone/reader.ts';

/** Counts different contacts, each once however its number is stored. */
export interface ContactCount {
  /**
   * Takes groups by the value of a number field, of any type, until it is full. Others have their turn all the while.
   * @param signal ends it; its reason is thrown
   */
  addAll(groups: AsyncIterable<{ readonly _id?: unknown }>, signal?: AbortSignal): Promise<void>;
  readonly size: number;
  readonly isFull: boolean;
}

/** Different contacts that are held in memory. */
const MOST_CONTACTS = 100_000;
/** Between two turns of the event loop: reading one takes up to half a millisecond. */
const CONTACTS_A_TURN = 25;
/** A longer value is held as its digest. */
const LONGEST_VALUE = 64;
const INTERNATIONAL = /^(?:\+|00)([1-9]\d{6,14})$/;
const DIGITS = /^[1-9]\d{6,14}$/;

/** @param countries whose national writings are read */
export function createContactCount(countries: readonly CountryCode[]): ContactCount {
  const codes = callingCodesOf(countries);
  const reader = createNumberReader(countries);
  const contacts = new Set<string>();
  const othersTurn = everyFew(CONTACTS_A_TURN);
  const readNumber = (value: unknown) => {
    const reading = reader.read(value);
    return reading.kind === 'number' ? reading.number : null;
  };
  const add = (value: unknown) => {
    const text = String(value ?? '').trim();
    // A mask of an earlier erasure is nobody's number.
    if (text === '' || isLeftBehind(text)) return;
    const contact = plainDigits(text, codes) ?? readNumber(value) ?? text;
    contacts.add(contact.length > LONGEST_VALUE ? createHash('sha256').update(contact).digest('base64') : contact);
  };
  return {
    async addAll(groups, signal) {
      if (contacts.size >= MOST_CONTACTS) return;
      for await (const { _id: value } of groups) {
        await othersTurn();
        signal?.throwIfAborted();
        add(value);
        if (contacts.size >= MOST_CONTACTS) return;
      }
    },
    get size() {
      return contacts.size;
    },
    get isFull() {
      return contacts.size >= MOST_CONTACTS;
    },
  };
}

/** The digits of a number whose writing leaves no doubt: no numbering plan is asked, which takes a hundred times longer. */
function plainDigits(text: string, codes: readonly string[]): string | null {
  const [, international] = INTERNATIONAL.exec(text) ?? [];
  if (international !== undefined) return international;
  return DIGITS.test(text) && codes.some((code) => text.startsWith(code)) ? text : null;
}
