import { digitsOf, endOf, GAP, gapAt, isApart, type Run } from './digit-runs.ts';
import { codeOf, fits, type Reading, type Written } from './interpret.ts';
import type { Candidate, Verdict } from './judge.ts';
import type { PhoneNumber } from './number.ts';
import { isWhole } from './wrapping.ts';

type Read = (written: Written) => Reading;

/** E.164 allows 15 digits after the plus; a longer run holds more than one number. */
const LONGEST_NUMBER = 15;
/** Digits that adjoin on either side are looked at as far as a number with its exit code could reach. */
const LONGEST_GROUP = 20;

/**
 * What the digits around a possible mention say of it: `other` when it is a part of another number or of a longer string
 * of digits, `unsure` when it may be. Looks a bounded number of digits to either side.
 */
export function judgeSurroundings(text: string, run: Run, candidate: Candidate, written: Written, read: Read): Verdict {
  if (isInsideForeign(run, candidate, written, read) || isFraction(run, candidate)) return 'other';
  const verdicts = [judgeGroup(run, candidate, read), judgeLonger(run, candidate, written, read)];
  if (candidate.head.digits === '') verdicts.push(judgeBare(text, run, candidate, read));
  else if (isAmongGroups(text, run, candidate)) verdicts.push('unsure');
  return verdicts.find((verdict) => verdict === 'other') ?? verdicts.find((verdict) => verdict === 'unsure') ?? 'sure';
}

/** The number that digits are after a plus. */
function abroad(digits: string, read: Read): PhoneNumber | null {
  if (digits.startsWith('0')) return null;
  const reading = read({ digits, plus: true, bracket: null, grouped334: false, numeric: false });
  return reading.kind === 'number' ? reading.number : null;
}

/**
 * Whether digits without a plus are the tail of another country's number, announced by a plus or by a leading `00` and
 * short enough to be one number: `+20 7700 900123` is Egyptian.
 */
function isInsideForeign(run: Run, { from, to }: Candidate, { plus }: Written, read: Read): boolean {
  if (plus) return false;
  const reach = Math.max(0, to - LONGEST_NUMBER - 2);
  for (let at = from - 1; at >= reach; at -= 1) {
    const gap = run.gaps[at] ?? 0;
    const announced = (gap & GAP.plus) !== 0;
    const afterExit = (gap & GAP.apart) !== 0 && run.digits[at] === 0 && run.digits[at + 1] === 0 && at + 2 < from;
    if (!announced && !afterExit) continue;
    const digits = digitsOf(run, afterExit ? at + 2 : at, to);
    if (digits.length <= LONGEST_NUMBER && abroad(digits, read) !== null) return true;
    if (announced) return false;
  }
  return false;
}

/** Digits that touch the candidate: bare national digits must stand alone; else the whole group may be another number. */
function judgeGroup(run: Run, { from, to, head, needle }: Candidate, read: Read): Verdict {
  const touches = !isApart(run, from) || !isApart(run, to);
  if (!touches) return 'sure';
  if (head.digits === '') return 'other';
  let first = from;
  while (!isApart(run, first) && from - first < LONGEST_GROUP) first -= 1;
  let last = to;
  while (!isApart(run, last) && last - to < LONGEST_GROUP) last += 1;
  const plus = ((run.gaps[first] ?? 0) & GAP.plus) !== 0;
  const reading = read({ digits: digitsOf(run, first, last), plus, bracket: null, grouped334: false, numeric: false });
  const numbers = reading.kind === 'number' ? [reading.number] : reading.kind === 'ambiguous' ? reading.numbers : [];
  // Of a number that a plus announces this is a part, whether or not a plan knows it: `+873 762692485`.
  if (plus && first < from && to - first <= LONGEST_NUMBER && run.digits[first] !== 0) return 'other';
  // One digit of a calling code is little: many a tax number begins with a 7.
  if (numbers.length === 0 && head.international && head.digits.length === 1 && !plus) return 'unsure';
  if (numbers.length === 0 || numbers.includes(needle.reads)) return 'sure';
  return numbers.some((number) => fits(codeOf(number).plan, number)) ? 'other' : 'unsure';
}

