import { DateTime } from 'luxon';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+ -]\d{2}:?\d{2})?$/i;

export const MOMENT_RULE = 'must be a day (2026-01-31) or a moment (2026-01-31T12:00:00Z)';

/**
 * Reads a day or a moment of ISO 8601.
 * @param zone IANA name of the zone of a text without an offset
 * @returns the moment, of a day its beginning; null when the text is neither
 */
export function readMoment(text: string, zone: string): { isDay: boolean; at: DateTime } | null {
  const isDay = DAY.test(text);
  if (!isDay && !MOMENT.test(text)) return null;
  // In a query the plus of an offset may arrive as a space.
  const iso = text.replace(/^(.{10}) /, '$1T').replace(/ (?=\d{2}:?\d{2}$)/, '+');
  const at = DateTime.fromISO(iso.toUpperCase(), { zone });
  return at.isValid ? { isDay, at } : null;
}
