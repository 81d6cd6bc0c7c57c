import { digitAt, isWordCharacter, separatorLength } from './characters.ts';

/** What stands in a log line where a number may have been. */
export const REDACTED_RUN = '[number]';

/** Seven digits are the shortest number worth hiding; below that a log would lose its counts and ports. */
const SHORTEST_RUN = 7;

/** The widest writing between two digits is a dash or slash with a space on either side. */
const WIDEST_GAP = 3;

/**
 * Things no phone number looks like, wherever they stand: timestamps and dates, UUIDs, and hexadecimal ids that hold
 * at least one letter. Every pattern has a fixed longest match, so that testing it at each word keeps the scan linear.
 */
const CERTAIN = [
  /(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-6]\d(?:[.,]\d{1,9})?)?(?:Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?)?(?!\d)/y,
  /(?:19|20)\d{6}T\d{6}(?:\.\d{1,9})?(?:Z|[+-]\d{4})?(?!\d)/y,
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-z])/iy,
  /(?=[0-9]{0,63}[a-f])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}|[0-9a-f]{24})(?![0-9a-z])/iy,
];

/**
 * Things that could as well be the later group of a broken number, so they are let through only where no run is open:
 * 16-digit hexadecimal ids, references of 15 letters and digits, IPv4 addresses, durations with a unit, short decimals.
 * A reference with nine digits in a row is not spared: `call07700900123` has fifteen characters too.
 */
const LIKELY = [
  /(?=[0-9]{0,15}[a-f])(?![0-9a-f]{0,7}[0-9]{9})[0-9a-f]{16}(?![0-9a-z])/iy,
  /(?=[0-9]{0,14}[a-z])(?![0-9a-z]{0,6}[0-9]{9})[0-9a-z]{15}(?![0-9a-z])/iy,
  /(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?!\.?\d)/y,
  /(?:0|[1-9]\d{0,7})(?:\.\d{1,9})?(?:(?:ns|us|µs|ms|s|m|h|d)(?![0-9a-z])| (?:ns|us|µs|ms)(?![0-9a-z]))/iy,
  /(?:0|[1-9]\d{0,2})\.\d{1,6}(?![0-9a-z]|[ .\-()/]{1,3}\d)/iy,
];

/**
 * Hides whatever may be a phone number: seven or more digits, whole or broken by spaces, dots, dashes, brackets or
 * slashes, with or without a plus, alone or run together with letters. The last net under a log: code that logs is
 * expected to hold no number in the first place.
 *
 * Leaves alone ISO timestamps, UUIDs, hexadecimal ids, 15-character references, IP addresses, durations with a unit and
 * numbers of up to six digits. Epoch seconds and milliseconds cannot be told from a phone number and are hidden, and so
 * are small integers that stand side by side (`200 1234 567`): log such values under a name, or as ISO 8601.
 *
 * Reads the text once; the time taken grows with its length alone.
 */
export function redactDigitRuns(text: string): string {
  const plain = plainDigits(text);
  if (plain === text) return hideRuns(text);
  // Characters are replaced only where there was something to hide.
  const hidden = hideRuns(plain);
  return hidden === plain ? text : hidden;
}

/** Digits of any script or shape (Thai, circled, mathematical, superscript) as ASCII ones. */
function plainDigits(text: string): string {
  return text.replace(/(?![0-9])[\p{Nd}\p{No}]/gu, (character) => {
    const compatible = character.normalize('NFKC');
    if (/[0-9]/.test(compatible)) return compatible;
    return /\p{Nd}/u.test(character) ? String(digitValue(character)) : character;
  });
}

/** The value of a decimal digit: a script's ten stand side by side, its zero first (Unicode, table 4-11). */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0) ?? 0;
  let zero = code;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return (code - zero) % 10;
}

function hideRuns(text: string): string {
  let output = '';
  let kept = 0;
  let index = 0;

  while (index < text.length) {
    const spared = spareAt(text, index, true);
    if (spared > 0) {
      index += spared;
    } else if (digitAt(text, index) === '') {
      index += 1;
    } else {
      const run = readRun(text, index);
      if (run.digits >= SHORTEST_RUN) {
        const start = index > kept && text[index - 1] === '+' ? index - 1 : index;
        output += text.slice(kept, start) + REDACTED_RUN;
        kept = run.end;
      }
      index = run.end;
    }
  }
  return kept === 0 ? text : output + text.slice(kept);
}

/** More marks that people could put between digits. In a log they part times, addresses and lists. */
const MORE_SEPARATORS = /(?<=[0-9])[:;,|*~](?=[0-9])/g;
/** An id of hexadecimal digits is spared in logs, whatever stands in it: here so many of them must not be decimal. */
const LONG_RUN = /[0-9]{10}/;
const LONG_RUN_OVER_DASHES = /[0-9]{11}/;

/**
 * May a caller's text be repeated, in an answer or in the audit? Not when it may hold a phone number. Stricter than
 * what a log line hides: a number may stand in a UUID or an ObjectId, or between colons.
 */
export function isSpeakable(text: string): boolean {
  if (redactDigitRuns(text) !== text) return false;
  const joined = plainDigits(text.normalize('NFKC')).replace(MORE_SEPARATORS, '');
  return (
    hideRuns(joined) === joined && !LONG_RUN.test(joined) && !LONG_RUN_OVER_DASHES.test(joined.replaceAll('-', ''))
  );
}

/** A caller's id as an answer may repeat it: without what may be a number. */
export function sayId(id: string): string {
  if (isSpeakable(id)) return id;
  const hidden = redactDigitRuns(id);
  return isSpeakable(hidden) ? hidden : REDACTED_RUN;
}

/** Reads the digits from `start` on, across gaps, up to anything else. `end` is just after the last digit. */
function readRun(text: string, start: number): { end: number; digits: number } {
  let digits = 0;
  let end = start;
  let index = start;

  for (;;) {
    while (digitAt(text, index) !== '') {
      index += 1;
      digits += 1;
    }
    end = index;
    let gap = 0;
    for (let length = gapLength(text, index); length > 0 && gap < WIDEST_GAP; length = gapLength(text, index)) {
      index += length;
      gap += 1;
    }
    if (gap === 0 || digitAt(text, index) === '' || spareAt(text, index, false) > 0) return { end, digits };
  }
}

/** A plus inside a run is a space that went through a form encoding. */
function gapLength(text: string, index: number): number {
  return text[index] === '+' ? 1 : separatorLength(text, index);
}

/** The length of something that is no phone number and begins at `index`, or 0. */
function spareAt(text: string, index: number, fresh: boolean): number {
  if (!isWordCharacter(text, index) || isWordCharacter(text, index - 1)) return 0;
  for (const pattern of CERTAIN) {
    const length = matchLength(pattern, text, index);
    if (length > 0) return length;
  }
  if (!fresh || /[+.]/.test(text.charAt(index - 1))) return 0;
  for (const pattern of LIKELY) {
    const length = matchLength(pattern, text, index);
    if (length > 0) return length;
  }
  return 0;
}

function matchLength(pattern: RegExp, text: string, index: number): number {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0].length ?? 0;
}
