import { bsonTypeOf } from '../lib/bson-type.ts';
import { eachRun, GAP, type Run } from './digit-runs.ts';
import { MOST_DIGITS, NO_NUMBER, type Reading, type Written } from './interpret.ts';
import { isWhole, writtenSpan } from './wrapping.ts';
import { writtenIn } from './written.ts';

/** Tells whose number a writing is; the caller knows which countries are served. */
export type Interpret = (written: Written) => Reading;

/** A longer text holds more than a number. */
const LONGEST_TEXT = 300;

/** Reads a stored value of any BSON type that holds one number and nothing else. */
export function readValue(value: unknown, interpret: Interpret): Reading {
  if (typeof value === 'string') return readText(value, interpret);
  if (bsonTypeOf(value) !== 'number') return NO_NUMBER;
  const digits = wholeDigits(String(value));
  return digits === null ? NO_NUMBER : interpret(numericWriting(digits));
}

/** A stored number's digits, as they are interpreted. */
export function numericWriting(digits: string): Written {
  return { digits, plus: false, bracket: null, grouped334: false, numeric: true };
}

const DECIMAL = /^[+-]?(\d{1,40})(?:\.(\d{0,40}))?(?:[Ee]\+?(\d{1,3}))?$/;
const GREATEST_EXPONENT = 40;

/**
 * The digits of a whole number in decimal writing: `-447700900123`, `447700900123.0`, `4.47700900123E+11`. The sign is
 * dropped: a number column has no other place for a plus. Null for what is not whole, or no number.
 */
export function wholeDigits(decimal: string): string | null {
  const [, whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(decimal) ?? [];
  const shift = Number(exponent);
  if (whole === '' || shift > GREATEST_EXPONENT || /[1-9]/.test(fraction.slice(shift))) return null;
  const digits = (whole + fraction.slice(0, shift).padEnd(shift, '0')).replace(/^0+/, '');
  return digits === '' ? null : digits;
}

function readText(text: string, interpret: Interpret): Reading {
  if (text.length > LONGEST_TEXT) return NO_NUMBER;
  let reading: Reading | null = null;
  eachRun(text, (run) => {
    reading ??= readRun(text, run, interpret);
  });
  return reading ?? NO_NUMBER;
}

function readRun(text: string, run: Run, interpret: Interpret): Reading {
  const to = beforeDecimals(run);
  if (to > MOST_DIGITS || !areCommasThousands(run, to)) return NO_NUMBER;
  const span = writtenSpan(text, run, 0, to);
  return isWhole(text, span.start, span.end) ? interpret(writtenIn(text, run, 0, to)) : NO_NUMBER;
}

/** How many digits stand before the `.0` of a number that was stored as a fraction: they are unbroken. */
function beforeDecimals(run: Run): number {
  let at = run.size - 1;
  while (at > 0 && run.gaps[at] === 0 && run.digits[at] === 0) at -= 1;
  const isZero = run.digits[at] === 0 && run.gaps[at] === (GAP.apart | GAP.dot);
  if (!isZero || run.exponent !== null) return run.size;
  for (let before = 1; before < at; before += 1) if (run.gaps[before] !== 0) return run.size;
  return at;
}

/** `447,700,900,123` is one number; two that a comma parts are not. */
function areCommasThousands(run: Run, to: number): boolean {
  let group = 0;
  let seen = false;
  for (let at = 0; at <= to; at += 1) {
    const gap = at === to ? GAP.apart | GAP.comma : (run.gaps[at] ?? 0);
    if (at > 0 && gap !== 0) {
      const comma = (gap & GAP.comma) !== 0;
      if (seen && (group !== 3 || !comma)) return false;
      if (comma && at < to) seen = true;
      group = 0;
    }
    group += 1;
  }
  return true;
}
