import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { isPossibleE164, type PhoneNumber } from './number.ts';
import { type Plan, planOf } from './numbering-plan.ts';

/** One written number, without what stands between its digits. */
export interface Written {
  /** ASCII digits, as they stand. */
  readonly digits: string;
  /** A plus stands before them. */
  readonly plus: boolean;
  /** The first brackets around some of the digits, and not around all: how many digits stand before and in them. */
  readonly bracket: { readonly before: number; readonly inside: number } | null;
  /** Grouped 3-3-4, as North Americans write. */
  readonly grouped334: boolean;
  /** A number of the database's, or one that a spreadsheet wrote: it lost its zeros. */
  readonly numeric: boolean;
}

/** Whose number a writing is. Ambiguous: two people's, or perhaps nobody's whom these countries know. */
export type Reading =
  | { readonly kind: 'number'; readonly number: PhoneNumber }
  | { readonly kind: 'ambiguous'; readonly numbers: readonly PhoneNumber[] }
  | { readonly kind: 'none' };

export const NO_NUMBER: Reading = { kind: 'none' };

/** Anything shorter is more likely an identifier or a count than a phone number. */
export const FEWEST_DIGITS = 7;

/** E.164 allows 15 digits; before them may stand an exit code and a trunk prefix. */
export const MOST_DIGITS = 21;

/** What is dialled before an international number, wherever one is: most of the world, North America, Australia. */
export const EXIT_CODES = ['0011', '011', '00'] as const;

/** How a writing names its number; the letters order nothing. */
type Way =
  /** With the trunk prefix of a served country, or in the form its people dial. */
  | 'national'
  /** Without a trunk prefix, in a country that may leave it out. */
  | 'bare'
  /** Without the trunk prefix that its country writes: a lost zero. */
  | 'trunkless'
  /** The calling code of a served country before it. */
  | 'home'
  /** The calling code of another country. */
  | 'foreign';

interface Candidate {
  readonly number: PhoneNumber;
  readonly plan: Plan | null;
  readonly way: Way;
}

/**
 * Tells whose number a writing is. National writings belong to the served countries: `2015550123` is American where
 * Americans are served, although it is also a possible number of Egypt. Nobody is guessed at: where served countries
 * disagree, or a lost trunk zero is as likely as another country's code, the reading is ambiguous.
 * @param callingCodes of the served countries: `['44']`
 */
export function interpret(written: Written, callingCodes: readonly string[]): Reading {
  const { digits, plus } = written;
  if (digits.length < FEWEST_DIGITS || digits.length > MOST_DIGITS) return NO_NUMBER;
  const plans = callingCodes.flatMap((code) => planOf(code) ?? []);

  // No calling code begins with a zero: the plus of `+07700 900123` is dirt.
  if (plus && !digits.startsWith('0')) {
    const number = international(digits);
    if (number !== null) return { kind: 'number', number };
    // `+7700900123`: the country is missing, and nobody can say which it was.
    const candidates = plans.flatMap((plan) => nationalCandidates(written, plan));
    return candidates.length > 0 ? { kind: 'ambiguous', numbers: numbersOf(candidates) } : NO_NUMBER;
  }

  const national = plans.flatMap((plan) => nationalCandidates(written, plan));
  const dialled = national.filter(({ way }) => way === 'national');
  const abroad = afterExitCode(digits, plans, dialled);
  if (abroad !== null) return abroad;

  const candidates = [...national];
  const number = international(digits);
  if (number !== null && !isOverruled(written, number)) {
    const { callingCode, plan } = codeOf(number);
    // Only a served country's number is looked for behind its code and a trunk zero: `4407700900123`.
    const isHome = callingCodes.includes(callingCode);
    if (isHome || number === digits) candidates.push({ number, plan, way: isHome ? 'home' : 'foreign' });
  }
  return choose(candidates, written);
}

