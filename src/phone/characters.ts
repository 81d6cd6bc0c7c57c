/** The zeros of the digit sets people type on their phones: full width, Arabic, Persian, Devanagari, Bengali. */
const OTHER_ZEROS = [0xff10, 0x0660, 0x06f0, 0x0966, 0x09e6];

/**
 * What people put between the digits of a number: spaces of every width, dots, dashes, brackets, slashes, and the
 * invisible direction marks and soft hyphens that come along when a number is copied from an address book. The last two
 * turn a digit into a keycap emoji.
 */
const SEPARATOR =
  /[\s.()[\]/\\_\-\u00ad\u00b7\u2010-\u2015\u2022\u2212\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069]|\ufe0f|\u20e3/;

/** The same in a URL: `%20`, `%28`, `%29`, `%2D`, `%2E`, `%2F`. */
const ESCAPED = /^%2[089def]$/i;

/** The digit at a place in the text as its ASCII character, or an empty string where there is none. */
export function digitAt(text: string, index: number): string {
  const code = text.charCodeAt(index);
  if (code >= 0x30 && code <= 0x39) return text.charAt(index);
  if (!(code >= 0x0660)) return '';
  const zero = OTHER_ZEROS.find((candidate) => code >= candidate && code <= candidate + 9);
  return zero === undefined ? '' : String(code - zero);
}

/** How many characters the separator at a place takes up: 1, 3 for an escaped one, 0 where there is none. */
export function separatorLength(text: string, index: number): number {
  const character = text.charAt(index);
  if (character === '%') return ESCAPED.test(text.slice(index, index + 3)) ? 3 : 0;
  return character !== '' && SEPARATOR.test(character) ? 1 : 0;
}

/** Whether the character at a place is an ASCII letter or digit; false outside the text. */
export function isWordCharacter(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}
