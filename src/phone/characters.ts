/**
 * The zeros of the digit sets people type on their phones or that their phones make of them: full width, Arabic,
 * Persian, Devanagari and the other scripts of India, Thai, Lao, Tibetan, Burmese, Khmer, Mongolian.
 */
const OTHER_ZEROS = [
  0xff10, 0x0660, 0x06f0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0e50, 0x0ed0,
  0x0f20, 0x1040, 0x17e0, 0x1810,
];

/** What people put between the digits of a number: spaces of every width, dots, dashes, brackets, slashes, tildes. */
const VISIBLE_SEPARATORS = /[\s.()[\]/\\_~\-\u00b7\u2010-\u2015\u2022\u2212\u301c\uff08\uff09\uff0d\uff0e\uff5e]/;

/**
 * What comes along unseen when a number is copied from an address book: direction marks, soft hyphens, characters of no
 * width, byte order marks. The last two turn a digit into a keycap emoji. Zeros: the other bytes of UTF-16, in binary data.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: bytes are read as characters, too.
const INVISIBLE_SEPARATORS = /[\u0000\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]|\ufe0f|\u20e3/;

/** What a character is to a reader of numbers: one of these, or 10 + a digit's value. */
export const KIND = { other: 0, visible: 1, invisible: 2, comma: 3, plus: 4, escape: 5, digit: 10 } as const;

/** One byte a UTF-16 code unit: text is read character by character, and patterns are slow at that. */
const KINDS = new Uint8Array(0x10000);
for (let code = 0; code < KINDS.length; code += 1) {
  const character = String.fromCharCode(code);
  if (INVISIBLE_SEPARATORS.test(character)) KINDS[code] = KIND.invisible;
  else if (VISIBLE_SEPARATORS.test(character)) KINDS[code] = KIND.visible;
}
for (const zero of [0x30, ...OTHER_ZEROS]) {
  for (let value = 0; value <= 9; value += 1) KINDS[zero + value] = KIND.digit + value;
}
for (const [character, kind] of [
  [',', KIND.comma],
  ['\uff0c', KIND.comma],
  ['+', KIND.plus],
  ['\uff0b', KIND.plus],
  ['%', KIND.escape],
  ['&', KIND.escape],
  ['=', KIND.escape],
  ['\\', KIND.escape],
  ['<', KIND.escape],
] as const) {
  KINDS[character.charCodeAt(0)] = kind;
}

/** The kind of a UTF-16 code unit: see `KIND`. NaN, the code beyond a text's end, is `other`. */
export function kindOf(code: number): number {
  return KINDS[code] ?? KIND.other;
}

/** What an escape stands for, how many characters it takes up, and whether a line ends there. */
interface Escape {
  readonly kind: number;
  readonly length: number;
  readonly isBreak?: true;
}

/** @param index of the character that may begin an escape: of a URL, HTML (its tags, too), quoted-printable, JSON */
export function escapeAt(text: string, index: number): Escape {
  switch (text[index]) {
    case '&':
      return entityAt(text, index);
    case '=':
      return quotedAt(text, index);
    case '\\':
      return backslashAt(text, index);
    case '<':
      return tagAt(text, index);
    default:
      return percentAt(text, index);
  }
}

const NOTHING: Escape = { kind: KIND.other, length: 1 };

/** What stands for a character in digits is left alone: no platform writes so. */
function standingFor(code: number, length: number): Escape {
  const kind = kindOf(code);
  return kind >= KIND.digit || kind === KIND.escape ? NOTHING : { kind, length };
}

/** `&nbsp;`, `&#160;`, `&#xA0;` (HTML 5, 13.5). */
const ENTITY = /&(?:#(\d{1,6})|#[xX]([0-9a-fA-F]{1,5})|([a-zA-Z]{3,8}));/y;
const ENTITIES: Readonly<Record<string, number>> = {
  ...{ nbsp: 0xa0, ensp: 0x2002, emsp: 0x2003, thinsp: 0x2009, shy: 0xad, zwj: 0x200d, zwnj: 0x200c, ndash: 0x2013 },
  ...{ mdash: 0x2014, hyphen: 0x2010, plus: 0x2b, lpar: 0x28, rpar: 0x29, period: 0x2e, sol: 0x2f, lrm: 0x200e },
};

function entityAt(text: string, index: number): Escape {
  ENTITY.lastIndex = index;
  const [whole, decimal, hexadecimal, name = ''] = ENTITY.exec(text) ?? [];
  if (whole === undefined) return NOTHING;
  const code = decimal ? Number(decimal) : hexadecimal ? Number.parseInt(hexadecimal, 16) : ENTITIES[name];
  return code === undefined ? NOTHING : standingFor(code, whole.length);
}

/**
 * Quoted-printable (RFC 2045, 6.7): a line that goes on, and what has a letter in its code. In `to=2012...` the digits
 * are a number's.
 */
const QUOTED = /=(?:\r?\n|(?:C2=)?A0|2[BDE])/iy;

function quotedAt(text: string, index: number): Escape {
  QUOTED.lastIndex = index;
  const [whole] = QUOTED.exec(text) ?? [];
  if (whole === undefined) return NOTHING;
  const kind = /\n$/.test(whole) ? KIND.invisible : /2B$/i.test(whole) ? KIND.plus : KIND.visible;
  return { kind, length: whole.length };
}

/** `\u00a0`, `\xa0`: in JSON that was cut off, and in logs. */
const BACKSLASH = /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))/y;

