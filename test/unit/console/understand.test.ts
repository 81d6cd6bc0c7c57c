import { describe, expect, it } from '@jest/globals';
import { toCsv } from '../../../console/src/base/csv.ts';
import { relativeMoment, spokenLength, spokenMoment } from '../../../console/src/base/times.ts';
import { understand } from '../../../console/src/views/find/understand.ts';
import { readNumbers } from '../../../console/src/views/forget/read-numbers.ts';

describe('the box of the view Find', () => {
  it.each(['447700900123', '+44 7700 900123', '0044 (7700) 900-123', '07700 900123', '447700.900.123'])(
    'takes %s for a number',
    (text) => expect(understand(text).kind).toBe('number'),
  );

  it('leaves out what is no digit, and the prefix for abroad', () => {
    expect(understand(' +44 (7700) 900-123 ')).toEqual({ kind: 'number', number: '447700900123' });
    expect(understand('0044 7700 900123')).toEqual({ kind: 'number', number: '447700900123' });
  });

  it.each(['last week', '2026-11-25', '20/11/2026', 'yesterday', 'last friday of march 2019'])(
    'takes %s for days',
    (words) => expect(understand(words)).toEqual({ kind: 'date', words }),
  );

  it('takes 15 letters and digits for a reference, 15 digits for a number', () => {
    expect(understand('ta3ma3jEx3hCJgp').kind).toBe('reference');
    expect(understand('447700900123456').kind).toBe('number');
    expect(understand('  ').kind).toBe('nothing');
  });
});

describe('a file of numbers', () => {
  it('says of each line that is refused why', () => {
    const lines = readNumbers(
      '\uFEFFnumber,name\r\n447700900123,Jo\r\n\r\n+44 7700 900124\n4.47E+11\n12\nJo\n447700900123\n',
    );
    expect(lines.map(({ line, number, refused }) => [line, number, refused !== undefined])).toEqual([
      [2, '447700900123', false],
      [4, '447700900124', false],
      [5, '44711', true],
      [6, '12', true],
      [7, '', true],
      [8, '447700900123', true],
    ]);
  });

  it('takes a number from another column than the first', () => {
    expect(readNumbers('Jo;447700900123\n').map(({ number }) => number)).toEqual(['447700900123']);
  });

  it('takes 10,000 and not one more', () => {
    const numbers = Array.from({ length: 10_001 }, (_, index) => `4477009${String(index).padStart(5, '0')}`);
    expect(readNumbers(numbers.slice(1).join('\n'))).toHaveLength(10_000);
    expect(() => readNumbers(numbers.join('\n'))).toThrow('10,001');
  });
});

describe('words of the console', () => {
  it('writes no cell that a spreadsheet reads as a formula', () => {
    expect(toCsv(['a'], [['=1+1'], ['@x'], ['say "hi", Jo'], [-3]])).toBe(
      'a\r\n\'=1+1\r\n\'@x\r\n"say ""hi"", Jo"\r\n-3\r\n',
    );
  });

  it('tells lengths in two units at most', () => {
    expect([800, 61_000, 12_000_000, 93_600_000].map(spokenLength)).toEqual(['1 s', '1 min', '3 h 20 min', '1 d 2 h']);
  });

  it("tells moments in the account's time zone", () => {
    const now = new Date('2026-11-26T03:00:00Z');
    expect(spokenMoment('2026-11-26T02:00:00Z', 'Europe/London', now)).toBe('02:00 today');
    expect(spokenMoment('2026-11-26T02:00:00Z', 'America/New_York', now)).toBe('21:00 today');
    expect(spokenMoment('2026-11-24T14:02:00Z', 'Europe/London', now)).toBe('14:02 on Tuesday 24 November');
    expect(relativeMoment('2026-11-26T03:00:12Z', now)).toBe('in 12 s');
    expect(relativeMoment('2026-11-26T02:59:48Z', now)).toBe('12 s ago');
  });
});
