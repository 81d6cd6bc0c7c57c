import { describe, expect, it } from '@jest/globals';
import { defaultRepeatStrategy } from 'bullmq';
import { dueRedaction, PATTERN } from '../../../../src/contracts/interactions/automatic.ts';
import { effectiveSettings } from '../../../../src/contracts/interactions/settings.ts';
import type { Account } from '../../../../src/ledger/accounts/accounts.ts';

const due = (now: string, zone: string, automatic: 'daily' | 30 | 60 | 90 = 'daily') => {
  const { token, before, since } = dueRedaction(new Date(now), zone, automatic);
  return { token, before: before.toISOString(), since: since.toISOString() };
};

describe('the run that is due', () => {
  // [what, now, zone, the first moment of today]
  const days: [string, string, string, string, string][] = [
    ['winter in London', '2026-01-15T10:00:00Z', 'Europe/London', '2026-01-15', '2026-01-15T00:00:00.000Z'],
    ['summer in London', '2026-07-15T10:00:00Z', 'Europe/London', '2026-07-15', '2026-07-14T23:00:00.000Z'],
    ['a second before midnight', '2026-07-15T22:59:59Z', 'Europe/London', '2026-07-15', '2026-07-14T23:00:00.000Z'],
    ['midnight itself', '2026-07-15T23:00:00Z', 'Europe/London', '2026-07-16', '2026-07-15T23:00:00.000Z'],
    ['London, clocks forward', '2026-03-29T12:00:00Z', 'Europe/London', '2026-03-29', '2026-03-29T00:00:00.000Z'],
    ['the day after', '2026-03-29T23:00:00Z', 'Europe/London', '2026-03-30', '2026-03-29T23:00:00.000Z'],
    ['London, clocks back', '2026-10-25T12:00:00Z', 'Europe/London', '2026-10-25', '2026-10-24T23:00:00.000Z'],
    ['its 25th hour', '2026-10-25T23:59:59Z', 'Europe/London', '2026-10-25', '2026-10-24T23:00:00.000Z'],
    ['the day after', '2026-10-26T00:00:00Z', 'Europe/London', '2026-10-26', '2026-10-26T00:00:00.000Z'],
    ['New York, clocks forward', '2026-03-08T12:00:00Z', 'America/New_York', '2026-03-08', '2026-03-08T05:00:00.000Z'],
    ['the day after', '2026-03-09T04:00:00Z', 'America/New_York', '2026-03-09', '2026-03-09T04:00:00.000Z'],
    ['New York, clocks back', '2026-11-01T12:00:00Z', 'America/New_York', '2026-11-01', '2026-11-01T04:00:00.000Z'],
    ['the day after', '2026-11-02T05:00:00Z', 'America/New_York', '2026-11-02', '2026-11-02T05:00:00.000Z'],
    ['Santiago, no midnight', '2026-09-06T15:00:00Z', 'America/Santiago', '2026-09-06', '2026-09-06T04:00:00.000Z'],
    ['its first moment', '2026-09-06T04:00:00Z', 'America/Santiago', '2026-09-06', '2026-09-06T04:00:00.000Z'],
    ['just before it', '2026-09-06T03:59:59Z', 'America/Santiago', '2026-09-05', '2026-09-05T04:00:00.000Z'],
    ['Beirut, no midnight', '2026-03-29T12:00:00Z', 'Asia/Beirut', '2026-03-29', '2026-03-28T22:00:00.000Z'],
    ['Beirut, 23 o’clock twice', '2026-10-24T21:30:00Z', 'Asia/Beirut', '2026-10-24', '2026-10-23T21:00:00.000Z'],
    ['Havana, midnight twice', '2026-11-01T15:00:00Z', 'America/Havana', '2026-11-01', '2026-11-01T04:00:00.000Z'],
    ['ahead of everyone', '2026-01-15T10:00:00Z', 'Pacific/Kiritimati', '2026-01-16', '2026-01-15T10:00:00.000Z'],
    ['a quarter of an hour', '2026-01-15T18:15:00Z', 'Asia/Kathmandu', '2026-01-16', '2026-01-15T18:15:00.000Z'],
  ];
  it.each(days)('daily, %s (%s, %s)', (_name, now, zone, day, first) => {
    expect(due(now, zone)).toEqual({ token: `auto:${day}`, before: first, since: first });
  });

  const periods: [30 | 60 | 90, string, string, string][] = [
    [30, '2026-04-10T12:00:00Z', 'Europe/London', '2026-03-11T00:00:00.000Z'],
    [60, '2026-04-10T12:00:00Z', 'Europe/London', '2026-02-09T00:00:00.000Z'],
    [90, '2026-04-10T12:00:00Z', 'Europe/London', '2026-01-10T00:00:00.000Z'],
    [30, '2026-11-10T12:00:00Z', 'Europe/London', '2026-10-10T23:00:00.000Z'],
    [30, '2026-11-20T12:00:00Z', 'America/New_York', '2026-10-21T04:00:00.000Z'],
    [30, '2026-04-01T12:00:00Z', 'America/New_York', '2026-03-02T05:00:00.000Z'],
    [30, '2026-10-06T15:00:00Z', 'America/Santiago', '2026-09-06T04:00:00.000Z'],
    [30, '2026-04-28T12:00:00Z', 'Asia/Beirut', '2026-03-28T22:00:00.000Z'],
    [90, '2026-12-05T15:00:00Z', 'America/Santiago', '2026-09-06T04:00:00.000Z'],
  ];
  it.each(periods)('%i days before %s in %s', (days_, now, zone, before) => {
    expect(due(now, zone, days_).before).toBe(before);
  });

  it('never lets a day go by: each run begins where one before it ended', () => {
    for (const zone of ['America/Santiago', 'Asia/Beirut', 'America/Havana']) {
      let last = due('2026-01-01T12:00:00Z', zone);
      for (let hour = 6; hour < 370 * 24; hour += 6) {
        const next = due(new Date(Date.UTC(2026, 0, 1, 12 + hour)).toISOString(), zone);
        const hours = (Date.parse(next.before) - Date.parse(last.before)) / 3_600_000;
        if (next.token === last.token ? hours !== 0 : ![23, 24, 25].includes(hours))
          throw new Error(`${hours} hours between ${last.since} and ${next.since} in ${zone}`);
        last = next;
      }
    }
  });

  it('refuses a time zone that is none', () => {
    expect(() => due('2026-01-01T12:00:00Z', 'Mars/Base')).toThrow(RangeError);
    expect(() => due('2026-01-01T12:00:00Z', '')).toThrow(RangeError);
  });
});

