import type { AccountValue, Subject } from '../subject.ts';

/** Calls a joined query takes at most. */
export const MOST_JOINED = 64;
/** Calls for more records than this run alone, so that small ones do not wait for them. */
export const LARGE = 500;

/**
 * How searches read: what is newest on the primary. A majority may lag behind what was acknowledged, and a search must
 * see that, too.
 */
export const NEWEST = { readConcern: { level: 'local' } } as const;

/**
 * The key under which calls are joined.
 * @param place a rule's key, or what else names the query
 * @param account its type is part of the key: `7` and `'7'` are two accounts
 */
export function laneOf(place: string, account: AccountValue): string {
  return `${place}\0${typeof account}\0${String(account)}`;
}

/** More values than this are not asked for at once: writing them out costs more than the round trips. */
const MOST_VALUES = 3_000;

/** All numbers of one account's subjects at one place as one; null without a subject, or for too many values. */
export function joinSubjects(subjects: readonly Subject[], here: (subject: Subject) => Subject): Subject | null {
  const [first] = subjects;
  const values = subjects.flatMap((subject) => here(subject).values);
  return first && values.length <= MOST_VALUES ? { ...first, values, isPlaced: true } : null;
}

/**
 * Asks once for all subjects, and for each only if there is something for any of them: most often there is nothing.
 * @param nothing the answer for a subject without records
 * @param here of the place that is asked; null: each is asked for by itself
 * @returns an answer for each, in their order
 */
export async function askJoined<Answer>(
  subjects: readonly Subject[],
  ask: (subject: Subject) => Promise<Answer>,
  nothing: Answer,
  here: ((subject: Subject) => Subject) | null,
): Promise<Answer[]> {
  const joined = subjects.length > 1 && here ? joinSubjects(subjects, here) : null;
  if (joined && (await ask(joined)) === nothing) return subjects.map(() => nothing);
  return Promise.all(subjects.map(ask));
}

/**
 * Says which of the subjects a stored value belongs to.
 * @returns for a value, the indexes of its subjects; undefined for a value that none of them lists
 */
export function ownersOf(subjects: readonly Subject[]): (value: unknown) => readonly number[] | undefined {
  const owners = new Map<string, number[]>();
  subjects.forEach((subject, index) => {
    for (const value of subject.values) {
      const key = ownerKey(value);
      const list = owners.get(key) ?? [];
      if (!list.includes(index)) owners.set(key, [...list, index]);
    }
  });
  return (value) => owners.get(ownerKey(value));
}

/** As text `2079460123` is an Egyptian number; as an integer it is London's `02079460123` without its zero. */
function ownerKey(value: unknown): string {
  return `${typeof value === 'string' ? 'text' : 'number'} ${String(value)}`;
}
