import { MOMENT_RULE, readMoment } from '../api/http/moments.ts';
import { UsageFault } from './faults.ts';

/**
 * A moment from the command line. A day begins at midnight UTC.
 * @param option its name, for the message
 * @throws UsageFault
 */
export function readTime(text: string, option: string): Date {
  const read = readMoment(text, 'utc');
  if (!read) throw new UsageFault(`${option} ${MOMENT_RULE}`);
  return read.at.toJSDate();
}

/** The first moment after a period that ends with this day or moment: a day is part of it, a moment is not. */
export function readEnd(text: string, option: string): Date {
  const read = readMoment(text, 'utc');
  if (!read) throw new UsageFault(`${option} ${MOMENT_RULE}`);
  return (read.isDay ? read.at.plus({ days: 1 }) : read.at).toJSDate();
}
