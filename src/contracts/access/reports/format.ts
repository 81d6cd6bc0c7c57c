import { MESSAGE_KEY, REPORT_KEYS, type ReportRecord } from '../row.ts';
import type { ReportFormat } from './ledger.ts';

/** How a report's file is written, piece by piece. */
export interface ReportWriter {
  readonly begin: string;
  record(record: ReportRecord, index: number): string;
  end(count: number): string;
}

/**
 * The start of a cell that a spreadsheet would run as a formula (OWASP, CSV injection), full-width forms included. What
 * follows a semicolon, a tab or a bar is a cell of its own to a spreadsheet that takes these for separators.
 */
const FORMULA = /^(?=[\t\r\n])|(?<=^|[;\t|])(?=[=+\-@＝＋－＠])/g;

/** One cell by RFC 4180. An apostrophe makes a formula text. */
export function writeCell(value: string | null): string {
  if (value === null) return '';
  const text = value.replace(FORMULA, "'");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function createReportWriter(format: ReportFormat, includeMessage: boolean, requestId: string): ReportWriter {
  if (format === 'json') {
    return {
      begin: `{"request_id":${JSON.stringify(requestId)},"records":[`,
      record: (record, index) => `${index > 0 ? ',' : ''}\n${JSON.stringify(record)}`,
      end: (count) => `\n],"items_count":${count}}\n`,
    };
  }
  const keys: (keyof ReportRecord)[] = [...REPORT_KEYS, ...(includeMessage ? [MESSAGE_KEY] : [])];
  const line = (cells: readonly (string | null)[]) => `${cells.map(writeCell).join(',')}\r\n`;
  return {
    begin: line(keys),
    record: (record) => line(keys.map((key) => record[key] ?? null)),
    end: () => '',
  };
}