/** The number that digits after a plus are, also with a trunk prefix behind the calling code; null for none. */
function international(digits: string): PhoneNumber | null {
  if (isPossibleE164(digits)) return digits as PhoneNumber;
  for (let length = 1; length <= 3; length += 1) {
    const plan = planOf(digits.slice(0, length));
    // Nobody writes `+1 1 201..`.
    if (plan === null || plan.trunk === '' || plan.trunk === plan.callingCode) continue;
    const rest = digits.slice(length);
    if (!rest.startsWith(plan.trunk)) return null;
    const number = plan.callingCode + rest.slice(plan.trunk.length);
    return isPossibleE164(number) ? (number as PhoneNumber) : null;
  }
  return null;
}

/** The calling code that a number begins with, and its plan: empty and null where none is known. */
export function codeOf(number: string): { callingCode: string; plan: Plan | null } {
  for (let length = 1; length <= 3; length += 1) {
    const plan = planOf(number.slice(0, length));
    if (plan !== null) return { callingCode: plan.callingCode, plan };
  }
  return { callingCode: '', plan: null };
}

function afterExitCode(digits: string, plans: readonly Plan[], dialled: readonly Candidate[]): Reading | null {
  const own = plans.map(({ exit }) => exit).filter((exit) => exit !== '');
  for (const exit of new Set([...own, ...EXIT_CODES].sort((one, other) => other.length - one.length))) {
    if (!digits.startsWith(exit)) continue;
    const number = international(digits.slice(exit.length));
    if (number === null) continue;
    // `0114 930 1234` is Sheffield's, although `011 49 301234` rings in Berlin when dialled in New York.
    const likely = dialled.filter(({ number, plan }) => exit !== '00' && fits(plan, number));
    if (likely.length === 0) return { kind: 'number', number };
    return own.includes(exit) ? decide([...numbersOf(likely), number]) : decide(numbersOf(likely));
  }
  return null;
}

function nationalCandidates({ digits, numeric }: Written, plan: Plan): Candidate[] {
  const found: Candidate[] = [];
  const add = (national: string, way: Way) => {
    const number = plan.callingCode + national;
    if (isPossibleE164(number)) found.push({ number: number as PhoneNumber, plan, way });
  };
  const { trunk } = plan;
  if (trunk !== '' && digits.startsWith(trunk)) add(digits.slice(trunk.length), 'national');
  // Italy's zero is a part of the number: a number column drops it, but mobile numbers begin without one.
  if (trunk === '' && !plan.fits(digits) && plan.fits(`0${digits}`)) add(`0${digits}`, numeric ? 'bare' : 'trunkless');
  if (trunk === '' || !digits.startsWith('0')) {
    const needsTrunk = trunk !== '' && plan.writesTrunk(digits);
    add(digits, needsTrunk ? 'trunkless' : 'bare');
  }
  if (found.length === 0 && !numeric) {
    // What is dialled is not always a prefix and the number: Argentina's `011 15-2345-6789`.
    const parsed = parsePhoneNumberFromString(digits, plan.country);
    const number = parsed?.isPossible() === true ? parsed.number.slice(1) : '';
    if (isPossibleE164(number) && number.startsWith(plan.callingCode) && !digits.startsWith(plan.callingCode)) {
      found.push({ number: number as PhoneNumber, plan, way: 'national' });
    }
  }
  return found;
}

/** Do brackets forbid to read an unannounced writing as an international one? `(201) 555-0123` is not Egyptian. */
function isOverruled({ digits, bracket }: Written, number: string): boolean {
  if (bracket === null) return false;
  const { callingCode } = codeOf(number);
  const inside = digits.slice(bracket.before, bracket.before + bracket.inside);
  if (bracket.before === 0) return inside !== callingCode;
  // `7 (495) 123-45-67`, `44 (0)7700 900123`
  return digits.slice(0, bracket.before) !== callingCode;
}

