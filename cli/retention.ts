import { UsageFault } from './faults.ts';

/** The longest period there is, as in RETENTION_MONTHS. */
const MOST_MONTHS = 1_200;

/** @throws UsageFault naming the option when it is no number of months */
export function readMonths(text: string, option: string): number {
  const months = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!(months <= MOST_MONTHS)) throw new UsageFault(`${option} must be 0 to ${MOST_MONTHS}`);
  return months;
}
