import mongoose from 'mongoose';
import { EXIT_CODES } from '../phone/interpret.ts';
import { planOf, splitNumber } from '../phone/numbering-plan.ts';
import { createNumberReader } from '../phone/reader.ts';
import type { JoinedPlace } from './map/schema.ts';
import type { NumberValue, Subject } from './subject.ts';

const { Long } = mongoose.mongo;

/** What each of several fields may hold of a number, all of them together: one list a field. */
export type Split = readonly (readonly NumberValue[])[];

/** Digits, and what people write between them. */
const PLAIN = /^\+?[\d\s().\-/]+$/;

/**
 * Every way in which a number is divided among several fields, for equality searches: between the calling code and the
 * rest, and anywhere else, in each writing the subject has. What would be read as another's is left out.
 * @param certainty what is read as the number, or what may be it and another
 * @returns none where no field can hold a part of the number
 */
export function splitsOf(
  { number, values, countries }: Subject,
  { parts, code }: JoinedPlace,
  certainty: 'sure' | 'doubtful',
): Split[] {
  const { countryCode, national } = splitNumber(number);
  if (countryCode === '') return [];
  const { trunk = '', exit = '' } = planOf(countryCode) ?? {};
  const reader = createNumberReader(countries);
  const heads = ['', ...EXIT_CODES, exit].map((one) => one + countryCode);
  const bodies = [...new Set([national, trunk + national])];
  const splits = new Map<string, Set<string>[]>();

  const add = (writing: string, body: string, head: string) => {
    const starts = digitsOf(writing);
    const isAbroad = head !== '';
    if (code === !isAbroad) return;
    for (const cuts of cutsOf(body.length, parts.length - (isAbroad ? 1 : 0))) {
      const ends = [...(isAbroad ? [head.length] : []), ...cuts.map((cut) => head.length + cut)];
      const key = `${isAbroad} ${body} ${cuts}`;
      const lists = splits.get(key) ?? parts.map(() => new Set<string>());
      splits.set(key, lists);
      ends.forEach((end, index) => {
        for (const piece of piecesOf(writing, starts, ends[index - 1] ?? 0, end)) lists[index]?.add(piece);
      });
    }
  };
  for (const writing of values) {
    if (typeof writing !== 'string' || !PLAIN.test(writing)) continue;
    const digits = writing.replace(/\D/g, '');
    for (const body of bodies) for (const head of ['', ...heads]) if (digits === head + body) add(writing, body, head);
  }

  const isTheirs = (lists: readonly Set<string>[]) => {
    const reading = reader.readParts(
      lists.map((list) => [...list][0]),
      code,
    );
    if (certainty === 'doubtful') return reading.kind === 'ambiguous' && reading.numbers.includes(number);
    return reading.kind === 'number' && reading.number === number;
  };
  return [...splits.values()].filter(isTheirs).map((lists) => lists.map(valuesOf));
}

/** Where each digit of a writing stands. */
function digitsOf(writing: string): number[] {
  return [...writing].flatMap((character, index) => (/\d/.test(character) ? [index] : []));
}

/** The digits of a writing from one to before another, as they are written, and with what announces or encloses them. */
function piecesOf(writing: string, starts: readonly number[], from: number, to: number): string[] {
  const [first = 0, last = 0] = [starts[from], starts[to - 1]];
  const piece = writing.slice(first, last + 1);
  const before = writing[first - 1];
  if (before === '+') return [piece, `+${piece}`];
  return before === '(' && writing[last + 1] === ')' ? [piece, `(${piece})`] : [piece];
}

/** Every way to cut a length into so many pieces, by where each piece ends. */
function cutsOf(length: number, pieces: number, from = 0): number[][] {
  if (pieces <= 1) return [[length]];
  return Array.from({ length: length - from - pieces + 1 }, (_, index) => from + index + 1).flatMap((cut) =>
    cutsOf(length, pieces - 1, cut).map((rest) => [cut, ...rest]),
  );
}

function valuesOf(pieces: ReadonlySet<string>): NumberValue[] {
  const integers = [...pieces].filter((piece) => /^[1-9]\d*$/.test(piece));
  return [...pieces, ...integers.map((piece) => Long.fromString(piece))];
}