function choose(candidates: readonly Candidate[], written: Written): Reading {
  const ways = (...wanted: Way[]) => candidates.filter(({ way }) => wanted.includes(way));
  const strong = ways('national', 'bare', 'home').filter((one) => one.way !== 'bare' || !isFarFetched(one, candidates));
  const trunkless = ways('trunkless').filter((one) => !isFarFetched(one, candidates));

  if (strong.length > 0) {
    // A trunk prefix or a calling code says more than digits that might have lost their zero.
    const isPlain = strong.every(({ way }) => way === 'bare');
    // `61412345678` on a Brazilian account: Australian as it stands, and in no range that Brazil has assigned.
    const assigned = isPlain && !strong.some(isKnown) ? ways('foreign').filter(isKnown) : [];
    if (assigned.length > 0) return decide(numbersOf([...strong, ...trunkless, ...assigned]));
    return settle(isPlain ? [...strong, ...trunkless] : strong);
  }
  if (written.numeric && trunkless.length > 0) return settle(trunkless);
  const foreign = ways('foreign');
  const reading = foreign.length === 0 ? settle(trunkless) : decide(numbersOf([...trunkless, ...foreign]));
  // `212-555-0123` lacks the zero of the served country and looks like a number of one that is not served.
  const isDoubtful = written.grouped334 && NORTH_AMERICAN.test(written.digits);
  return reading.kind === 'number' && trunkless.length > 0 && isDoubtful
    ? { kind: 'ambiguous', numbers: [reading.number] }
    : reading;
}

/** As many national digits are as good as never written without their zero. */
const FEWEST_INTERNATIONAL = 12;

/**
 * `447700900123` on a German account: a British number, not a German one of twelve digits that lost its zero. On an Indian
 * one: its plan has nothing of that length that anybody could be rung on.
 */
function isFarFetched(one: Candidate, candidates: readonly Candidate[]): boolean {
  const { number, plan, way } = one;
  const national = number.slice(plan?.callingCode.length);
  const isUnusual =
    !fits(plan, number) ||
    national.length >= FEWEST_INTERNATIONAL ||
    (way === 'bare' && national.length !== plan?.mobileLength && !isKnown(one));
  return isUnusual && candidates.some((other) => other.way === 'foreign' && fits(other.plan, other.number));
}

function isKnown({ number, plan }: Candidate): boolean {
  return plan?.knows(number.slice(plan.callingCode.length)) === true;
}

const NORTH_AMERICAN = /^(?:[2-9]\d\d){2}\d{4}$/;

/**
 * Between served countries, what no pattern of its plan knows gives way to the number that one does: `07700 900123` on a
 * British and Irish account, where Ireland has no such number. A lost zero is not decided so; but where North America's
 * shape is missing, which is as old as its plan, no American is meant.
 */
function settle(candidates: readonly Candidate[]): Reading {
  const shaped = candidates.filter(({ number, plan }) => plan?.callingCode !== '1' || fits(plan, number));
  const likely = shaped.length > 0 ? shaped : candidates;
  if (likely.some(({ way }) => way === 'trunkless')) return decide(numbersOf(likely));
  const fitting = likely.filter(({ number, plan }) => fits(plan, number));
  return decide(numbersOf(fitting.length > 0 ? fitting : likely));
}

function decide(numbers: readonly PhoneNumber[]): Reading {
  const [number, ...others] = new Set(numbers);
  if (number === undefined) return NO_NUMBER;
  return others.length === 0 ? { kind: 'number', number } : { kind: 'ambiguous', numbers: [number, ...others] };
}

/** Whether a number fits its plan's pattern, which is more than being possible. */
export function fits(plan: Plan | null, number: string): boolean {
  return plan?.fits(number.slice(plan.callingCode.length)) === true;
}

function numbersOf(candidates: readonly Candidate[]): PhoneNumber[] {
  return [...new Set(candidates.map(({ number }) => number))];
}
