import { describe, expect, it } from '@jest/globals';
import { isSpeakable, redactDigitRuns, sayId } from '../../../src/phone/hide-digits.ts';
import { REDACTED_RUN } from '../../../src/phone/scan.ts';

const MEGABYTE = 1_000_000;

const HIDDEN: [string, string][] = [
  ['447700900123', '[number]'],
  ['to +447700900123 failed', 'to [number] failed'],
  ['07700 900 123', '[number]'],
  ['+44 (0)7700-900123', '[number]'],
  ['+44 (0) 7700 / 900123', '[number]'],
  ['(07700) 900123', '([number]'],
  ['44.7700.900.123', '[number]'],
  ['44.7700900123', '[number]'],
  ['+44.7700900123', '[number]'],
  ['07700 - 900123', '[number]'],
  ['call07700900123now', 'call[number]now'],
  ['call07700900123', 'call[number]'],
  ['%2B447700900123', '%2B[number]'],
  ['07700%20900123', '[number]'],
  ['07700+900123', '[number]'],
  ['0770\u2010090\u20100123', '[number]'],
  ['٠٧٧٠٠٩٠٠١٢٣', '[number]'],
  ['๐๗๗๐๐๙๐๐๑๒๓', '[number]'],
  ['𝟒𝟒𝟕𝟕𝟎𝟎𝟗𝟎𝟎𝟏𝟐𝟑', '[number]'],
  ['⁴⁴⁷⁷⁰⁰⁹⁰⁰¹²³ x', '[number] x'],
  ['④④⑦⑦⓪⓪⑨⓪⓪①②③', '[number]'],
  ['᠐᠗᠗᠐᠐ ᠙᠐᠐᠑᠒᠓ 𝟒', '[number]'],
  ['1234567', '[number]'],
  ['1548892800', '[number]'],
  ['at 1548892800123 ms', 'at [number] ms'],
  ['{"to":"447700900123"}', '{"to":"[number]"}'],
  ['{"to":447700900123,"n":3}', '{"to":[number],"n":3}'],
  ['E11000 dup key: { number: "447700900123" }', 'E11000 dup key: { number: "[number]" }'],
  ['+44 7700 900123abcdefghi', '[number]abcdefghi'],
  ['+44 7700 900123s', '[number]s'],
  ['07700900123, 07700900124', '[number], [number]'],
  ['2026-11-22T13:28:17.123Z 07700900123', '2026-11-22T13:28:17.123Z [number]'],
  ['07700900123 2026-11-22T13:28:17.123Z', '[number] 2026-11-22T13:28:17.123Z'],
  ['10.0.0.1 07700900123', '10.0.0.1 [number]'],
];

const LEFT_ALONE = [
  '',
  'nothing here',
  '123456',
  'erased 12 of 4567 in 3 batches, 89% done',
  '[1, 2, 3, 4, 5, 6, 7, 8, 9]',
  '2026-11-22T13:28:17.123Z',
  '2026-11-22T13:28:17.123456789+01:00',
  '2026-11-22 13:28:17,123',
  'day 2026-11-22 closed',
  'dump-20261122T132817Z.gz',
  'GET /gdpr/status?date=2018-02-22T09:03:00+00:00 200',
  '4f9f2c1e-0f41-4c55-9a3f-123456789012',
  '12345678-1234-1234-1234-123456789012',
  '507f1f77bcf86cd799439011',
  'status 200 507f1f77bcf86cd799439011 done',
  'span 00f067aa0ba902b7',
  'b'.repeat(20) + '1'.repeat(20),
  'sha 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  'BWwmkoxO3YTfpEt',
  'B12345678xO3YTf',
  '1234567mkoxO3YT-g12',
  '127.0.0.1:27017',
  '192.168.100.200:6379',
  'mongodb://192.168.100.200:27017/lethe',
  '::ffff:192.168.100.200',
  'took 86400000ms',
  'took 1234.567 ms',
  'took 12345.678ms, then 1.5s',
  '{"seconds":12.345678}',
  'node v20.19.43, redis 7.0.15, mongoose 9.12.1',
  'HTTP/1.1 404',
  '44********23',
  '๑๒๓ and 𝟒𝟒, ½ of ①',
];

const SPOKEN = [
  '0A000000B0C9A1234',
  'aaaaaaaa-bbbb-4ccc-8ddd-0123456e89ab',
  '507f1f77bcf86cd799439011',
  'CON-1:2',
  '2026-11-22',
  'BWwmkoxO3YTfpEt',
  's-607',
];
const UNSPOKEN = [
  '447700900123',
  'id:44:7700:901:001',
  'msg:44:7911:654321',
  '44,7700,900123',
  '44|7700|900123',
  '00000000-0000-4000-8000-447911654321',
  '00004479-1165-4321-8000-aaaaaaaaaaaa',
  '447911654321aaaaaaaaaaaa',
  '𝟒𝟒𝟕𝟕𝟎𝟎𝟗𝟎𝟎𝟏𝟐𝟑',
  '๔๔๗๗๐๐๙๐๐๑๒๓',
  'a４４：７７００：９００１２３',
];

describe('what an answer or the audit may repeat', () => {
  it.each(SPOKEN)('%p', (id) => expect([isSpeakable(id), sayId(id)]).toEqual([true, id]));
  it.each(UNSPOKEN)('not %p', (id) => {
    expect(isSpeakable(id)).toBe(false);
    const shown = sayId(id);
    expect(shown).toContain('[number]');
    expect(isSpeakable(shown)).toBe(true);
  });
});

describe('redactDigitRuns', () => {
  it.each(HIDDEN)('%p becomes %p', (text, redacted) => {
    expect(redactDigitRuns(text)).toBe(redacted);
    expect(redactDigitRuns(redacted)).toBe(redacted);
  });

  it.each(LEFT_ALONE)('leaves %p as it was', (text) => {
    expect(redactDigitRuns(text)).toBe(text);
  });

  // Whole texts are compared as booleans: a failure would print a megabyte.
  it.each([
    ['one digit', '7'],
    ['digits apart', '7 '],
    ['digits a dash apart', '7 - '],
  ])('takes a megabyte of %s for one run', (_name, unit) => {
    const redacted = redactDigitRuns(unit.repeat(MEGABYTE / unit.length));
    expect(redacted.slice(0, 20).replace(/[ -]+$/, '')).toBe(REDACTED_RUN);
    expect(redacted.length).toBeLessThan(20);
  });

  it.each(['a', 'a ', 'f0', '(', '+', '%2', '%20', '1.2.3.x', 'e5 ', '0 x', '123456x', '2026-11-22 '])(
    'leaves a megabyte of %p as it was',
    (unit) => {
      const text = unit.repeat(MEGABYTE / unit.length);
      expect(redactDigitRuns(text) === text).toBe(true);
    },
  );

  it.each([
    ['-1234567-x', '-[number]-x'],
    ['2026-11-22Tx+44 7700 900123,', '2026-11-22Tx[number],'],
    ['f 07700900123 ', 'f [number] '],
  ])('hides every number in a megabyte of %p', (unit, redacted) => {
    const times = MEGABYTE / 10;
    expect(redactDigitRuns(unit.repeat(times)) === redacted.repeat(times)).toBe(true);
  });
});
