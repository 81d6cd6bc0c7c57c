import { writeCells } from '../../../lib/csv.ts';
import { MESSAGE_KEY, REPORT_KEYS, type ReportRecord } from '../row.ts';
import type { ReportFormat } from './ledger.ts';

/** How a report's file is written, piece by piece. */
export interface ReportWriter {
  readonly begin: string;
  record(record: ReportRecord, index: number): string;
  end(count: number): string;
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
  const line = (cells: readonly (string | null)[]) => `${writeCells(cells)}\r\n`;
  return {
    begin: line(keys),
    record: (record) => line(keys.map((key) => record[key] ?? null)),
    end: () => '',
  };
}
