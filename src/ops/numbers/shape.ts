import { bsonTypeOf } from '../../lib/bson-type.ts';
import { codeOf } from '../../phone/interpret.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { spanOfDigits } from './spot.ts';

/** Words that channels write beside a number: nobody's name, so they may be shown. */
const CHANNEL =
  /^(?:(?:whatsapp|viber|tel|phone|mobile|fax|sms|mms|rcs|client|callto|sips?):|wab-|@(?:c\.us|s\.whatsapp\.net|g\.us|lid|broadcast|newsletter)(?![a-z0-9.])|\.0+$|%2b)/i;
const LONGEST = 40;

/**
 * How a value is written, without what it says: `+44 7### ######`, `whatsapp:+447#########`, `x #######`. Only the
 * calling code or trunk prefix and one digit more are shown, and only of what is a number; letters become `x`.
 * @param number the number the value is; null where it cannot be read as one
 */
export function shapeOf(value: unknown, number: PhoneNumber | null): string {
  const type = bsonTypeOf(value);
  if (type !== 'string' && type !== 'number') return type;
  const text = String(value);
  const shown = number === null ? 0 : shownDigits(text, number);
  const span = spanOfDigits(text);
  let shape = '';
  let digits = 0;
  for (let at = 0; at < text.length && shape.length < LONGEST; ) {
    const channel = CHANNEL.exec(text.slice(at, at + LONGEST))?.[0];
    const character = text[at] as string;
    const inside = span !== null && at >= span.start && at < span.end;
    if (channel !== undefined && !inside) {
      shape += channel;
      at += channel.length;
      continue;
    }
    if (/\d/.test(character)) {
      if (inside) digits += 1;
      shape += inside && digits <= shown ? character : '#';
    } else if (/[\p{L}\p{N}\p{M}]/u.test(character)) shape += shape.endsWith('x') ? '' : 'x';
    else shape += /[\x21-\x7e ]/.test(character) ? character : escapeOf(character);
    at += 1;
  }
  const whole = number === null ? shape.replace(/#{16,}/g, '#…') : shape;
  return shape.length >= LONGEST ? `${whole.slice(0, LONGEST)}…` : whole;
}

/** How many of the first digits are shown: they say what kind of writing it is, and of whom no more than the country. */
function shownDigits(text: string, number: PhoneNumber): number {
  const digits = text.replace(/\D/g, '');
  const { callingCode, plan } = codeOf(number);
  const trunk = plan?.trunk ?? '';
  const exit = /^(?:0011|011|00)(?=[1-9])/.exec(digits)?.[0] ?? '';
  if (digits.startsWith(exit + callingCode)) return exit.length + callingCode.length + 1;
  return trunk !== '' && digits.startsWith(trunk) ? trunk.length + 1 : 1;
}

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const escapeOf = (character: string) =>
  ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Words for a number that programs put before it: `msisdn-4477...`, `phone:+4477...`. None of them is anybody's name. */
const WORDED =
  /^((?:msisdn|phone|phonenumber|mobile|number|contact|customer|client|user|subscriber|caller|sender|recipient|session)[-:_#/])(\+?)\d{7,15}$/i;

/** A number among the parts of a key: `acme:4477...:2026-10-01`, `7#+4477...`. */
const JOINED = /^[\w.-]{1,60}([:#|])(\+?)(\d{7,15})(?:\1[\w.:#|-]{0,80})?$/;

/**
 * The word of a data map for what stands around a number: a preset, or a template; null where nothing does that a map
 * has a word for.
 */
export function templateOf(text: string): string | null {
  if (/@(?:c\.us|s\.whatsapp\.net)$/i.test(text)) return 'whatsapp';
  if (/^sips?:/i.test(text)) return 'sip';
  if (/^(?:whatsapp|sms|rcs|client):/i.test(text)) return 'twilio';
  if (/^wab-/i.test(text)) return 'wab-{number}';
  const [, word, plus] = WORDED.exec(text) ?? [];
  if (word !== undefined) return `${word}{${plus}number}`;
  const [whole, mark, sign, digits] = CHANNEL.test(text) ? [] : (JOINED.exec(text) ?? []);
  if (whole === undefined) return null;
  return `*${mark}{${sign}number}${whole.endsWith(`${sign}${digits}`) ? '' : `${mark}*`}`;
}

/** The number in what `templateOf` has a word for, where that is a program's own; any other text as it is. */
export function withoutWord(text: string): string {
  const word = WORDED.exec(text)?.[1];
  if (word !== undefined) return text.slice(word.length);
  const [, , plus, digits] = templateOf(text) === null ? [] : (JOINED.exec(text) ?? []);
  return digits === undefined ? text : `${plus}${digits}`;
}
