/** The vocabulary of the grammar, all lower case. */

/** Months by name, 1 to 12. */
export const MONTHS: ReadonlyMap<string, number> = numbered([
  ['january', 'jan'],
  ['february', 'feb'],
  ['march', 'mar'],
  ['april', 'apr'],
  ['may'],
  ['june', 'jun'],
  ['july', 'jul'],
  ['august', 'aug'],
  ['september', 'sept', 'sep'],
  ['october', 'oct'],
  ['november', 'nov'],
  ['december', 'dec'],
]);

/** Days of the week as ISO 8601 numbers them: Monday is 1, Sunday is 7. */
export const WEEKDAYS: ReadonlyMap<string, number> = numbered([
  ['monday', 'mon'],
  ['tuesday', 'tues', 'tue'],
  ['wednesday', 'weds', 'wed'],
  ['thursday', 'thurs', 'thur', 'thu'],
  ['friday', 'fri'],
  ['saturday', 'sat'],
  ['sunday', 'sun'],
]);

/** Which of a month's days of a kind. No month holds a sixth of any weekday. */
export const ORDINALS: ReadonlyMap<string, number> = numbered([
  ['first'],
  ['second'],
  ['third'],
  ['fourth'],
  ['fifth'],
]);

/** Amounts in words, with the article for one: `a week ago`. */
export const AMOUNTS: ReadonlyMap<string, number> = numbered([
  ['one', 'a', 'an'],
  ['two'],
  ['three'],
  ['four'],
  ['five'],
  ['six'],
  ['seven'],
  ['eight'],
  ['nine'],
  ['ten'],
  ['eleven'],
  ['twelve'],
]);

/** A stretch of time, counted in the four measures that behave differently: years and months vary, days have clock changes. */
export interface Unit {
  measure: 'years' | 'months' | 'days' | 'seconds';
  size: number;
}

/** `last week` names a day; `last day` and `last hour` do not, so only these follow last, next and previous. */
const SPANS: ReadonlyMap<string, Unit> = new Map([
  ['week', { measure: 'days', size: 7 }],
  ['fortnight', { measure: 'days', size: 14 }],
  ['month', { measure: 'months', size: 1 }],
  ['year', { measure: 'years', size: 1 }],
]);

/** Everything that can be counted, singular, plural and short. */
export const UNITS: ReadonlyMap<string, Unit> = new Map([
  ...SPANS,
  ['weeks', { measure: 'days', size: 7 }],
  ['fortnights', { measure: 'days', size: 14 }],
  ['months', { measure: 'months', size: 1 }],
  ['years', { measure: 'years', size: 1 }],
  ['day', { measure: 'days', size: 1 }],
  ['days', { measure: 'days', size: 1 }],
  ['hour', { measure: 'seconds', size: 3600 }],
  ['hours', { measure: 'seconds', size: 3600 }],
  ['minute', { measure: 'seconds', size: 60 }],
  ['minutes', { measure: 'seconds', size: 60 }],
  ['min', { measure: 'seconds', size: 60 }],
  ['mins', { measure: 'seconds', size: 60 }],
  ['second', { measure: 'seconds', size: 1 }],
  ['seconds', { measure: 'seconds', size: 1 }],
  ['sec', { measure: 'seconds', size: 1 }],
  ['secs', { measure: 'seconds', size: 1 }],
]);

/** Where last, this and next point, in steps from now. */
export const DIRECTIONS: ReadonlyMap<string, number> = new Map([
  ['last', -1],
  ['previous', -1],
  ['this', 0],
  ['next', 1],
]);

/** Days that have a name of their own, in days from today. */
export const NAMED_DAYS: ReadonlyMap<string, number> = new Map([
  ['yesterday', -1],
  ['today', 0],
  ['tomorrow', 1],
]);

/** Zone names, in minutes ahead of UTC. BST is British Summer Time here, as in PHP. */
export const ZONES: ReadonlyMap<string, number> = new Map([
  ['z', 0],
  ['utc', 0],
  ['gmt', 0],
  ['bst', 60],
]);

function numbered(names: string[][]): Map<string, number> {
  return new Map(names.flatMap((spellings, index) => spellings.map((name) => [name, index + 1] as const)));
}
