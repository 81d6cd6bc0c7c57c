import { type PhoneNumber, parseSubjectNumber } from '../../src/phone/number.ts';

/** A number as the engine takes it. @param prefixes the countries it may be of @throws Error when it is none */
export function phoneNumber(digits: string | number, prefixes: readonly string[] = ['44']): PhoneNumber {
  const parsed = parseSubjectNumber(digits, prefixes);
  if (!parsed.ok) throw new Error('not a number');
  return parsed.number;
}

/** Numbers set aside for drama (Ofcom: 447700900000 to 447700900999), each time the next one. */
export function numbersFrom(first: number): () => number {
  let next = first;
  return () => next++;
}
