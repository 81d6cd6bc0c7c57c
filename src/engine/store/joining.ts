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

/**
 * Sorts calls of one place into those that are asked for together: no group has more values than one query takes, unless
 * a single call has.
 * @param valuesOf how many values a call asks for
 * @returns the calls with their places in the list, in their order
 */
export function groupCalls<Call>(
  calls: readonly Call[],
  valuesOf: (call: Call) => number,
): { readonly call: Call; readonly index: number }[][] {
  const groups: { call: Call; index: number }[][] = [];
  let room = 0;
  calls.forEach((call, index) => {
    const values = valuesOf(call);
    if (groups.length === 0 || values > room) {
      groups.push([]);
      room = MOST_VALUES;
    }
    room -= values;
    groups.at(-1)?.push({ call, index });
  });
  return groups;
}

/** All numbers of one account's subjects at one place as one. */
export function joinSubjects(subjects: readonly [Subject, ...Subject[]], here: (subject: Subject) => Subject): Subject {
  return {
    ...subjects[0],
    values: subjects.flatMap((subject) => here(subject).values),
    isPlaced: true,
  };
}

/**
 * Asks once for several subjects, and for each only if there is something for any of them: most often there is nothing.
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
  if (!here) return Promise.all(subjects.map(ask));
  const answers: Answer[] = subjects.map(() => nothing);
  const placed = subjects.map(here);
  await Promise.all(
    groupCalls(placed, ({ values }) => values.length).map(async (group) => {
      const [first, ...others] = group.map(({ call }) => call);
      if (!first) return;
      if (others.length > 0 && (await ask(joinSubjects([first, ...others], (subject) => subject))) === nothing) return;
      await Promise.all(
        group.map(async ({ index }) => {
          answers[index] = await ask(subjects[index] as Subject);
        }),
      );
    }),
  );
  return answers;
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
