import { describe, expect, it } from '@jest/globals';
import type { CountryCode } from '../../../src/phone/countries.ts';
import { createNumberReader } from '../../../src/phone/reader.ts';

describe('a number in several fields', () => {
  it.each<[string, CountryCode[], unknown[], boolean | undefined, string | string[] | null]>([
    ['a calling code and the rest', ['GB'], ['44', '7700900123'], undefined, '447700900123'],
    ['with a plus', ['GB'], ['+44', '7700 900123'], undefined, '447700900123'],
    ['with an exit code and a trunk zero', ['GB'], ['0044', '(0)7700 900123'], undefined, '447700900123'],
    ['numbers', ['GB'], [44, 7700900123], undefined, '447700900123'],
    ['three of them', ['GB'], ['44', '7700', '900123'], undefined, '447700900123'],
    ['area and number', ['GB'], ['07700', '900123'], undefined, '447700900123'],
    ['area and number in America', ['US'], ['201', '555-0123'], undefined, '12015550123'],
    ['what may be an area or a country', ['US'], ['507', '5550123'], undefined, ['15075550123', '5075550123']],
    ['a country, as the map says', ['US'], ['507', '5550123'], true, '5075550123'],
    ['no country, as the map says', ['US'], ['507', '5550123'], false, '15075550123'],
    ['another country', ['GB'], ['353', '871234567'], undefined, '353871234567'],
    ['one field alone', ['GB'], ['', '07700900123'], undefined, null],
    ['no number', ['GB'], ['Jo', 'Bloggs'], undefined, null],
    ['a mask', ['GB'], ['44', '********23'], undefined, null],
  ])('%s', (_what, countries, parts, code, number) => {
    const reading = createNumberReader(countries).readParts(parts, code);
    if (number === null) expect(reading.kind).toBe('none');
    else if (typeof number === 'string') expect(reading).toEqual({ kind: 'number', number });
    else expect(reading).toEqual({ kind: 'ambiguous', numbers: number });
  });
});
