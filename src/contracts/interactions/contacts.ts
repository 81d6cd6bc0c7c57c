import { createHash } from 'node:crypto';
import { isLeftBehind } from '../../engine/map/strategies.ts';
import { everyFew } from '../../lib/turns.ts';
import { readStoredNumber } from '../../phone/read-stored.ts';

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

/** @param prefixes what served numbers begin with; the first tells the country of national writings */
export function createContactCount(prefixes: readonly string[]): ContactCount {
  const contacts = new Set<string>();
  const othersTurn = everyFew(CONTACTS_A_TURN);
  const add = (value: unknown) => {
    const text = String(value ?? '').trim();
    // A mask of an earlier erasure is nobody's number.
    if (text === '' || isLeftBehind(text)) return;
    const contact = plainDigits(text, prefixes) ?? readStoredNumber(value, prefixes) ?? text;
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
function plainDigits(text: string, prefixes: readonly string[]): string | null {
  const [, international] = INTERNATIONAL.exec(text) ?? [];
  if (international !== undefined) return international;
  return DIGITS.test(text) && prefixes.some((prefix) => prefix !== '' && text.startsWith(prefix)) ? text : null;
}
