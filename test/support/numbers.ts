import { type PhoneNumber, parseSubjectNumber } from '../../src/phone/number.ts';

/** A British number as the engine takes it. @throws Error when it is none */
export function phoneNumber(digits: string | number): PhoneNumber {
  const parsed = parseSubjectNumber(digits, ['44']);
  if (!parsed.ok) throw new Error('not a number');
  return parsed.number;
}