function backslashAt(text: string, index: number): Escape {
  BACKSLASH.lastIndex = index;
  const [whole, four, two = ''] = BACKSLASH.exec(text) ?? [];
  const found = whole === undefined ? NOTHING : standingFor(Number.parseInt(four ?? two, 16), whole.length);
  return found.kind === KIND.other ? { kind: KIND.visible, length: 1 } : found;
}

/**
 * Tags that change how a text looks and part no words (HTML 5, 4.5); the one that breaks a line; and the comment that servers
 * write between two pieces of text. `<\/b>` stands in JSON.
 */
const TAG =
  /<(?:!--[^<>]{0,40}--|(?:\\?\/)?(?:br|a|abbr|b|bdi|bdo|big|code|del|em|font|i|ins|kbd|mark|nobr|s|samp|small|span|strong|sub|sup|tt|u|var|wbr)(?=[\s/>])([^<>]{0,300}))>/iy;
const BREAK = /^<br/i;
/** What a tag itself may say: `href="tel:07700900123"`. */
const NUMBER_OF_ITS_OWN = /\d(?:[^a-z,\d]{0,6}\d){6}/i;

/** What those tags begin with: most do not, and patterns are slow. */
const TAG_LETTERS = '!abcdefikmnstuvw';

function tagAt(text: string, index: number): Escape {
  const slash = text.startsWith('\\/', index + 1) ? 2 : Number(text[index + 1] === '/');
  const letter = text.charAt(index + 1 + slash).toLowerCase();
  if (letter === '' || !TAG_LETTERS.includes(letter)) return NOTHING;
  TAG.lastIndex = index;
  const [whole, attributes = ''] = TAG.exec(text) ?? [];
  if (whole === undefined || NUMBER_OF_ITS_OWN.test(attributes)) return NOTHING;
  return BREAK.test(whole)
    ? { kind: KIND.visible, length: whole.length, isBreak: true }
    : { kind: KIND.invisible, length: whole.length };
}

const TAGS = /<[^<>]{0,300}>/g;

/** What stands between two digits, without tags. @returns a line feed for each line that a tag breaks */
export function withoutTags(between: string): string {
  return between.includes('<') ? between.replace(TAGS, (tag) => (BREAK.test(tag) ? '\n' : '')) : between;
}

/** The tags in a stretch of text. */
export function tagsIn(text: string): string {
  return text.includes('<') ? (text.match(TAGS) ?? []).join('') : '';
}

/**
 * A URL's escape. Only those that stand around numbers are known: in `50%447700900123` the digits after the percent sign
 * are a number's. An escaped escape (`%252B`) is one too.
 */
function percentAt(text: string, index: number): Escape {
  const twice = text.startsWith('25', index + 1) ? 2 : 0;
  const code = text.slice(index + 1 + twice, index + 3 + twice).toUpperCase();
  if (code === 'C2' && /^%a0/i.test(text.slice(index + 3, index + 6))) return { kind: KIND.visible, length: 6 };
  const kind = ESCAPES.get(code);
  return kind === undefined ? { kind: KIND.other, length: 1 } : { kind, length: 3 + twice };
}

const ESCAPES: ReadonlyMap<string, number> = new Map<string, number>([
  ...['20', '09', '0A', '0D', '28', '29', '2D', '2E', '2F'].map((code) => [code, KIND.visible] as const),
  ['2B', KIND.plus],
  ['2C', KIND.comma],
  ...['22', '27', '3A', '3B', '3C', '3D', '3E', '3F', '40', '5B', '5D', '7B', '7D', '26'].map(
    (code) => [code, KIND.other] as const,
  ),
]);

/** The digit at a place in the text as its ASCII character, or an empty string where there is none. */
export function digitAt(text: string, index: number): string {
  const kind = kindOf(text.charCodeAt(index));
  return kind >= KIND.digit ? String(kind - KIND.digit) : '';
}

/** The same in a URL: `%20`, `%28`, `%29`, `%2D`, `%2E`, `%2F`. */
const ESCAPED_SEPARATOR = /^%2[089def]$/i;

/** How many characters the separator at a place takes up: 1, 3 for an escaped one, 0 where there is none. */
export function separatorLength(text: string, index: number): number {
  const kind = kindOf(text.charCodeAt(index));
  if (text[index] === '\\') return 1;
  if (kind === KIND.escape) return ESCAPED_SEPARATOR.test(text.slice(index, index + 3)) ? 3 : 0;
  return kind === KIND.visible || kind === KIND.invisible ? 1 : 0;
}

/** Whether the character at a place is an ASCII letter or digit; false outside the text. */
export function isWordCharacter(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}
