import type mongoose from 'mongoose';
import type { Tokens } from '../../base/keys/token.ts';
import type { FoundRecord } from '../../engine/by-id.ts';
import { valueAt } from '../../engine/map/paths.ts';
import { profileFor } from '../../engine/map/profile.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import { isLeftBehind } from '../../engine/map/strategies.ts';
import { momentOf, within } from '../../engine/moment.ts';
import { compilePlan } from '../../engine/plan.ts';
import type { RecordStore } from '../../engine/store.ts';
import { withWritings } from '../../engine/subject.ts';
import type { CountriesOf } from '../../ledger/accounts/countries.ts';
import { readSubject } from '../../ledger/accounts/number-subject.ts';
import type { CountryCode } from '../../phone/countries.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { createNumberReader } from '../../phone/reader.ts';
import { InteractionFault } from './faults.ts';
import { createFind, type InteractionId } from './find.ts';
import { contactNumbers } from './row.ts';

export interface PastDependencies {
  readonly db: mongoose.mongo.Db;
  readonly dataMap: DataMap;
  readonly store: Pick<RecordStore, 'count'>;
  readonly tokens: Tokens;
  readonly countriesOf: CountriesOf;
}

export interface PastCounts {
  /** The time of the interaction: that and what is later stays. */
  readonly before: Date;
  /** Records that would be redacted, by the names of the data map; names with none are left out. */
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * @returns the function that counts what redacting the past of an interaction would take, by the same search; nothing is
 * written. It throws InteractionFault as redacting does
 */
export function createPastCount(deps: PastDependencies): (which: InteractionId, now: Date) => Promise<PastCounts> {
  const { dataMap, store } = deps;
  const find = createFind(deps);
  const { rules } = compilePlan(dataMap, profileFor('interaction', dataMap));
  return async (which, now) => {
    const { account } = which;
    const { number, writings, before } = pastOf(await find(which), deps.countriesOf(account));
    const subject = withWritings(readSubject(deps, account, number, now), writings);
    const names = [...new Set(rules.map(({ name }) => name))];
    const counts = await Promise.all(
      names.map(async (name): Promise<[string, number]> => {
        const some = rules.filter((rule) => rule.name === name);
        const at = some[0]?.entry.at;
        // What has no time is not redacted as somebody's past either.
        if (at === undefined) return [name, 0];
        return [name, await store.count(some, subject, within(at, { to: before }))];
      }),
    );
    return { before, counts: Object.fromEntries(counts.filter(([, count]) => count > 0)) };
  };
}

/** What redacting the past of an interaction is about: earlier ones with the same contact. */
interface Past {
  readonly number: PhoneNumber;
  /** How it is written in the interaction: earlier ones may hold the same writing, though it is in no list. */
  readonly writings: string[];
  /** The time of the interaction: that and what is later is not its past. */
  readonly before: Date;
}

/**
 * @throws InteractionFault `number_gone`; `number_unclear` when it could be either of two parties, or of two people, or has
 * no time
 */
export function pastOf(found: FoundRecord, countries: readonly CountryCode[]): Past {
  const contact = contactOf(found, countries);
  const before = momentOf(found.rule.entry.at, found.record);
  if (before === null) throw new InteractionFault('number_unclear', 'The interaction has no time');
  return { ...contact, before };
}

function contactOf(
  { rule, record }: FoundRecord,
  countries: readonly CountryCode[],
): Pick<Past, 'number' | 'writings'> {
  const reader = createNumberReader(countries);
  const values = contactNumbers(rule.entry, record).filter((value) => !isErased(value));
  const joined = rule.entry.joined
    .map(({ parts, code }) => ({ code, values: parts.map((path) => valueAt(record, path)) }))
    .filter(({ values }) => !isErased(values.at(-1) ?? ''));
  if (values.length + joined.length === 0) throw new InteractionFault('number_gone');
  const readings = [
    ...values.map((value) => reader.read(value)),
    ...joined.map((one) => reader.readParts(one.values, one.code)),
  ];
  const numbers = new Set(readings.map((reading) => (reading.kind === 'number' ? reading.number : null)));
  const [number] = numbers;
  if (numbers.size !== 1 || !number) throw new InteractionFault('number_unclear');
  return { number, writings: values.filter((value): value is string => typeof value === 'string') };
}

/** Is nothing left here of a number? */
function isErased(value: unknown): boolean {
  return isLeftBehind(String(value));
}
