import { describe, expect, it } from '@jest/globals';
import { DATE_FORMATS, parseSubmissionDate } from '../../../../src/contracts/forget/dates/parse.ts';

/** A Sunday; London is on GMT. */
const NOW = new Date('2026-11-22T13:28:17.123Z');

function dayOf(input: unknown, now = NOW, timeZone = 'Europe/London'): string {
  const result = parseSubmissionDate(input, { now, timeZone });
  return result.ok ? result.day : result.reason;
}

describe('the examples of the API document', () => {
  it.each([
    ['1537525884', '2018-09-21'],
    ['2018-02-22T09:03:00+00:00', '2018-02-22'],
    ['25th December 2019 21:00', '2019-12-25'],
    ['2 weeks', '2026-11-08'],
    ['august 20', '2026-08-20'],
    ['may 11 2019', '2019-05-11'],
    ['last friday of march 2019', '2019-03-29'],
    ['next saturday', '2026-11-28'],
    ['yesterday', '2026-11-21'],
  ])('%s is %s', (text, day) => {
    expect(dayOf(text)).toBe(day);
  });

  it('reads every format it offers', () => {
    for (const format of DATE_FORMATS) expect(dayOf(format)).toMatch(/^\d{4}-\d\d-\d\d$/);
  });
});

describe('days of the calendar', () => {
  it.each([
    ['25 december 2019', '2019-12-25'],
    ['25 dec 2019', '2019-12-25'],
    ['25 Dec. 2019', '2019-12-25'],
    ['Dec. 25, 2019', '2019-12-25'],
    ['December 25th, 2019', '2019-12-25'],
    ['december the 25th 2019', '2019-12-25'],
    ['the 25th of december, 2019', '2019-12-25'],
    ['on the 25th of december 2019', '2019-12-25'],
    ['25TH   OF  DECEMBER   2019', '2019-12-25'],
    ['  25 december 2019  ', '2019-12-25'],
    ['25december2019', '2019-12-25'],
    ['11-may-2019', '2019-05-11'],
    ['11/may/2019', '2019-05-11'],
    ['11.May.2019', '2019-05-11'],
    ['2019-may-11', '2019-05-11'],
    ['2019 may 11', '2019-05-11'],
    ['1st june 2019', '2019-06-01'],
    ['2nd june 2019', '2019-06-02'],
    ['3rd june 2019', '2019-06-03'],
    ['29 february 2020', '2020-02-29'],
    ['1 sept 2019', '2019-09-01'],
    ['1 sep 2019', '2019-09-01'],
    ['wednesday 25 december 2019', '2019-12-25'],
    ['Wed, 25 Dec 2019', '2019-12-25'],
    ['Wednesday, December 25, 2019', '2019-12-25'],
    ['Wed Dec 25 2019', '2019-12-25'],
    ['31 december 9999', '9999-12-31'],
    ['2 january 1970', '1970-01-02'],
  ])('%p is %s', (text, day) => {
    expect(dayOf(text)).toBe(day);
  });

  it.each([
    ['20 august', '2026-08-20'],
    ['20th of august', '2026-08-20'],
    ['aug 20', '2026-08-20'],
    ['22 november', '2026-11-22'],
    ['23 november', '2025-11-23'],
    ['december 25', '2025-12-25'],
    ['29 february', '2024-02-29'],
    ['sunday 22 november', '2026-11-22'],
    ['20 august last year', '2025-08-20'],
    ['20 august of last year', '2025-08-20'],
    ['25 december this year', '2026-12-25'],
    ['1 january next year', '2027-01-01'],
  ])('without a year %p is the latest one, %s', (text, day) => {
    expect(dayOf(text)).toBe(day);
  });

  it.each([
    ['2019-12-25', '2019-12-25'],
    ['2019-1-5', '2019-01-05'],
    ['2019/12/25', '2019-12-25'],
    ['2019.12.25', '2019-12-25'],
    ['20191225', '2019-12-25'],
    [20191225, '2019-12-25'],
    ['25-12-2019', '2019-12-25'],
    ['25.12.2019', '2019-12-25'],
    ['03-04-2019', '2019-04-03'],
    ['03.04.2019', '2019-04-03'],
    ['25/12/2019', '2019-12-25'],
    ['12/25/2019', '2019-12-25'],
    ['04/04/2019', '2019-04-04'],
  ])('%p is %s', (text, day) => {
    expect(dayOf(text)).toBe(day);
  });

  it.each([
    '03/04/2019',
    '4/3/2019',
    '13/13/2019',
    '12-25-2019',
    '12.25.2019',
    '2019/25/12',
    '2019-13-01',
    '2019-00-10',
    '2019-01-00',
    '25/12/19',
    '25-12-19',
    '25 december 19',
    '25-12/2019',
    '2019-12/25',
    '25 / 12 / 2019',
    '25 12 2019',
    '25/12',
    '25.12.',
    '30 february 2019',
    '30 february',
    '29 february 2019',
    '31st june',
    '31 june 2019',
    '32nd march 2019',
    '0 march 2019',
    '25 th december 2019',
    '2019-02-29',
    '20190229',
    '12345678',
    'tuesday 25 december 2019',
    'monday 22 november',
    'may',
    'may 2019',
    'december',
    '2019',
    'the 25th',
    '25th',
    'friday 13',
    'may the force',
    'december 25 2019 2020',
    '2018-053',
    '2018-W08-4',
  ])('cannot read %p', (text) => {
    expect(dayOf(text)).toBe('unreadable');
  });
});

