import { createHash } from 'node:crypto';
import { escapeText } from '../../lib/escape-text.ts';

/** What channels write around a number, by the name a map may call all of it. */
export const PRESETS = {
  whatsapp: [
    '{number}@c.us',
    '{number}@s.whatsapp.net',
    '{number}:*@s.whatsapp.net',
    'whatsapp:{+number}',
    'whatsapp:{number}',
  ],
  twilio: ['whatsapp:{+number}', 'sms:{+number}', 'rcs:{+number}', 'client:{+number}', 'client:{number}'],
  sip: ['sip:{+number}', 'sip:{number}', 'sip:{+number}@*', 'sip:{number}@*', 'sips:{+number}@*', 'sips:{number}@*'],
} as const;

export function isPreset(text: string): text is keyof typeof PRESETS {
  return Object.hasOwn(PRESETS, text);
}

const WORD = /\{(\+?number|national)\}/g;

/** `sha256({number})`: the number is stored as its digest alone. */
const HEX_DIGITS: Readonly<Record<string, number>> = { md5: 32, sha1: 40, sha256: 64, sha512: 128 };
const DIGEST = new RegExp(`^(${Object.keys(HEX_DIGITS).join('|')})\\((.*)\\)$`);

/** A digest as platforms write it, in lower case. */
export function digestText(algorithm: string, text: string): string {
  return createHash(algorithm).update(text).digest('hex');
}

/** The algorithm and what it is made of; null for a template that says how the number itself stands in a text. */
export function digestOf(template: string): { readonly algorithm: string; readonly inner: string } | null {
  const [, algorithm, inner] = DIGEST.exec(template) ?? [];
  return algorithm === undefined || inner === undefined ? null : { algorithm, inner };
}

/** Is the text a digest that one of the templates may have made? */
export function isDigest(text: string, templates: readonly string[]): boolean {
  return (
    /^[0-9a-f]+$/i.test(text) &&
    templates.some((template) => HEX_DIGITS[digestOf(template)?.algorithm ?? ''] === text.length)
  );
}

/** @returns what is wrong with a template of the map; undefined when nothing is */
export function templateFault(text: string): string | undefined {
  const digest = digestOf(text);
  if (digest !== null)
    return digest.inner.includes('*') ? 'a digest is made of all of a text: without *' : templateFault(digest.inner);
  if (/^[a-z][a-z0-9]*\(.*\)$/.test(text)) return `is no digest: ${Object.keys(HEX_DIGITS).join(', ')} are`;
  const words = [...text.matchAll(WORD)];
  const [word] = words;
  if (word === undefined || words.length > 1)
    return `must be one of ${Object.keys(PRESETS).join(', ')}, or a text with {number}, {+number} or {national} once`;
  if (/[{}]/.test(text.replace(WORD, ''))) return 'holds a bracket that stands for nothing';
  const before = text.slice(0, word.index);
  const behind = text.slice(word.index + word[0].length);
  if ([before, behind].some((side) => side.split('*').length > 2)) return 'may hold * once on each side of the number';
  // Digits that go on would be another number.
  const isApart = (side: string, beside: RegExp) => !side.includes('*') || beside.test(side);
  if (!isApart(behind, /^[^\d*]/) || !isApart(before, /[^\d*]$/))
    return 'needs something that is no digit between the number and *';
  if (/^\d/.test(behind) || /\d$/.test(before)) return 'must not have digits beside the number';
  return undefined;
}

/** A number as templates ask for it. */
export interface Digits {
  /** Every writing of digits alone: `447700900123`, `07700900123`. */
  readonly plain: readonly string[];
  /** With a plus: `+447700900123`. */
  readonly plus: string;
  /** As dialled within its country. */
  readonly national: readonly string[];
}

/**
 * The values a template stands for. One with an open tail becomes an expression that is anchored and begins with the
 * number: an index on the field serves it. None serves one with an open head: the scan finds what is written so.
 */
export function writeTemplate(template: string, digits: Digits): (string | RegExp)[] {
  const digest = digestOf(template);
  if (digest !== null)
    return writeTemplate(digest.inner, digits).flatMap((text) => {
      const hex = digestText(digest.algorithm, String(text));
      return [hex, hex.toUpperCase()];
    });
  if (isOpenHeaded(template)) return [];
  const [word = ''] = template.match(WORD) ?? [];
  const writings = word === '{+number}' ? [digits.plus] : word === '{number}' ? digits.plain : digits.national;
  return writings.map((writing) => {
    const whole = template.replace(word, writing);
    const [head = '', tail] = whole.split('*');
    return tail === undefined ? whole : new RegExp(`^${escapeText(head)}[^@]*${escapeText(tail)}$`);
  });
}

/** Can no look-up find the number in it? */
export const isOpenHeaded = (template: string) => /\*.*\{/.test(template);

/** What is longer is no text that a template is about. */
const LONGEST = 200;
const PATTERNS = new Map<string, RegExp>();

function patternOf(template: string): RegExp {
  const known = PATTERNS.get(template);
  if (known !== undefined) return known;
  const [before = '', , behind = ''] = template.split(/(\{(?:\+?number|national)\})/);
  const [start = '', head] = before.split('*');
  const [tail = '', end] = behind.split('*');
  const first = head === undefined ? escapeText(start) : `${escapeText(start)}.*${escapeText(head)}`;
  const last = end === undefined ? escapeText(tail) : `${escapeText(tail)}[^@]*${escapeText(end)}`;
  const pattern = new RegExp(`^${first}(\\+?\\d+)${last}$`, 's');
  PATTERNS.set(template, pattern);
  return pattern;
}

/** What stands in a template's place of the number; the text as it is when it is in none of them. */
export function withoutTemplate(text: string, templates: readonly string[]): string {
  if (text.length > LONGEST) return text;
  for (const template of templates) {
    if (digestOf(template) !== null) continue;
    const [, number] = patternOf(template).exec(text) ?? [];
    if (number !== undefined) return number;
  }
  return text;
}
