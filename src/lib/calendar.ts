import { type DateTime, IANAZone } from 'luxon';

/**
 * The first moment of a calendar day in its zone. Where clocks go forward over midnight (Santiago, Beirut) it is one
 * o'clock; where they go back over it (Havana) the day has two midnights, of which Luxon knows the second.
 * @param moment any moment of the day
 */
export function firstMoment(moment: DateTime): DateTime {
  const midnight = moment.startOf('day');
  const before = midnight.minus({ milliseconds: 1 });
  return before.hasSame(midnight, 'day') ? midnight.minus({ minutes: before.offset - midnight.offset }) : midnight;
}

/** Is it a time zone of the IANA database? */
export function isTimeZone(name: string): boolean {
  return IANAZone.isValidZone(name);
}
