import type { AccountValue, NumberValue, Subject } from '../subject.ts';

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

/** Subjects that are asked for at once. */
interface Group {
  /** Their indexes among all that were given. */
  readonly indexes: readonly number[];
  /** All their numbers at one place as one. */
  readonly joined: Subject;
}

/** One account's subjects at one place, as many to a group as their values allow. */
export function groupSubjects(subjects: readonly Subject[], here: (subject: Subject) => Subject): Group[] {
  const groups: { indexes: number[]; first: Subject; values: NumberValue[] }[] = [];
  subjects.forEach((subject, index) => {
    const { values } = here(subject);
    const last = groups.at(-1);
    if (last === undefined || last.values.length + values.length > MOST_VALUES)
      groups.push({ indexes: [index], first: subject, values: [...values] });
    else {
      last.indexes.push(index);
      last.values.push(...values);
    }
  });
  return groups.map(({ indexes, first, values }) => ({ indexes, joined: { ...first, values, isPlaced: true } }));
}

/**
 * Asks once for many subjects, and for each only if there is something for any of them: most often there is nothing.
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
  if (subjects.length <= 1 || here === null) return Promise.all(subjects.map(ask));
  const answers = subjects.map(() => nothing);
  await Promise.all(
    groupSubjects(subjects, here).map(async ({ indexes, joined }) => {
      if (indexes.length > 1 && (await ask(joined)) === nothing) return;
      await Promise.all(
        indexes.map(async (index) => {
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
