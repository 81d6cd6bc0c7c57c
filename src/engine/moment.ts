import { bsonTypeOf } from '../lib/bson-type.ts';
import { NO_DATES, NO_NUMBERS, NO_TEXTS } from './bson-types.ts';
import type { Filter } from './filter.ts';
import { valueAt } from './map/paths.ts';
import type { TimeField } from './map/schema.ts';

/** From a moment on, and before another. */
export interface Span {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

const DAY_MS = 86_400_000;
/** The earliest moment a `Date` can be: a bound that every date passes, and nothing but dates. */
const EARLIEST = new Date(-8_640_000_000_000_000);

/** ISO 8601: a day, perhaps a time behind T or a space, perhaps a zone. Without a zone it is UTC, as MongoDB reads it. */
const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d:?\d\d)?)?$/;

/** When a record happened, by the unit the map names; null where nothing can be read. */
export function momentOf(at: TimeField | undefined, record: unknown): Date | null {
  if (at === undefined) return null;
  const value = valueAt(record, at.path);
  if (value instanceof Date) return validOrNull(value.getTime());
  if (at.unit === 'text') return typeof value === 'string' ? readIso(value) : null;
  if (at.unit === 'date' || bsonTypeOf(value) !== 'number') return null;
  return validOrNull(Number(String(value)) * (at.unit === 's' ? 1000 : 1));
}

function readIso(text: string): Date | null {
  const [, day, time = '00:00', zone = 'Z'] = ISO.exec(text.trim()) ?? [];
  return day === undefined ? null : validOrNull(Date.parse(`${day}T${time}${zone}`));
}

function validOrNull(ms: number): Date | null {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** The value a moment has in the field, for comparisons: a date or a number. Texts are compared by `within`. */
function comparable(unit: 'date' | 's' | 'ms', moment: Date): Date | number {
  return unit === 'date' ? moment : unit === 's' ? moment.getTime() / 1000 : moment.getTime();
}

/** @throws TypeError for a date that is none: no filter may be made from it */
export function assertMoment(moment: Date): void {
  if (Number.isNaN(moment.getTime())) throw new TypeError('a moment is needed for every filter');
}

/**
 * Records that happened within a span; without bounds, all whose time can be read. An index on the field serves it. Texts
 * are bounded by their days first and then read one by one: their writings and zones differ.
 * @throws TypeError for an invalid moment
 */
export function within({ path, unit }: TimeField, { from, to }: Span): Filter {
  if ([from, to].some((moment) => moment && Number.isNaN(moment.getTime()))) throw new TypeError('not a moment');
  if (unit === 'text') return textsWithin(path, { from, to });
  const bounds = { ...(from && { $gte: comparable(unit, from) }), ...(to && { $lt: comparable(unit, to) }) };
  if (Object.keys(bounds).length > 0) return { [path]: bounds };
  return { [path]: unit === 'date' ? { $gte: EARLIEST } : { $type: 'number' } } as Filter;
}

/** Records of this very moment. */
export function atMoment(at: TimeField, moment: Date): Filter {
  if (at.unit === 'date') return { [at.path]: moment };
  return within(at, { from: moment, to: new Date(moment.getTime() + 1) });
}

function textsWithin(path: string, { from, to }: Span): Filter {
  // A zone moves a day by one at most.
  const day = (moment: Date, days: number) => new Date(moment.getTime() + days * DAY_MS).toISOString().slice(0, 10);
  const bounds = { $gte: from ? day(from, -1) : '0', $lt: to ? day(to, 2) : ':' };
  const read = { $dateFromString: { dateString: `$${path}`, onError: null, onNull: null } };
  const exact = [
    { $ne: ['$$read', null] },
    ...(from ? [{ $gte: ['$$read', from] }] : []),
    ...(to ? [{ $lt: ['$$read', to] }] : []),
  ];
  return { [path]: bounds, $expr: { $let: { vars: { read }, in: { $and: exact } } } } as Filter;
}

/**
 * Records with something in the field that is no time: one filter each, as not every engine plans `$or`. A field that is
 * missing or null is none of them. `$type: 'array'` is left out: MongoDB reads all records of an index for it. The
 * elements of an array are judged by their own types, and an empty one by its value.
 */
export function undated({ path, unit }: TimeField): Filter[] {
  const types = unit === 'date' ? NO_DATES : unit === 'text' ? NO_TEXTS : NO_NUMBERS;
  return [
    { [path]: { $type: [...types] } },
    { [path]: { $in: [[]] } },
    ...(unit === 'text' ? [{ [path]: { $type: 'string', $not: /^\d{4}-\d\d-\d\d/ } }] : []),
  ] as Filter[];
}
