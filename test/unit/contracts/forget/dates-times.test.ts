import { describe, expect, it } from '@jest/globals';
import { DateTime } from 'luxon';
import { parseSubmissionDate } from '../../../../src/contracts/forget/dates/parse.ts';

const NOW = new Date('2026-11-22T13:28:17.123Z');

function read(input: unknown, timeZone = 'Europe/London', now = NOW): ReturnType<typeof parseSubmissionDate> {
  return parseSubmissionDate(input, { now, timeZone });
}

function dayOf(input: unknown, timeZone?: string, now?: Date): string {
  const result = read(input, timeZone, now);
  return result.ok ? result.day : result.reason;
}

function hoursOf(input: unknown, timeZone: string): number {
  const result = read(input, timeZone);
  return result.ok ? (result.to.getTime() - result.from.getTime()) / 3_600_000 : Number.NaN;
}

describe('UNIX seconds', () => {
  it.each([
    ['1537525884', '2018-09-21'],
    [1537525884, '2018-09-21'],
    ['@1537525884', '2018-09-21'],
    ['@0', '1970-01-01'],
    [' 1537525884 ', '2018-09-21'],
    ['100000000', '1973-03-03'],
    ['253402300799', '9999-12-31'],
  ])('%p is %s', (input, day) => {
    expect(dayOf(input)).toBe(day);
  });

  it('fall on the day of the account', () => {
    expect(dayOf(1537570800, 'UTC')).toBe('2018-09-21');
    expect(dayOf(1537570800, 'Europe/London')).toBe('2018-09-22');
    expect(dayOf(1537525884, 'Pacific/Auckland')).toBe('2018-09-21');
    expect(dayOf(1537574400, 'America/New_York')).toBe('2018-09-21');
  });

  it.each([
    ['253402300800', 'out_of_range'],
    [253402300800, 'out_of_range'],
    ['1548892800000', 'out_of_range'],
    ['9'.repeat(100), 'out_of_range'],
    [1e21, 'out_of_range'],
    [Number.MAX_VALUE, 'out_of_range'],
    [-1, 'out_of_range'],
    ['@-1', 'out_of_range'],
    ['@99999999999999999999', 'out_of_range'],
    ['-1537525884', 'unreadable'],
    ['+1537525884', 'unreadable'],
    ['1537525884.5', 'unreadable'],
    ['1e21', 'unreadable'],
    ['0x5BA4D1BC', 'unreadable'],
    ['01537525884', 'unreadable'],
    ['1234567', 'unreadable'],
    ['0', 'unreadable'],
    [0, 'unreadable'],
    [2019, 'unreadable'],
    [1537525884.5, 'unreadable'],
    [Number.NaN, 'unreadable'],
    [Number.POSITIVE_INFINITY, 'unreadable'],
    ['@', 'unreadable'],
    ['@ 1537525884', 'unreadable'],
    ['@1537525884 +1 day', 'unreadable'],
    ['１５３７５２５８８４', 'unreadable'],
  ])('%p is %s', (input, reason) => {
    expect(dayOf(input)).toBe(reason);
  });

  it('of the first hours of 1970 are out of range west of Greenwich', () => {
    expect(dayOf('@0', 'America/New_York')).toBe('out_of_range');
  });
});

