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

/** A call with its subject as the place holds it. */
interface Placed {
  readonly placed: Subject;
}

/**
 * Sorts calls of one place into those that are asked for together: no group has more values than one query takes, unless
 * a single call has.
 * @returns the groups, in the order of their calls
 */
export function groupCalls<Call extends Placed>(calls: readonly Call[]): Call[][] {
  const groups: Call[][] = [];
  let room = 0;
  for (const call of calls) {
    const { length } = call.placed.values;
    if (groups.length === 0 || length > room) {
      groups.push([]);
      room = MOST_VALUES;
    }
    room -= length;
    groups.at(-1)?.push(call);
  }
  return groups;
}

/** All numbers of one account's subjects at one place as one. @param placed the subjects as that place holds them */
export function joinSubjects(placed: readonly [Subject, ...Subject[]]): Subject {
  return { ...placed[0], values: placed.flatMap(({ values }) => values), isPlaced: true };
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
  if (subjects.length <= 1 || !here) return Promise.all(subjects.map(ask));
  const answers: Answer[] = subjects.map(() => nothing);
  const calls = subjects.map((subject, index) => ({ subject, index, placed: here(subject) }));
  await Promise.all(
    groupCalls(calls).map(async (group) => {
      const [first, ...others] = group.map(({ placed }) => placed);
      if (!first) return;
      if (others.length > 0 && (await ask(joinSubjects([first, ...others]))) === nothing) return;
      await Promise.all(
        group.map(async ({ subject, index }) => {
          answers[index] = await ask(subject);
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
