/** What somebody wrote into the box, as far as it can be told without asking. */
export type Understood =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'number'; readonly number: string }
  | { readonly kind: 'reference'; readonly reference: string }
  | { readonly kind: 'date'; readonly words: string };

const REFERENCE = /^(?=.*[A-Za-z])[A-Za-z0-9]{15}$/;
/** Digits as people write numbers: with blanks, brackets, dots, strokes and dashes, behind a plus or a 00. */
const NUMBER = /^\+?[\d\s().\-–/]{6,}$/;
const ISO_DAY = /^\d{4}-\d{1,2}-\d{1,2}/;
const OTHER_DAY = /^\d{1,2}[/.]\d{1,2}([/.]\d{2,4})?$/;

/** Tells a number, a reference and words about a day apart. Nothing is sent. */
export function understand(text: string): Understood {
  const trimmed = text.trim();
  if (trimmed === '') return { kind: 'nothing' };
  if (REFERENCE.test(trimmed)) return { kind: 'reference', reference: trimmed };
  const digits = digitsOf(trimmed);
  if (
    NUMBER.test(trimmed) &&
    !ISO_DAY.test(trimmed) &&
    !OTHER_DAY.test(trimmed) &&
    digits.length >= 7 &&
    digits.length <= 16
  )
    return { kind: 'number', number: digits };
  return { kind: 'date', words: trimmed };
}

/** The digits of a number as it was written, without the prefix for abroad. */
export const digitsOf = (text: string): string => text.replace(/\D/g, '').replace(/^00/, '');

/** What the box understood, in words. */
export function tellUnderstood(understood: Understood): string {
  if (understood.kind === 'nothing') return 'A number in any writing, a reference, or words such as “last week”';
  if (understood.kind === 'number') return `Reads as the number ${groupDigits(understood.number)}`;
  if (understood.kind === 'reference') return 'Reads as the reference of a request';
  return `Reads as a day or several: “${understood.words}”`;
}

const groupDigits = (digits: string): string => digits.replace(/(\d{6})$/, ' $1');
