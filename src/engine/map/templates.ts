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

/** @returns what is wrong with a template of the map; undefined when nothing is */
export function templateFault(text: string): string | undefined {
  const words = [...text.matchAll(WORD)];
  const [word] = words;
  if (word === undefined || words.length > 1)
    return `must be one of ${Object.keys(PRESETS).join(', ')}, or a text with {number}, {+number} or {national} once`;
  if (/[{}]/.test(text.replace(WORD, ''))) return 'holds a bracket that stands for nothing';
  const stars = text.split('*').length - 1;
  const behind = text.slice(word.index + word[0].length);
  if (stars > 1) return 'may hold * once';
  // Digits that go on would be another number.
  if (stars === 1 && !/^[^\d*][^*]*\*/.test(behind)) return 'needs something that is no digit between the number and *';
  if (/^\d/.test(behind) || /\d$/.test(text.slice(0, word.index))) return 'must not have digits beside the number';
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
 * number: an index on the field serves it.
 */
export function writeTemplate(template: string, digits: Digits): (string | RegExp)[] {
  const [word = ''] = template.match(WORD) ?? [];
  const writings = word === '{+number}' ? [digits.plus] : word === '{number}' ? digits.plain : digits.national;
  return writings.map((writing) => {
    const whole = template.replace(word, writing);
    const [head = '', tail] = whole.split('*');
    return tail === undefined ? whole : new RegExp(`^${escapeText(head)}[^@]*${escapeText(tail)}$`);
  });
}

/** What stands in a template's place of the number; the text as it is when it is in none of them. */
export function withoutTemplate(text: string, templates: readonly string[]): string {
  for (const template of templates) {
    const [before = '', word = '', behind = ''] = template.split(/(\{(?:\+?number|national)\})/);
    const [head = '', tail = ''] = behind.split('*');
    const isOpen = behind.includes('*');
    const pattern = `^${escapeText(before)}(\\+?\\d+)${escapeText(head)}${isOpen ? `[^@]*${escapeText(tail)}` : ''}$`;
    const [, number] = word === '' ? [] : (new RegExp(pattern).exec(text) ?? []);
    if (number !== undefined) return number;
  }
  return text;
}
