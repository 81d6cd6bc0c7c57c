import { escapeAt, KIND, kindOf, withoutTags } from './characters.ts';

/** What parts a digit from the one before it: flags, of which none means that nothing does. */
export const GAP = {
  /** Something stands between, or this is the run's first digit. */
  apart: 1,
  /** More than a plain separator or two: a line break, a comma, a plus, three characters; or the run begins here. */
  wide: 2,
  /** A plus stands before this digit, brackets and spaces apart. */
  plus: 4,
  /** A dot alone. */
  dot: 8,
  comma: 16,
} as const;

/** Digits that may be one written number or several: nothing but separators between them. */
export interface Run {
  /** How many digits. */
  size: number;
  /** Their values, 0 to 9. */
  digits: Uint8Array;
  /** Where each stands in the text. */
  places: Int32Array;
  /** What parts each from the one before it: `GAP`. */
  gaps: Uint8Array;
  /** `4.47700900123E+11`: the index of the first digit, the end in the text; zeros it left out are among the digits. */
  exponent: { readonly from: number; readonly end: number } | null;
}

/** `+44 (0) - 7700`: the widest gap people write between two digits of one number, what is invisible apart. */
const WIDEST_GAP = 4;
/** Fewer digits are no number, in whatever writing. */
const SHORTEST_RUN = 7;
/** The lead surrogate of mathematical digits (`𝟎`), and the first of their trail surrogates. */
const MATHEMATICAL = 0xd835;
const FIRST_MATHEMATICAL = 0xdfce;
const TAG_BEGINS = 0x3c;
const LINE_FEED = 0x0a;

/**
 * Reads a text once and gives every run of seven digits or more to `visit`, which may keep nothing of it: the next run
 * comes in the same buffers.
 */
export function eachRun(text: string, visit: (run: Run) => void): void {
  if (shared.digits.length > LARGEST_KEPT) shared = buffers(1024);
  const run = shared;
  run.size = 0;
  let flags: number = GAP.apart | GAP.wide;
  let visible = 0;

  const end = (at: number) => {
    if (run.size >= SHORTEST_RUN) {
      run.exponent = readExponent(text, run, at);
      visit(run);
    }
    run.size = 0;
  };

  for (let index = 0; index < text.length; ) {
    const code = text.charCodeAt(index);
    let kind = kindOf(code);
    let length = 1;
    let isBreak = false;
    if (kind === KIND.other && code === MATHEMATICAL) {
      const value = text.charCodeAt(index + 1) - FIRST_MATHEMATICAL;
      if (value >= 0 && value < 50) {
        kind = KIND.digit + (value % 10);
        length = 2;
      }
    } else if (kind === KIND.escape) {
      // Tags stand everywhere in a page, and matter between digits.
      if (code === TAG_BEGINS && run.size === 0) kind = KIND.other;
      else ({ kind, length, isBreak = false } = escapeAt(text, index));
    }

    if (kind >= KIND.digit) {
      // Room for the zeros of an exponent, too.
      if (run.size + GREATEST_EXPONENT >= run.digits.length) grow(run);
      run.digits[run.size] = kind - KIND.digit;
      run.places[run.size] = index;
      if (run.size === 0) flags |= GAP.apart | GAP.wide;
      run.gaps[run.size] = flags;
      run.size += 1;
      flags = visible = 0;
    } else if (kind === KIND.other) {
      if (run.size > 0) end(index);
      flags = visible = 0;
    } else if (kind === KIND.plus) {
      flags |= GAP.apart | GAP.wide | GAP.plus;
    } else if (kind === KIND.invisible) {
      flags |= GAP.apart;
    } else {
      visible += 1;
      if (visible > WIDEST_GAP) {
        if (run.size > 0) end(index);
        flags = 0;
        visible = 0;
      }
      flags = (flags | flagsOf(kind, isBreak ? LINE_FEED : code, visible)) & (visible > 1 ? ~GAP.dot : ~0);
    }
    index += length;
  }
  if (run.size > 0) end(text.length);
}

function flagsOf(kind: number, code: number, visible: number): number {
  if (kind === KIND.comma) return GAP.apart | GAP.wide | GAP.comma;
  // Tab, line feed and what is between them and carriage return.
  if (visible > 2 || (code >= 0x09 && code <= 0x0d)) return GAP.apart | GAP.wide;
  return code === 0x2e ? GAP.apart | GAP.dot : GAP.apart;
}

/** Where the digit at an index of the run ends in the text, the rest of its keycap included. */
export function endOf(text: string, run: Run, index: number): number {
  const place = run.places[index] ?? 0;
  let end = place + (text.charCodeAt(place) === MATHEMATICAL ? 2 : 1);
  if (text.charCodeAt(end) === 0xfe0f) end += 1;
  return text.charCodeAt(end) === 0x20e3 ? end + 1 : end;
}

/** The digits of a run from one index to before another. */
export function digitsOf(run: Run, from: number, to: number): string {
  let digits = '';
  for (let index = Math.max(0, from); index < to; index += 1) digits += String(run.digits[index]);
  return digits;
}

/** Does anything part a digit from the one before it, or does the run begin or end there? */
export function isApart(run: Run, at: number): boolean {
  return at >= run.size || ((run.gaps[at] ?? 0) & GAP.apart) !== 0;
}

/** What stands between a digit and the one before it, without tags. */
export function gapAt(text: string, run: Run, at: number): string {
  return withoutTags(text.slice((run.places[at - 1] ?? 0) + 1, run.places[at]));
}

/** Spreadsheets write a long number so, with all of its digits or without the zeros at its end. */
const EXPONENT = /[Ee]\+?0?(\d{1,2})(?!\d)/y;
const GREATEST_EXPONENT = 14;

function readExponent(text: string, run: Run, at: number): Run['exponent'] {
  EXPONENT.lastIndex = at;
  const match = EXPONENT.exec(text);
  if (match === null) return null;
  let from = run.size - 1;
  while (from > 0 && run.gaps[from] === 0 && run.size - from <= GREATEST_EXPONENT) from -= 1;
  // `4.477..`: one digit alone before the dot.
  if (run.gaps[from] !== (GAP.apart | GAP.dot) || run.gaps[from - 1] === 0) return null;
  from -= 1;
  const zeros = Number(match[1]) + 1 - (run.size - from);
  if (zeros < 0 || Number(match[1]) > GREATEST_EXPONENT) return null;
  for (let count = 0; count < zeros; count += 1) {
    run.digits[run.size] = 0;
    run.places[run.size] = run.places[run.size - 1] ?? 0;
    run.gaps[run.size] = 0;
    run.size += 1;
  }
  return { from, end: at + match[0].length };
}

/** Made once and grown as runs need it: texts are read one at a time, from beginning to end. */
let shared = buffers(1024);
/** A longer run's buffers are not kept. */
const LARGEST_KEPT = 1 << 16;

function buffers(length: number): Run {
  return {
    size: 0,
    digits: new Uint8Array(length),
    places: new Int32Array(length),
    gaps: new Uint8Array(length),
    exponent: null,
  };
}

function grow(run: Run): void {
  const larger = buffers(run.digits.length * 2);
  larger.digits.set(run.digits);
  larger.places.set(run.places);
  larger.gaps.set(run.gaps);
  run.digits = larger.digits;
  run.places = larger.places;
  run.gaps = larger.gaps;
}