describe('ISO 8601', () => {
  it.each([
    '2018-02-22T09:03:00+00:00',
    '2018-02-22T09:03:00 00:00',
    '2018-02-22T09:03:00 0000',
    '2018-02-22T09:03:00.000 00:00',
    '2018-02-22 09:03:00 00:00',
    '2018-02-22T09:03:00Z',
    '2018-02-22t09:03:00z',
    '2018-02-22T09:03:00.123456Z',
    '2018-02-22T09:03:00,5Z',
    '2018-02-22T09:03:00+0000',
    '2018-02-22T09:03:00+00',
    '2018-02-22T09:03:00 UTC',
    '2018-02-22T09:03:00',
    '2018-02-22T09:03',
    '2018-02-22 09:03:00',
    '2018-02-22',
    '20180222',
    '20180222T090300Z',
    '20180222T0903',
    '20180222T09:03:00',
    'Thu, 22 Feb 2018 09:03:00 +0000',
    'Thu, 22 Feb 2018 09:03:00 GMT',
    'Thu Feb 22 09:03:00 2018',
    'Thu Feb 22 09:03:00 GMT 2018',
  ])('reads %p', (text) => {
    expect(dayOf(text)).toBe('2018-02-22');
  });

  it.each([
    ['2018-02-22T23:30:00-05:00', 'Europe/London', '2018-02-23'],
    ['2018-02-22T00:30:00+01:00', 'Europe/London', '2018-02-21'],
    ['2018-02-22T00:30:00 01:00', 'Europe/London', '2018-02-21'],
    ['2018-02-22T00:30:00 14:00', 'Europe/London', '2018-02-21'],
    ['2018-02-22T12:00:00Z', 'Pacific/Auckland', '2018-02-23'],
    ['2018-02-22T03:00:00Z', 'America/New_York', '2018-02-21'],
    ['2018-02-22T03:00:00', 'America/New_York', '2018-02-22'],
    ['2018-07-01T23:30:00Z', 'Europe/London', '2018-07-02'],
    ['2018-07-01T23:30:00', 'Europe/London', '2018-07-01'],
    ['2016-12-31T23:59:60Z', 'Europe/London', '2016-12-31'],
  ])('%p in %s is %s', (text, timeZone, day) => {
    expect(dayOf(text, timeZone)).toBe(day);
  });

  it.each([
    '2018-02-22T',
    '2018-02-22T25:00:00Z',
    '2018-02-22T24:00:00Z',
    '2018-02-22T09:60:00Z',
    '2018-02-22T09:03:61Z',
    '2018-02-22T09:03:0',
    '2018-02-22T9',
    '2018-02-22 T 09:03',
    '2018-02-22T09:03:00+15:00',
    '2018-02-22T09:03:00+00:60',
    '2018-02-22T09:03:00 15:00',
    '2018-02-22T09:03:00 2018',
    '2018-02-22T09:03:00 00:00 x',
    '2018-02-22T09:03:00ZZ',
    '2018-02-22Z',
    '2018-02-22+00:00',
    '2018-02-30T09:03:00Z',
    'T09:03:00',
    '20180222T09030',
    '25 december 2019 21:00 09:00',
  ])('cannot read %p', (text) => {
    expect(dayOf(text)).toBe('unreadable');
  });
});

describe('times of day', () => {
  it.each([
    '21:00',
    '21:00:05',
    '9pm',
    '9 PM',
    '9:30 am',
    '9:30am',
    '9.30 am',
    '9.30 a.m.',
    '12am',
    '12pm',
    'noon',
    '0:00',
  ])('reads %p after a day, before it, and with at', (time) => {
    expect(dayOf(`25 december 2019 ${time}`)).toBe('2019-12-25');
    expect(dayOf(`${time} 25 december 2019`)).toBe('2019-12-25');
    expect(dayOf(`25 december 2019, at ${time}`)).toBe('2019-12-25');
  });

  it.each([
    '25:00',
    '24:00',
    '12:60',
    '12:5',
    '12:00:7',
    '13pm',
    '0am',
    '21:00 pm',
    '9.30',
    '9',
    '12:00:00:00',
    ':30',
    '12:',
  ])('cannot read %p', (time) => {
    expect(dayOf(`25 december 2019 ${time}`)).toBe('unreadable');
  });

  it.each([
    ['25 december 2019 23:30 UTC', 'Pacific/Auckland', '2019-12-26'],
    ['25 december 2019 11:30pm utc', 'Pacific/Auckland', '2019-12-26'],
    ['25 july 2019 00:30 BST', 'Europe/London', '2019-07-25'],
    ['25 july 2019 00:30 GMT', 'Europe/London', '2019-07-25'],
    ['25 july 2019 00:30 BST', 'UTC', '2019-07-24'],
    ['25 july 2019 23:30 GMT', 'Europe/London', '2019-07-26'],
    ['25 december 2019 00:30 +01:00', 'Europe/London', '2019-12-24'],
    ['25 december 2019 23:30 -0500', 'Europe/London', '2019-12-26'],
    ['noon utc 25 december 2019', 'Pacific/Auckland', '2019-12-26'],
    ['25 december 2019 noon -1 day', 'Europe/London', '2019-12-24'],
  ])('%p in %s is %s', (text, timeZone, day) => {
    expect(dayOf(text, timeZone)).toBe(day);
  });

  it('reads all of a phrase in the zone it names', () => {
    const evening = new Date('2026-11-22T22:00:00Z');
    expect(dayOf('today', 'Pacific/Auckland', evening)).toBe('2026-11-23');
    expect(dayOf('today 23:00 UTC', 'Pacific/Auckland', evening)).toBe('2026-11-23');
    expect(dayOf('today 09:00 UTC', 'Pacific/Auckland', evening)).toBe('2026-11-22');
    expect(dayOf('yesterday 09:00 UTC', 'Pacific/Auckland', evening)).toBe('2026-11-21');
  });
});

