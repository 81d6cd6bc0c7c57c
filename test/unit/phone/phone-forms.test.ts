import { describe, expect, it } from '@jest/globals';
import { storedForms } from '../../../src/phone/forms.ts';
import { isPossibleE164, type PhoneNumber } from '../../../src/phone/number.ts';

function formsOf(number: string): ReturnType<typeof storedForms> {
  return storedForms(number as PhoneNumber);
}

describe('storedForms', () => {
  it('lists every writing of a British mobile', () => {
    expect(formsOf('447700900123')).toEqual({
      strings: [
        '447700900123',
        '+447700900123',
        '00447700900123',
        '+44 7700 900123',
        '07700900123',
        '07700 900123',
        '7700900123',
      ],
      integers: [447700900123n, 7700900123n],
    });
  });

  it('writes the trunk zero of a possible number that no format rule covers', () => {
    expect(formsOf('44770090012').strings).toContain('0770090012');
    expect(formsOf('447000000123').strings).toContain('07000000123');
  });

  it('leaves out a national string that is a possible number of another country', () => {
    const american = formsOf('15555550123');
    expect(isPossibleE164('5555550123')).toBe(true);
    expect(american.strings).not.toContain('5555550123');
    expect(american.strings).not.toContain('(555) 555-0123');
    expect(american.strings).toEqual(
      expect.arrayContaining(['15555550123', '+15555550123', '0015555550123', '+1 555 555 0123']),
    );
    expect(american.integers).toEqual([15555550123n]);

    const london = formsOf('442079460123');
    expect(isPossibleE164('2079460123')).toBe(true);
    expect(london.strings).not.toContain('2079460123');
    expect(london.strings).toContain('02079460123');
    expect(london.strings).toContain('020 7946 0123');
  });

  it('still searches the integer of a national form that lost its zero', () => {
    expect(formsOf('442079460123').integers).toEqual([442079460123n, 2079460123n]);
    expect(formsOf('2348031234567').integers).toEqual([2348031234567n, 8031234567n]);
  });

  it('follows the trunk prefix of the country', () => {
    const russian = formsOf('74951234567');
    expect(isPossibleE164('84951234567')).toBe(true);
    expect(russian.strings).not.toContain('84951234567');
    expect(russian.integers).toEqual([74951234567n]);

    const danish = formsOf('4532123456');
    expect(danish.strings).toContain('32123456');
    expect(danish.strings).toContain('32 12 34 56');
    expect(danish.integers).toEqual([4532123456n, 32123456n]);
  });

  it('keeps the zero that belongs to an Italian number', () => {
    const italian = formsOf('390612345678');
    expect(italian.strings).toContain('0612345678');
    expect(italian.strings).not.toContain('00612345678');
    expect(italian.integers).toEqual([390612345678n, 612345678n]);
  });

  it.each(['447700900123', '4479460123', '6834321', '15555550123', '29021234', '3545551234', '999123456789'])(
    'has no form of %s under seven digits, none twice, and none that is another number',
    (number) => {
      const { strings, integers } = formsOf(number);
      const digits = strings.map((form) => form.replace(/\D/g, ''));
      for (const form of [...digits, ...integers.map(String)]) expect(form.length).toBeGreaterThanOrEqual(7);
      for (const form of digits) expect(form === number || !isPossibleE164(form)).toBe(true);
      expect(new Set(strings).size).toBe(strings.length);
      expect(new Set(integers).size).toBe(integers.length);
      expect(strings).toContain(number);
      expect(integers).toContain(BigInt(number));
    },
  );
});