describe('the schedule', () => {
  /** When the queue would run it, in a year. */
  const runs = (tz: string): number[] => {
    const found: number[] = [];
    let at = Date.UTC(2026, 0, 1, 12);
    while (at < Date.UTC(2027, 0, 1, 12)) {
      at = defaultRepeatStrategy(at, { pattern: PATTERN, tz }) ?? Number.POSITIVE_INFINITY;
      found.push(at);
    }
    return found;
  };

  it.each(['Europe/London', 'America/New_York', 'America/Santiago', 'Asia/Beirut'])(
    'runs at the first moment of every day in %s',
    (zone) => {
      const at = new Set(runs(zone));
      for (let day = 2; day < 360; day += 1) {
        const { since } = dueRedaction(new Date(Date.UTC(2026, 0, day, 16)), zone, 'daily');
        if (!at.has(since.getTime())) throw new Error(`no run at ${since.toISOString()} in ${zone}`);
      }
    },
  );
});

describe('what is in force', () => {
  const at = (day: number) => new Date(Date.UTC(2026, 0, day));
  const account = (fields: Partial<Account>): Account => ({
    _id: 'acc_SubSubSubSub',
    name: 'Sub',
    records_id: 1,
    time_zone: 'Europe/London',
    created_at: at(1),
    ...fields,
  });
  const agency = (redaction: Account['redaction']) =>
    account({ _id: 'acc_AgencyAgency', ...(redaction && { redaction }) });
  const sub = account({
    agency_id: 'acc_AgencyAgency',
    redaction: { manual: true, automatic: 30, automatic_at: at(5) },
  });

  it('nothing, as long as nothing is set', () => {
    const nothing = { allowed: true, manual: false, automatic: 'off', since: undefined };
    expect(effectiveSettings(account({}), null)).toEqual(nothing);
  });
  it('an agency decides for itself', () => {
    const own = agency({ manual: true, automatic: 'daily', automatic_at: at(2) });
    expect(effectiveSettings(own, null)).toEqual({ allowed: true, manual: true, automatic: 'daily', since: at(2) });
  });
  it('a sub-account’s settings count while its agency allows them', () => {
    const allowed = agency({ allow_sub_accounts: true, allowed_at: at(2) });
    expect(effectiveSettings(sub, allowed)).toEqual({ allowed: true, manual: true, automatic: 30, since: at(5) });
  });
  it('and count from when it allowed them again', () => {
    const again = agency({ allow_sub_accounts: true, allowed_at: at(9) });
    expect(effectiveSettings(sub, again).since).toEqual(at(9));
  });
  it.each([
    ['the agency no longer allows them', agency({ allow_sub_accounts: false, allowed_at: at(9) })],
    ['it never did', agency(undefined)],
    ['it is gone', null],
    ['it is another', account({ _id: 'acc_OtherOtherOt', redaction: { allow_sub_accounts: true } })],
  ])('nothing, when %s', (_name, one) => {
    expect(effectiveSettings(sub, one)).toEqual({ allowed: false, manual: false, automatic: 'off', since: undefined });
  });
});
