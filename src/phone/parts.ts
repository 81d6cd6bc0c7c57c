import { bsonTypeOf } from '../lib/bson-type.ts';
import { mainCountryOf } from './countries.ts';
import type { Reading } from './interpret.ts';
import { type Interpret, readValue, wholeDigits } from './read-value.ts';

/** What one field of several holds of a number, as text; empty for what is none of it. */
export function partText(value: unknown): string {
  if (typeof value === 'string') return value.trim();
  return bsonTypeOf(value) === 'number' ? (wholeDigits(String(value)) ?? '') : '';
}

/** A calling code, with or without what announces one. */
const ANNOUNCED = /^(?:\+|00)\d/;
const CODE = /^\d{1,3}$/;

/**
 * Reads a number of which each part stands in a field of its own: `['44', '7700 900123']`. One field alone is no part,
 * and is read as what it holds.
 * @param parts in the order in which they are dialled; empty ones are left out
 * @param code does the first one hold the calling code? Undefined: its digits tell. What may be both is in doubt: `507`
 * is Panama, and an area of Minnesota
 */
export function readParts(parts: readonly unknown[], code: boolean | undefined, interpret: Interpret): Reading {
  const texts = parts.map(partText);
  const held = texts.filter((text) => text !== '');
  if (held.length < 2) return { kind: 'none' };
  const joined = held.join(' ');
  const [first = ''] = texts;
  const asDialled = () => readValue(joined, interpret);
  if (code === false || first === '' || ANNOUNCED.test(first)) return asDialled();
  const abroad = readValue(`+${joined}`, interpret);
  if (code === true) return abroad;
  if (!CODE.test(first) || mainCountryOf(first) === undefined || abroad.kind === 'none') return asDialled();
  const dialled = asDialled();
  if (dialled.kind === 'none') return abroad;
  const numbers = [...new Set([...numbersIn(dialled), ...numbersIn(abroad)])];
  const [number, ...others] = numbers;
  if (number === undefined) return { kind: 'none' };
  return others.length === 0 && dialled.kind === 'number' ? dialled : { kind: 'ambiguous', numbers };
}

function numbersIn(reading: Reading) {
  if (reading.kind === 'number') return [reading.number];
  return reading.kind === 'ambiguous' ? reading.numbers : [];
}
