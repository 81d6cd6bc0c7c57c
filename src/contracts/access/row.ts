import type mongoose from 'mongoose';
import { directionOf } from '../../engine/direction.ts';
import { firstAt, readPath, valueAt } from '../../engine/map/paths.ts';
import type { Direction, Product } from '../../engine/map/schema.ts';
import { momentOf } from '../../engine/moment.ts';
import { productOf } from '../../engine/products.ts';
import { textOf } from '../../lib/bson-text.ts';
import type { Source } from './query.ts';

/** One transaction record as searches and reports give it out; null where the record has nothing. */
export interface Row {
  readonly id: string | null;
  readonly product: Product;
  readonly direction: Direction | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly at: Date | null;
  readonly status: string | null;
  readonly network: string | null;
  readonly price: string | null;
  readonly currency: string | null;
  readonly client_ref: string | null;
  readonly closed_at: string | null;
  readonly body: string | null;
}

/**
 * Reads a record through the map.
 * @param product the product that was asked for; else the collection's first
 */
export function toRow(source: Source, record: mongoose.mongo.Document, product?: Product): Row {
  const { entry } = source;
  const column = (name: keyof NonNullable<typeof entry.columns>) => {
    const path = entry.columns?.[name];
    return path === undefined ? null : textOf(valueAt(record, path));
  };
  const body = entry.fields.find((field) => field.category === 'body');
  return {
    id: textOf(firstAt(record, readPath(source.id))),
    product: product ?? productOf(entry, record) ?? 'messages',
    direction: directionOf(entry, record),
    from: column('from'),
    to: column('to'),
    at: momentOf(source.at, record),
    status: column('status'),
    network: column('network'),
    price: column('price'),
    currency: column('currency'),
    client_ref: column('client_ref'),
    closed_at: column('closed_at'),
    body: body === undefined ? null : textOf(valueAt(record, body.path)),
  };
}

/** The keys of a record in reports, in their order. */
export const REPORT_KEYS = [
  'account_id',
  'product',
  'id',
  'direction',
  'from',
  'to',
  'date_received',
  'date_finalized',
  'status',
  'network',
  'price',
  'currency',
  'client_ref',
] as const;
export const MESSAGE_KEY = 'message_body' as const;

export type ReportRecord = Record<(typeof REPORT_KEYS)[number], string | null> & { [MESSAGE_KEY]?: string | null };

/**
 * A row under the keys of reports.
 * @param account Lethe's id of it
 * @param includeMessage whether the text of a message was asked for
 */
export function toReportRecord(row: Row, account: string, includeMessage: boolean): ReportRecord {
  return {
    account_id: account,
    product: row.product,
    id: row.id,
    direction: row.direction,
    from: row.from,
    to: row.to,
    date_received: row.at?.toISOString() ?? null,
    date_finalized: row.closed_at,
    status: row.status,
    network: row.network,
    price: row.price,
    currency: row.currency,
    client_ref: row.client_ref,
    ...(includeMessage && { [MESSAGE_KEY]: row.body }),
  };
}