/** Where numbers have no fixed length, the group of digits that follows may belong to the number: `030 123456-78`. */
function judgeLonger(run: Run, { from, to, needle }: Candidate, written: Written, read: Read): Verdict {
  if (to >= run.size || ((run.gaps[to] ?? 0) & (GAP.wide | GAP.plus)) !== 0 || run.digits[to] === 0) return 'sure';
  let end = to + 1;
  while (!isApart(run, end) && end - to < LONGEST_NUMBER) end += 1;
  if (end - to < 2) return 'sure';
  const reading = read({ ...written, digits: digitsOf(run, from, end), grouped334: false });
  if (reading.kind !== 'number' || !reading.number.startsWith(needle.reads)) return 'sure';
  return fits(codeOf(reading.number).plan, reading.number) && reading.number !== needle.reads ? 'unsure' : 'sure';
}

/** Bare national digits may also be the tail of an unannounced international number, a card's, or a fraction. */
function judgeBare(text: string, run: Run, candidate: Candidate, read: Read): Verdict {
  const { from, to } = candidate;
  const gap = run.gaps[from] ?? 0;
  if (isGroupedAbroad(text, run, candidate, read) || isAmongGroups(text, run, candidate)) return 'unsure';
  if (from === 0) return isInRow(text, run, candidate) ? 'unsure' : 'sure';
  if ((gap & GAP.dot) !== 0 && isUnbroken(run, from, to)) return 'other';
  if (isBehindCode(text, run, candidate, read)) return 'unsure';
  if (isCard(run, candidate)) return 'other';
  return isInRow(text, run, candidate) ? 'unsure' : 'sure';
}

/**
 * Do the groups speak against a North American? In pairs a number may be French, and `82-2-459-3123` be written with a
 * calling code. Where nothing else stands in a text, look-ups take the digits for the number, too.
 */
function isGroupedAbroad(text: string, run: Run, { from, to, needle }: Candidate, read: Read): boolean {
  if (!needle.reads.startsWith('1') || isWhole(text, run.places[from] ?? 0, endOf(text, run, to - 1))) return false;
  const [first, ...others] = groupsOf(run, from, to);
  if (first !== 2) return false;
  return others.every((group) => group === 2) || abroad(digitsOf(run, from, to), read) !== null;
}

/** Digits of a calling code and of an area code that may stand before the rest of a number, in groups of their own. */
const MOST_BEFORE = 6;

/** May the groups before belong to the number, the first of them as its calling code: `61 2 9338 5000`? */
function isBehindCode(text: string, run: Run, { from, to, needle }: Candidate, read: Read): boolean {
  let first = from;
  while (first > 0 && from - first < MOST_BEFORE && ((run.gaps[first] ?? 0) & (GAP.wide | GAP.plus)) === 0) {
    const behind = first;
    first -= 1;
    while (!isApart(run, first) && from - first < MOST_BEFORE) first -= 1;
    // The minutes of `at 10:30 201-555-0123` are no calling code.
    if (
      !isApart(run, first) ||
      /\d[:.]$/.test(text.slice(Math.max(0, (run.places[first] ?? 0) - 2), run.places[first]))
    )
      return false;
    const number = digitsOf(run, first, to);
    const { callingCode, plan } = codeOf(number);
    if (callingCode !== digitsOf(run, first, behind) || abroad(number, read) !== number || !fits(plan, number))
      continue;
    // `44 201-555-0123` on an American account: parted from what is before, and grouped as no British number is.
    const groups = groupsOf(run, from, to);
    const isParted = gapAt(text, run, from) !== gapAt(text, run, from + (groups[0] ?? 0));
    const isAtHome = isParted && isGrouped(needle.number, groups);
    return !isAtHome || isGrouped(number as PhoneNumber, groupsOf(run, behind, to));
  }
  return false;
}

/** How many digits stand in each group: `[3, 3, 4]`. */
function groupsOf(run: Run, from: number, to: number): number[] {
  const groups: number[] = [];
  for (let at = from; at < to; at += 1) {
    if (at === from || isApart(run, at)) groups.push(0);
    groups[groups.length - 1] = (groups.at(-1) ?? 0) + 1;
  }
  return groups;
}