describe('the day in the account', () => {
  it.each([
    ['2026-03-29', 'Europe/London', 23],
    ['2026-10-25', 'Europe/London', 25],
    ['2026-10-24', 'Europe/London', 24],
    ['2026-09-27', 'Pacific/Auckland', 23],
    ['2026-04-05', 'Pacific/Auckland', 25],
    ['2026-03-08', 'America/New_York', 23],
    ['2026-11-01', 'America/New_York', 25],
    ['2026-10-04', 'Australia/Lord_Howe', 23.5],
    ['2018-11-04', 'America/Sao_Paulo', 23],
    ['2018-02-17', 'America/Sao_Paulo', 25],
    ['2019-11-03', 'America/Havana', 25],
    ['2019-03-10', 'America/Havana', 23],
  ])('%s in %s lasts %d hours', (day, timeZone, hours) => {
    expect(dayOf(day, timeZone)).toBe(day);
    expect(hoursOf(day, timeZone)).toBe(hours);
  });

  it('begins and ends at local midnights', () => {
    expect(read('25 december 2019', 'Pacific/Auckland')).toEqual({
      ok: true,
      from: new Date('2019-12-24T11:00:00Z'),
      to: new Date('2019-12-25T11:00:00Z'),
      day: '2019-12-25',
      lastDay: '2019-12-25',
    });
    expect(read('2026-03-29')).toEqual({
      ok: true,
      from: new Date('2026-03-29T00:00:00Z'),
      to: new Date('2026-03-29T23:00:00Z'),
      day: '2026-03-29',
      lastDay: '2026-03-29',
    });
  });

  it.each([
    ['Europe/London', 2019],
    ['America/Havana', 2019],
    ['America/Sao_Paulo', 2018],
    ['Asia/Beirut', 2018],
    ['Asia/Kathmandu', 2018],
    ['Pacific/Apia', 2011],
  ])('follows on the day before without gap or overlap in %s in %d', (timeZone, year) => {
    let previousEnd: Date | undefined;
    for (let date = DateTime.utc(year, 1, 1); date.year === year; date = date.plus({ days: 1 })) {
      const day = date.toFormat('yyyy-MM-dd');
      const result = read(day, timeZone);
      if (!result.ok) {
        // Samoa crossed the date line.
        expect([timeZone, day]).toEqual(['Pacific/Apia', '2011-12-30']);
        continue;
      }
      if (previousEnd !== undefined) expect([day, result.from]).toEqual([day, previousEnd]);
      previousEnd = result.to;
    }
  });

  it('is the account’s, not UTC’s', () => {
    const lateEvening = new Date('2026-11-22T23:30:00Z');
    expect(dayOf('today', 'Europe/London', lateEvening)).toBe('2026-11-22');
    expect(dayOf('today', 'Pacific/Auckland', lateEvening)).toBe('2026-11-23');
    expect(dayOf('yesterday', 'Pacific/Auckland', lateEvening)).toBe('2026-11-22');
    expect(dayOf('monday', 'Pacific/Auckland', lateEvening)).toBe('2026-11-23');
    expect(dayOf('monday', 'Europe/London', lateEvening)).toBe('2026-11-16');
    const earlyMorning = new Date('2026-11-22T03:00:00Z');
    expect(dayOf('today', 'America/New_York', earlyMorning)).toBe('2026-11-21');
    expect(dayOf('22 november', 'America/New_York', earlyMorning)).toBe('2025-11-22');
  });

  it('counts days by the calendar and hours by the clock across a change', () => {
    const afterChange = new Date('2026-03-29T23:30:00Z');
    expect(dayOf('yesterday', 'Europe/London', afterChange)).toBe('2026-03-29');
    expect(dayOf('1 day ago', 'Europe/London', afterChange)).toBe('2026-03-29');
    expect(dayOf('24 hours ago', 'Europe/London', afterChange)).toBe('2026-03-28');
    const secondHour = new Date('2026-10-25T01:30:00Z');
    expect(dayOf('2 hours ago', 'Europe/London', secondHour)).toBe('2026-10-25');
    expect(dayOf('3 hours ago', 'Europe/London', secondHour)).toBe('2026-10-24');
  });
});
