import mongoose from 'mongoose';
import { bsonTypeOf } from '../../lib/bson-type.ts';
import { createCandidateReader } from '../../phone/candidates.ts';
import type { CountryCode } from '../../phone/countries.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { semiOctetsIn } from '../../phone/semi-octets.ts';
import type { Masked } from '../rewrite/base64.ts';
import { findInEncodings } from '../rewrite/encodings.ts';
import { latin1Of } from '../rewrite/octets.ts';
import { byteListOf, bytesOf, digitsOf, isPlainObject } from '../rewrite/values.ts';

const { BSON } = mongoose.mongo;

const FEWEST_CHARACTERS = 7;

/**
 * Names every number that may stand in a record: in texts, keys, numbers and bytes, and in base64 within them. The opposite
 * of a matcher, which is told what to look for.
 * @param countries whose national writings are read
 * @returns adds the numbers of a raw record to a set; one that cannot be decoded is read as text
 */
export function createNumbersIn(
  countries: readonly CountryCode[],
): (bytes: Uint8Array, into: Set<PhoneNumber>) => void {
  const reader = createCandidateReader(countries);
  return (bytes, into) => {
    const add = (number: PhoneNumber) => void into.add(number);
    const readPlain = (text: string): Masked => {
      reader.inText(text, add);
      return { written: text, finds: [] };
    };
    const readBytes = (inner: Uint8Array): Masked => {
      for (const { written } of semiOctetsIn(inner)) readPlain(written);
      return readPlain(latin1Of(inner));
    };
    const readText = (text: string) => {
      if (text.length < FEWEST_CHARACTERS) return;
      readPlain(text);
      findInEncodings(text, { mask: readPlain, maskBytes: (inner) => readBytes(Buffer.from(inner, 'latin1')) });
    };
    const visit = (value: unknown): void => {
      const list = byteListOf(value);
      if (list !== undefined) readBytes(list);
      else if (typeof value === 'string') readText(value);
      else if (Array.isArray(value)) value.forEach(visit);
      else if (isPlainObject(value)) {
        for (const [key, inner] of Object.entries(value)) {
          readText(key);
          visit(inner);
        }
      } else if (bsonTypeOf(value) === 'number') reader.inDecimal(digitsOf(value) ?? '', add);
      else {
        const inner = bytesOf(value);
        if (inner !== undefined) readBytes(inner);
      }
    };
    try {
      visit(BSON.deserialize(bytes, { promoteLongs: false }));
    } catch {
      readPlain(latin1Of(bytes));
    }
  };
}