/** Does the number's plan group it so? In one group it may be anybody's. */
function isGrouped(number: PhoneNumber, groups: readonly number[]): boolean {
  const { callingCode, plan } = codeOf(number);
  const { usual } = plan?.groupings(number.slice(callingCode.length)) ?? { usual: [] };
  return groups.length > 1 && usual.some((some) => some.join() === groups.join());
}

function isUnbroken(run: Run, from: number, to: number): boolean {
  for (let at = from + 1; at < to; at += 1) if (isApart(run, at)) return false;
  return true;
}

/** `0.7700900123`: a fraction, whose zero is no trunk prefix. */
function isFraction(run: Run, { from, to, at, head }: Candidate): boolean {
  return head.digits === '0' && at === from + 1 && ((run.gaps[at] ?? 0) & GAP.dot) !== 0 && isUnbroken(run, at, to);
}

/** Is the candidate in groups as long as the group beside it, and parted alike: `5500 9123 4567 0004`? */
function isInRow(text: string, run: Run, { from, to }: Candidate): boolean {
  let first = 1;
  while (from + first < to && !isApart(run, from + first)) first += 1;
  let last = 1;
  while (to - last > from && !isApart(run, to - last)) last += 1;
  if (first === to - from) return false;
  const isAlike = (at: number, other: number) => gapAt(text, run, at) === gapAt(text, run, other);
  return (
    (first > 2 && groupBefore(run, from) === first && isAlike(from, from + first)) ||
    (last > 2 && groupAfter(run, to) === last && isAlike(to, to - last))
  );
}

/**
 * Are there more groups beside it, parted as its own? `123 456 789 00012` is no French number that lacks its zero. One that
 * has it may have digits on one side of it: `06 12 34 56 78 12 persons`.
 */
function isAmongGroups(text: string, run: Run, { from, to, head, needle }: Candidate): boolean {
  const [first = 0, ...others] = groupsOf(run, from, to);
  if (others.length === 0) return false;
  const gap = gapAt(text, run, from + first);
  // A group of `26/11/2026` is the date's.
  const isPlain = (at: number) => at <= 0 || at >= run.size || gapAt(text, run, at) === gap;
  const [before, after] = [groupBefore(run, from), groupAfter(run, to)];
  const isBehind = before > 0 && gapAt(text, run, from) === gap && isPlain(from - before);
  const isBefore = after > 0 && gapAt(text, run, to) === gap && isPlain(to + after);
  const { callingCode, plan } = codeOf(needle.reads);
  const national = needle.reads.slice(callingCode.length);
  if (head.digits === '') return (isBehind || isBefore) && plan?.writesTrunk(national) === true;
  if (head.international || !isBehind || !isBefore) return false;
  return !isGrouped(needle.reads, [first - head.digits.length, ...others]);
}

/** How many digits the group just before an index has, if only a plain separator parts it; else 0. */
function groupBefore(run: Run, at: number): number {
  if (at === 0 || ((run.gaps[at] ?? 0) & (GAP.wide | GAP.plus)) !== 0) return 0;
  let first = at - 1;
  while (!isApart(run, first) && at - first < LONGEST_GROUP) first -= 1;
  return at - first;
}

function groupAfter(run: Run, at: number): number {
  if (at >= run.size || ((run.gaps[at] ?? 0) & (GAP.wide | GAP.plus)) !== 0) return 0;
  let end = at + 1;
  while (!isApart(run, end) && end - at < LONGEST_GROUP) end += 1;
  return end - at;
}

/** Sixteen digits in fours whose check digit is right, as on a bank card. */
function isCard(run: Run, { from, to }: Candidate): boolean {
  let first = from;
  while (from - first < 16 && groupBefore(run, first) === 4) first -= 4;
  let last = to;
  while (last - to < 16 && groupAfter(run, last) === 4) last += 4;
  if (last - first !== 16 || groupBefore(run, first) !== 0 || groupAfter(run, last) !== 0) return false;
  let sum = 0;
  for (let at = first; at < last; at += 1) {
    if ((at - first) % 4 === 0 && !isApart(run, at)) return false;
    const digit = (run.digits[at] ?? 0) * ((at - first) % 2 === 0 ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 === 0;
}
