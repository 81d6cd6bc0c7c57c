import { type CountryCode, callingCodesOf } from './countries.ts';
import { eachRun, type Run } from './digit-runs.ts';
import { FEWEST_DIGITS, interpret, MOST_DIGITS, type Written } from './interpret.ts';
import type { PhoneNumber } from './number.ts';
import { formerNumbersOf, readOtherWriting } from './other-writings.ts';
import { numericWriting, wholeDigits } from './read-value.ts';
import { writtenIn } from './written.ts';

/** Names every number that a text or a stored number may be, for whoever can tell whether it is one that matters. */
export interface CandidateReader {
  /** Of a text: each stretch of digits between separators, in every reading. Too many rather than too few. */
  inText(text: string, visit: (number: PhoneNumber) => void): void;
  /** Of a stored number, as its decimal text. */
  inDecimal(decimal: string, visit: (number: PhoneNumber) => void): void;
}

/** Stretches of one text that are read: one that is made of separated digits alone has a dozen for each of them. */
const MOST_READ = 20_000;

/** @param countries whose national writings are read */
export function createCandidateReader(countries: readonly CountryCode[]): CandidateReader {
  const callingCodes = callingCodesOf(countries);
  const tell = (written: Written, visit: (number: PhoneNumber) => void) => {
    const reading = interpret(written, callingCodes);
    const other = reading.kind === 'none' ? readOtherWriting(written.digits) : null;
    const some = reading.kind === 'ambiguous' ? reading.numbers : [reading.kind === 'number' ? reading.number : other];
    for (const number of some) {
      if (number === null) continue;
      visit(number);
      for (const former of formerNumbersOf(number)) visit(former);
    }
  };
  return {
    inText(text, visit) {
      let left = MOST_READ;
      eachRun(text, (run) => {
        for (const [from, to] of stretchesOf(run)) {
          left -= 1;
          if (left < 0) return;
          tell(writtenIn(text, run, from, to), visit);
        }
      });
    },
    inDecimal(decimal, visit) {
      const digits = wholeDigits(decimal);
      if (digits !== null) tell(numericWriting(digits), visit);
    },
  };
}

/** From where digits are parted from those before them, to where they are parted from those behind. */
function* stretchesOf(run: Run): Generator<[from: number, to: number]> {
  for (let from = 0; from < run.size; from += 1) {
    if (from > 0 && (run.gaps[from] ?? 0) === 0) continue;
    const last = Math.min(run.size, from + MOST_DIGITS);
    for (let to = from + FEWEST_DIGITS; to <= last; to += 1)
      if (to === run.size || (run.gaps[to] ?? 0) !== 0) yield [from, to];
  }
}
