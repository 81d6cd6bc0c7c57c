import { describe, expect, it } from '@jest/globals';
import { callingCodesOf, countriesOf, isCountry } from '../../../src/phone/countries.ts';

describe('countriesOf', () => {
  it.each([
    [['44'], ['GB']],
    [['1'], ['US']],
    [['447'], ['GB']],
    [['1868'], ['US']],
    [
      ['44', '353', '44'],
      ['GB', 'IE'],
    ],
    [['234'], ['NG']],
    [['999'], []],
    [['35'], []],
    [[''], []],
    [[], []],
  ])('%j come from %j', (prefixes, countries) => {
    expect(countriesOf(prefixes)).toEqual(countries);
  });
});

describe('callingCodesOf', () => {
  it('gives a code that countries share once', () => {
    expect(callingCodesOf(['GB', 'JE', 'US', 'CA'])).toEqual(['44', '1']);
  });

  it('refuses what is no country', () => {
    expect(() => callingCodesOf(['XX' as 'GB'])).toThrow();
  });
});

describe('isCountry', () => {
  it('knows two capital letters of a country', () => {
    expect(['GB', 'US', 'XX', 'gb', '', '44'].map(isCountry)).toEqual([true, true, false, false, false, false]);
  });
});
