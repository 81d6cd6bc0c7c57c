import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { countriesOf } from '../../../src/phone/countries.ts';
import { storedForms } from '../../../src/phone/forms.ts';
import type { PhoneNumber } from '../../../src/phone/number.ts';
import { createNumberReader } from '../../../src/phone/reader.ts';

const { Long, Decimal128 } = mongoose.mongo;

function readStoredNumber(value: unknown, prefixes: readonly string[]): PhoneNumber | null {
  const reading = createNumberReader(countriesOf(prefixes)).read(value);
  return reading.kind === 'number' ? reading.number : null;
}

describe('the number of a record', () => {
  const forms: [unknown, string[], string | null][] = [
    ['447700900123', ['44'], '447700900123'],
    ['+447700900123', ['44'], '447700900123'],
    ['00447700900123', ['44'], '447700900123'],
    ['07700900123', ['44'], '447700900123'],
    ['07700 900123', ['44'], '447700900123'],
    ['(07700) 900-123', ['44'], '447700900123'],
    ['+44 7700 900123', ['44'], '447700900123'],
    [' 447700900123 ', ['44'], '447700900123'],
    ['7700900123', ['44'], '447700900123'],
    [447700900123, ['44'], '447700900123'],
    [7700900123, ['44'], '447700900123'],
    [Long.fromString('447700900123'), ['44'], '447700900123'],
    [Decimal128.fromString('447700900123'), ['44'], '447700900123'],
    ['447700900123', ['447'], '447700900123'],
    ['07700900123', ['447'], '447700900123'],
    ['07700900123', ['44', '353'], '447700900123'],
    ['+2348031234567', ['44'], '2348031234567'],
    ['2348031234567', ['44'], '2348031234567'],
    ['447700900123', ['234'], '447700900123'],
    // National where Americans are served, although Brazil has such a number too.
    ['5555550123', ['1'], '15555550123'],
    ['(201) 555-0123', ['1'], '12015550123'],
    // Two people's numbers: nobody is guessed at.
    ['(201) 555-0123', ['44'], null],
    ['201-555-0123', ['44'], null],
    ['212-555-0123', ['44'], null],
    ['2079460123', ['44'], null],
    ['5555550123', ['1', '44'], null],
    ['ACME', ['44'], null],
    ['61234', ['44'], null],
    ['44********23', ['44'], null],
    ['[REDACTED]', ['44'], null],
    ['', ['44'], null],
    [null, ['44'], null],
    [undefined, ['44'], null],
    [{}, ['44'], null],
    [Number.NaN, ['44'], null],
    [447700900123.5, ['44'], null],
    ['447700900123;1', ['44'], null],
    ['447700900123', [], '447700900123'],
  ];
  it.each(forms)('%p with %j: %s', (value, prefixes, number) => {
    expect(readStoredNumber(value, prefixes)).toBe(number);
  });

  it('reads every form a number is searched in', () => {
    const number = '447700900123' as PhoneNumber;
    const { strings, integers } = storedForms(number);
    for (const form of [...strings, ...integers]) expect(readStoredNumber(form, ['44'])).toBe(number);
  });
});