describe('days named by where they lie', () => {
  it.each([
    ['now', '2026-11-22'],
    ['today', '2026-11-22'],
    ['Yesterday', '2026-11-21'],
    ['tomorrow', '2026-11-23'],
    ['midnight', '2026-11-22'],
    ['noon', '2026-11-22'],
    ['21:00', '2026-11-22'],
    ['9am', '2026-11-22'],
    ['yesterday noon', '2026-11-21'],
    ['noon yesterday', '2026-11-21'],
    ['yesterday 14:00', '2026-11-21'],
    ['yesterday at 2pm', '2026-11-21'],
    ['at 2pm yesterday', '2026-11-21'],
    ['yesterday, 2.30 p.m.', '2026-11-21'],
  ])('%p is %s', (text, day) => {
    expect(dayOf(text)).toBe(day);
  });

  it.each([
    ['sunday', '2026-11-22'],
    ['this sunday', '2026-11-22'],
    ['last sunday', '2026-11-15'],
    ['previous sunday', '2026-11-15'],
    ['next sunday', '2026-11-29'],
    ['saturday', '2026-11-21'],
    ['this saturday', '2026-11-21'],
    ['last saturday', '2026-11-21'],
    ['monday', '2026-11-16'],
    ['on monday', '2026-11-16'],
    ['next monday', '2026-11-23'],
    ['monday 9am', '2026-11-16'],
    ['9am on monday', '2026-11-16'],
    ['fri', '2026-11-20'],
    ['last tues', '2026-11-17'],
    ['thurs', '2026-11-19'],
    ['weds', '2026-11-18'],
    ['saturday last week', '2026-11-14'],
    ['saturday of last week', '2026-11-14'],
    ['last week saturday', '2026-11-14'],
    ['monday this week', '2026-11-16'],
    ['sunday this week', '2026-11-22'],
    ['monday next week', '2026-11-23'],
  ])('%p is %s', (text, day) => {
    expect(dayOf(text)).toBe(day);
  });

  it.each([
    ['first monday of january 2020', '2020-01-06'],
    ['the first monday of january 2020', '2020-01-06'],
    ['1st monday in january 2020', '2020-01-06'],
    ['second tuesday of january 2020', '2020-01-14'],
    ['third wed of january 2020', '2020-01-15'],
    ['fourth thursday of january 2020', '2020-01-23'],
    ['fifth friday of january 2020', '2020-01-31'],
    ['first wednesday of january 2020', '2020-01-01'],
    ['last friday of january 2020', '2020-01-31'],
    ['last saturday of february 2020', '2020-02-29'],
    ['last sunday of december 2019 noon', '2019-12-29'],
    ['first day of march 2019', '2019-03-01'],
    ['last day of march 2019', '2019-03-31'],
    ['last day of february 2020', '2020-02-29'],
    ['second day of march 2019', '2019-03-02'],
    ['first day of last month', '2026-10-01'],
    ['last day of last month', '2026-10-31'],
    ['first day of this month', '2026-11-01'],
    ['last day of next month', '2026-12-31'],
    ['last friday of last month', '2026-10-30'],
    ['last friday of march', '2026-03-27'],
    ['last friday of november', '2025-11-28'],
    ['last friday of march last year', '2025-03-28'],
    ['last day of february', '2026-02-28'],
    ['fifth sunday of february', '2004-02-29'],
  ])('%p is %s', (text, day) => {
    expect(dayOf(text)).toBe(day);
  });

  it.each([
    'fifth monday of february 2019',
    'sixth friday of march 2019',
    '6th friday of march 2019',
    '0th friday of march 2019',
    'second friday',
    'first day',
    'last day',
    'last hour',
    'last fortnight',
    'last week 14:00',
    'saturday week',
    'last friday of',
    'last friday of 2019',
    'last day of last year',
    'friday of march 2019',
    'next friday of march 2019',
    'last last friday',
    'today yesterday',
    'noon noon',
    'on noon',
    'at yesterday',
    'yesterday at',
    'yesterday,',
    ', yesterday',
    'yesterday,, noon',
  ])('cannot read %p', (text) => {
    expect(dayOf(text)).toBe('unreadable');
  });
});

