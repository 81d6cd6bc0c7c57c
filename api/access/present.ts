import type { HeldRecord } from '../../src/contracts/access/held.ts';
import type { Report } from '../../src/contracts/access/reports/ledger.ts';
import type { Row } from '../../src/contracts/access/row.ts';
import { toJson } from '../../src/lib/bson-text.ts';

/** `2026-01-31 12:00:00`, in UTC, as the search API writes times. */
const searchTime = (date: Date): string => date.toISOString().slice(0, 19).replace('T', ' ');

/** A time that a record holds in any form: as the search API writes it, or unchanged when it cannot be read. */
function closingTime(text: string | null): string | null {
  const moment = new Date(text ?? Number.NaN);
  return Number.isNaN(moment.getTime()) ? text : searchTime(moment);
}

const withoutGaps = (fields: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));

/** An outbound message in the search API's shape, without the fields that the record does not have. */
export function presentMessage(row: Row, account: string): Record<string, unknown> {
  return withoutGaps({
    'message-id': row.id,
    'account-id': account,
    network: row.network,
    from: row.from,
    to: row.to,
    body: row.body,
    price: row.price,
    'date-received': row.at && searchTime(row.at),
    'final-status': row.status,
    status: row.status,
    'date-closed': closingTime(row.closed_at),
    type: 'MT',
  });
}

/** A record's part of a person as JSON. */
export function presentHeld(record: HeldRecord): string {
  return toJson(withoutGaps({ id: record.id, at: record.at, fields: record.fields }));
}

/** A report in the reports API's shape, without the numbers it asks for and its file's own name. */
export function presentReport(report: Report, now: Date): Record<string, unknown> {
  const self = `/v2/reports/${report.request_id}`;
  const isThere = report.file !== undefined && report.expires_at !== undefined && report.expires_at > now;
  const { product, direction, since, until } = report.query;
  return {
    request_id: report.request_id,
    request_status: report.state,
    status: report.state,
    account_id: report.account_id,
    ...(product && { product }),
    ...(direction && { direction }),
    ...(since && { date_start: since }),
    ...(until && { date_end: until }),
    format: report.format,
    include_message: report.include_message,
    received_at: report.created_at,
    started_at: report.started_at ?? null,
    completed_at: report.completed_at ?? null,
    items_count: report.items_count ?? null,
    ...(isThere && { expires_at: report.expires_at }),
    ...(report.file_removed_at && {
      file_removed_at: report.file_removed_at,
      message: 'The file was removed because it held a number that has been erased',
    }),
    _links: { self: { href: self }, ...(isThere && { download_report: { href: `${self}/file` } }) },
  };
}
