import { describe, expect, it } from '@jest/globals';
import { createReportWriter } from '../../../../src/contracts/access/reports/format.ts';
import { MESSAGE_KEY, REPORT_KEYS, type ReportRecord } from '../../../../src/contracts/access/row.ts';
import { writeCell } from '../../../../src/lib/csv.ts';

describe('a cell of a CSV', () => {
  it.each([
    ['plain', 'hello', 'hello'],
    ['nothing', null, ''],
    ['empty', '', ''],
    ['a comma', 'a,b', '"a,b"'],
    ['a quote', 'say "hi"', '"say ""hi"""'],
    ['a line break', 'a\nb', '"a\nb"'],
    ['CR LF', 'a\r\nb', '"a\r\nb"'],
    ['spaces are kept', ' a ', ' a '],
    ['an equals sign', '=1+1', "'=1+1"],
    ['a plus', '+447700900123', "'+447700900123"],
    ['a minus', '-1', "'-1"],
    ['an at sign', '@SUM(A1)', "'@SUM(A1)"],
    ['a tab', '\t=1', "'\t'=1"],
    ['a semicolon before a formula', 'a;=1;b', "a;'=1;b"],
    ['a tab before a formula', 'a\t@SUM(A1)', "a\t'@SUM(A1)"],
    ['several', '=1;+2|-3', "'=1;'+2|'-3"],
    ['a semicolon before a word', 'a; b;c', 'a; b;c'],
    ['a CR', '\r=1', '"\'\r=1"'],
    ['a line feed', '\n=1', '"\'\n=1"'],
    ['a formula with quotes and commas', '=HYPERLINK("a","b")', '"\'=HYPERLINK(""a"",""b"")"'],
    ['full-width', '＝1', "'＝1"],
    ['a sign further in', 'a=1', 'a=1'],
    ['an apostrophe of its own', "'=1", "'=1"],
  ])('%s', (_name, value, cell) => {
    expect(writeCell(value)).toBe(cell);
  });
});

describe('a report', () => {
  const empty = Object.fromEntries(REPORT_KEYS.map((key) => [key, null])) as ReportRecord;

  it('CSV: a header, then a line a record, each ended by CR LF', () => {
    const writer = createReportWriter('csv', true, 'x');
    expect(writer.begin).toBe(`${[...REPORT_KEYS, MESSAGE_KEY].join(',')}\r\n`);
    expect(writer.record({ ...empty, id: '1', message_body: 'a,b' }, 0)).toBe(',,1,,,,,,,,,,,"a,b"\r\n');
    expect(writer.end(1)).toBe('');
    expect(createReportWriter('csv', false, 'x').begin).toBe(`${REPORT_KEYS.join(',')}\r\n`);
  });

  it.each([0, 1, 3])('JSON of %d records is valid', (count) => {
    const writer = createReportWriter('json', false, 'x');
    const records = Array.from({ length: count }, (_, index) => ({ ...empty, id: `"${index}"\u2028` }));
    const text =
      writer.begin + records.map((record, index) => writer.record(record, index)).join('') + writer.end(count);
    expect(JSON.parse(text)).toEqual({ request_id: 'x', records, items_count: count });
  });
});