describe('all the days of a week, a month or a year', () => {
  const daysOf = (text: string, now = NOW, timeZone = 'Europe/London') => {
    const result = parseSubmissionDate(text, { now, timeZone });
    return result.ok ? [result.day, result.lastDay, result.from.toISOString(), result.to.toISOString()] : result.reason;
  };
  it.each([
    ['last week', '2026-11-09', '2026-11-15'],
    ['the previous week', '2026-11-09', '2026-11-15'],
    ['this week', '2026-11-16', '2026-11-22'],
    [' Next  Week ', '2026-11-23', '2026-11-29'],
    ['last month', '2026-10-01', '2026-10-31'],
    ['this month', '2026-11-01', '2026-11-30'],
    ['last year', '2025-01-01', '2025-12-31'],
  ])('%p', (text, first, last) => {
    expect(daysOf(text).slice(0, 2)).toEqual([first, last]);
  });
  it('begin and end with their days, in the zone of the account', () => {
    // Clocks go back in this week, and forward in that month.
    expect(daysOf('last week', new Date('2026-10-27T12:00:00Z'))).toEqual([
      '2026-10-19',
      '2026-10-25',
      '2026-10-18T23:00:00.000Z',
      '2026-10-26T00:00:00.000Z',
    ]);
    expect(daysOf('last month', new Date('2026-04-01T12:00:00Z'), 'America/New_York')).toEqual([
      '2026-03-01',
      '2026-03-31',
      '2026-03-01T05:00:00.000Z',
      '2026-04-01T04:00:00.000Z',
    ]);
    expect(daysOf('last month', new Date('2027-03-31T12:00:00Z')).slice(0, 2)).toEqual(['2027-02-01', '2027-02-28']);
  });
});

describe('distances', () => {
  it.each([
    ['2 weeks ago', '2026-11-08'],
    ['-2 weeks', '2026-11-08'],
    ['- 2 weeks', '2026-11-08'],
    ['two weeks ago', '2026-11-08'],
    ['2weeks', '2026-11-08'],
    ['2 weeks ago 14:00', '2026-11-08'],
    ['14:00 2 weeks ago', '2026-11-08'],
    ['14:00 -10 days', '2026-11-12'],
    ['14:00 -1 week', '2026-11-15'],
    ['a week ago', '2026-11-15'],
    ['a fortnight ago', '2026-11-08'],
    ['2 fortnights ago', '2026-10-25'],
    ['3 days ago', '2026-11-19'],
    ['0 days ago', '2026-11-22'],
    ['twelve months ago', '2025-11-22'],
    ['1 year 2 months ago', '2025-09-22'],
    ['1 year, 2 months and 3 days ago', '2025-09-19'],
    ['-1 year -2 months', '2025-09-22'],
    ['+1 week -2 days', '2026-11-27'],
    ['+2 weeks', '2026-12-06'],
    ['in 2 weeks', '2026-12-06'],
    ['2 weeks from now', '2026-12-06'],
    ['13 hours ago', '2026-11-22'],
    ['14 hours ago', '2026-11-21'],
    ['an hour ago', '2026-11-22'],
    ['900 minutes ago', '2026-11-21'],
    ['86400 seconds ago', '2026-11-21'],
    ['now -2 days', '2026-11-20'],
    ['today -1 week', '2026-11-15'],
    ['today -1 hour', '2026-11-21'],
    ['yesterday +1 day', '2026-11-22'],
    ['25 december 2019 -1 day', '2019-12-24'],
    ['2019-12-25 +1 week', '2020-01-01'],
    ['last friday of march 2019 -1 week', '2019-03-22'],
  ])('%p is %s', (text, day) => {
    expect(dayOf(text)).toBe(day);
  });

  it('clips to the end of a shorter month', () => {
    const endOfMarch = new Date('2027-03-31T12:00:00Z');
    expect(dayOf('1 month ago', endOfMarch)).toBe('2027-02-28');
    expect(dayOf('first day of last month', endOfMarch)).toBe('2027-02-01');
  });

  it.each([
    '2',
    'weeks',
    '2 blursdays',
    '-2 weeks ago',
    '+2 weeks ago',
    'in 2 weeks ago',
    '2 weeks -1 day',
    'today 2 days',
    'yesterday 2 weeks ago',
    '2 weeks ago yesterday',
    '2 fortnights of march',
    '1.5 weeks ago',
    'many weeks ago',
    'ago',
    'a ago',
    'in',
    'two two weeks ago',
    '2 weeks and ago',
    'yesterday banana',
    'banana yesterday',
    'last blursday',
    '2 weekdays ago',
    'tonight',
  ])('cannot read %p', (text) => {
    expect(dayOf(text)).toBe('unreadable');
  });

  it.each([
    '100 years ago',
    '99999 years ago',
    '999999999999 days ago',
    '-999999999999 years',
    '+999999999999 years',
    '999999999999 seconds ago',
    'in 9000 years',
    '25 december 1969',
    '25 december 10000',
    '25 december 99999',
    '99999-01-01',
    '1850-01-01',
    '18500101',
    '01-01-99999',
    'last friday of march 1066',
  ])('%p is out of range', (text) => {
    expect(dayOf(text)).toBe('out_of_range');
  });
});
