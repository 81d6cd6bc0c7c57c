import type mongoose from 'mongoose';
import { collectionOf } from '../collection.ts';
import { allOf } from '../filter.ts';
import { valueAt } from '../map/paths.ts';
import type { Wait } from '../plan.ts';
import { selectAnywhere } from '../selections.ts';
import type { Subject } from '../subject.ts';
import { NEWEST } from './joining.ts';

/**
 * When the last of a number's scheduled messages is due.
 * @returns null when nothing is scheduled; now, for a due time that is no date
 */
export async function lastDue(db: mongoose.mongo.Db, wait: Wait, subject: Subject): Promise<Date | null> {
  const [record] = await collectionOf(db, wait.entry, subject.account)
    .find(allOf(selectAnywhere(wait, subject), wait.scheduled), { projection: { _id: 0, [wait.at]: 1 }, ...NEWEST })
    .sort({ [wait.at]: -1 })
    .limit(1)
    .toArray();
  return record === undefined ? null : dueAt(record, wait.at);
}

/** When a scheduled message is due; now, where that is no date. */
export function dueAt(record: mongoose.mongo.Document, at: string): Date {
  return toDate(valueAt(record, at));
}

/** Times below this are seconds since 1970, others milliseconds. As milliseconds it is 1973, as seconds the year 5138. */
const FIRST_MILLISECONDS = 1e11;

function toDate(value: unknown): Date {
  if (value instanceof Date) return value;
  const time = typeof value === 'string' ? Date.parse(value) : typeof value === 'number' ? inMilliseconds(value) : NaN;
  return Number.isNaN(time) ? new Date() : new Date(time);
}

function inMilliseconds(time: number): number {
  return time < FIRST_MILLISECONDS ? time * 1000 : time;
}
