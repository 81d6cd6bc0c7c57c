import mongoose from 'mongoose';
import type { JoinedPlace, NumberPlace } from '../../engine/map/schema.ts';
import { digestOf, digestText, isOpenHeaded } from '../../engine/map/templates.ts';
import { storedForms } from '../../phone/forms.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { planOf, splitNumber } from '../../phone/numbering-plan.ts';
import type { NumberReader } from '../../phone/reader.ts';
import { shapeOf } from '../numbers/shape.ts';

const { Decimal128, Double, Long } = mongoose.mongo;

/** `indexed`: what a look-up by index finds; `all`: also what only a reading of the records finds. */
export const SHAPE_SETS = ['indexed', 'all'] as const;
export type ShapeSet = (typeof SHAPE_SETS)[number];

/** One way to put a number into a record. */
export interface Shape {
  /** For reports; it does not hold the number. */
  readonly name: string;
  /** What stands at the mapped place; `around` changes the containers on the way to it. */
  readonly value: unknown;
  readonly around?: 'list in list' | 'list' | 'no list';
  /** An erasure masks the number there, and takes the record for nobody's: what else it holds stays. */
  readonly isMention?: true;
}

/** Of the many writings of a number, so many are tried beside the usual ones. */
const OTHER_WRITINGS = 12;

/** Every shape of a number at one mapped place. */
export function shapesFor(place: NumberPlace, number: PhoneNumber, reader: NumberReader, set: ShapeSet): Shape[] {
  const written = (value: string): Shape => ({ name: `written ${shapeOf(value, number)}`, value });
  const { strings, integers } = storedForms(number);
  const typed: Shape[] = integers.flatMap((integer, index) => {
    const which = index === 0 ? 'international' : 'national';
    return [
      { name: `Int64, ${which}`, value: Long.fromBigInt(integer) },
      { name: `Double, ${which}`, value: new Double(Number(integer)) },
      { name: `Decimal128, ${which}`, value: Decimal128.fromString(String(integer)) },
    ];
  });
  if (place.type === 'number') return typed;
  const asMapped = (templates: readonly string[]) => templates.map((one) => written(fill(one, number)));
  const indexed = [...strings.map(written), ...typed, ...asMapped(place.templates.filter((one) => !isOpenHeaded(one)))];
  if (set === 'indexed') return indexed;

  const others = reader.writings(number).strings.filter((one) => !strings.includes(one));
  const step = Math.max(1, Math.floor(others.length / OTHER_WRITINGS));
  const text = `+${number}`;
  return [
    ...indexed,
    ...asMapped(place.templates.filter(isOpenHeaded)),
    ...others.filter((_, index) => index % step === 0).map(written),
    ...[`whatsapp:+${number}`, `${number}@c.us`, `${number}:3@s.whatsapp.net`].map(written),
    { name: 'within a text', value: `Call ${text} please` },
    { name: 'as JSON', value: JSON.stringify({ from: text }) },
    { name: 'in base64', value: Buffer.from(`from ${text}.`).toString('base64'), isMention: true },
    { name: 'in a list', value: text, around: 'list' },
    { name: 'in a list in a list', value: text, around: 'list in list' },
    ...(place.path.includes('[]') ? [{ name: 'without its list', value: text, around: 'no list' } as const] : []),
  ];
}

/** One way to divide a number among several fields. */
export interface JoinedShape {
  readonly name: string;
  /** What stands in each of the fields. */
  readonly values: readonly unknown[];
}

/**
 * Every shape of a number in several fields, as far as it is read as that number.
 * @param parts how many fields there are
 */
export function joinedShapesFor(
  { parts, code }: JoinedPlace,
  number: PhoneNumber,
  reader: NumberReader,
): JoinedShape[] {
  const { countryCode, national } = splitNumber(number);
  const { trunk = '' } = planOf(countryCode) ?? {};
  const [last, whole] = [parts.length - 1, parts.length];
  const integers = (pieces: readonly string[]) => pieces.map((piece) => Long.fromString(piece));
  const shapes: JoinedShape[] = [
    { name: 'calling code apart', values: [countryCode, ...divide(national, last)] },
    { name: 'calling code apart, with its plus', values: [`+${countryCode}`, ...divide(national, last)] },
    { name: 'calling code apart, as Int64', values: integers([countryCode, ...divide(national, last)]) },
    { name: 'dialled at home', values: divide(trunk + national, whole) },
  ];
  return shapes.filter(({ values }) => {
    const reading = reader.readParts(values, code);
    return reading.kind === 'number' && reading.number === number;
  });
}

/** Digits in so many pieces, the last of them the longest. */
function divide(digits: string, pieces: number): string[] {
  const heads = Array.from({ length: pieces - 1 }, (_, index) => digits.slice(index * 2, index * 2 + 2));
  return [...heads, digits.slice(heads.length * 2)];
}

/** A template of the map around the number; what may stand in its open tail is a device's index. */
function fill(template: string, number: PhoneNumber): string {
  const digest = digestOf(template);
  if (digest !== null) return digestText(digest.algorithm, fill(digest.inner, number));
  return template
    .replace('{+number}', `+${number}`)
    .replace('{number}', number)
    .replace('{national}', storedForms(number).strings.find((one) => one.startsWith('0')) ?? number)
    .replaceAll('*', '3');
}
