import type mongoose from 'mongoose';
import { coalesce } from '../lib/coalesce.ts';
import { collectionOf } from './collection.ts';
import { allOf, type Filter } from './filter.ts';
import type { NumberRule, Wait } from './plan.ts';
import { selectAnywhere, selectDoubtful, selectUnreadable } from './selections.ts';
import { type ChangeCall, changeJoined, changeLarge, type Outcome } from './store/change.ts';
import { type FindCall, findAlone, findJoined } from './store/find.ts';
import { askJoined, LARGE, laneOf, MOST_JOINED, NEWEST } from './store/joining.ts';
import { lastDue } from './store/scheduled.ts';
import type { AccountValue, Subject } from './subject.ts';

type Db = mongoose.mongo.Db;

/** What the engine asks of the platform's collections. Calls of jobs that run side by side are joined. */
export interface RecordStore {
  /** `_id`s of at most `limit` records that hold the number where the rule looks. Fewer than `limit` mean "no more". */
  find(rule: NumberRule, subject: Subject, limit: number): Promise<unknown[]>;
  /**
   * Changes those of the records that still hold the number. Safe to repeat.
   * @throws ErasureFailure `unsupported_type`, `refused`
   */
  change(rule: NumberRule, subject: Subject, ids: readonly unknown[]): Promise<void>;
  /** Does a record hold the number, in whatever shape? What is newest counts, wherever it may lead. */
  holds(rule: NumberRule, subject: Subject): Promise<boolean>;
  /**
   * Does a record remain that holds the number, in whatever shape? Asked twice: of what is newest on the primary, as a
   * majority may lag behind it; and of the majority, as what is newest may be undone.
   */
  remains(rule: NumberRule, subject: Subject): Promise<boolean>;
  /**
   * How many records of one collection an erasure by these rules would change in the end, scheduled ones included.
   * @param also a further condition on the records
   * @throws TypeError for rules of several collections, or none
   */
  count(rules: readonly NumberRule[], subject: Subject, also?: Filter): Promise<number>;
  /** Is there a record on the account whose number field no query by number can see? */
  isUnreadable(rule: NumberRule, account: AccountValue): Promise<boolean>;
  /** Does a record hold what may be the number, and another's, where the map does not say what becomes of that? */
  isDoubtful(rule: NumberRule, subject: Subject): Promise<boolean>;
  /** When the last of the scheduled messages is due; null when there is none. A due time that is no date counts as now. */
  lastScheduled(wait: Wait, subject: Subject): Promise<Date | null>;
}

/** @param db the platform's database */
export function createRecordStore(db: Db): RecordStore {
  const find = coalesce<FindCall, unknown[]>((_lane, calls) => findJoined(db, calls), MOST_JOINED);
  const change = coalesce<ChangeCall, Outcome>((_lane, calls) => changeJoined(db, calls), MOST_JOINED);
  const holds = coalesce<LookCall, boolean>((_lane, calls) => holdsJoined(db, calls, NEWEST), MOST_JOINED);
  const remains = coalesce<LookCall, boolean>(async (_lane, calls) => {
    const newest = await holdsJoined(db, calls, NEWEST);
    return newest.some(Boolean) ? newest : holdsJoined(db, calls, {});
  }, MOST_JOINED);
  const doubtful = coalesce<LookCall, boolean>((_lane, calls) => doubtfulJoined(db, calls), MOST_JOINED);
  const unreadable = coalesce<PlaceCall, boolean>((_lane, calls) => unreadableJoined(db, calls), Infinity);
  const scheduled = coalesce<WaitCall, Date | null>((_lane, calls) => scheduledJoined(db, calls), MOST_JOINED);
  return {
    find: (rule, subject, limit) =>
      limit > LARGE
        ? findAlone(db, { rule, subject, limit })
        : find(laneOf(rule.key, subject.account), { rule, subject, limit }),
    async change(rule, subject, ids) {
      const { failure } =
        ids.length > LARGE
          ? await changeLarge(db, { rule, subject, ids })
          : await change(laneOf(rule.key, subject.account), { rule, subject, ids });
      if (failure !== undefined) throw failure;
    },
    holds: (rule, subject) => holds(laneOf(rule.key, subject.account), { rule, subject }),
    remains: (rule, subject) => remains(laneOf(rule.key, subject.account), { rule, subject }),
    count: (rules, subject, also) => countRecords(db, rules, subject, also),
    isUnreadable: (rule, account) => unreadable(laneOf(rule.key, account), { rule, account }),
    isDoubtful: (rule, subject) => doubtful(laneOf(rule.key, subject.account), { rule, subject }),
    lastScheduled: (wait, subject) =>
      scheduled(laneOf(`${wait.name}.${wait.joined?.parts ?? wait.path.dotted}`, subject.account), { wait, subject }),
  };
}

interface LookCall {
  readonly rule: NumberRule;
  readonly subject: Subject;
}

interface PlaceCall {
  readonly rule: NumberRule;
  readonly account: AccountValue;
}

interface WaitCall {
  readonly wait: Wait;
  readonly subject: Subject;
}

async function holdsJoined(
  db: Db,
  calls: readonly LookCall[],
  concern: mongoose.mongo.FindOptions,
): Promise<boolean[]> {
  const [first] = calls;
  if (!first) return [];
  const { rule } = first;
  const look = async (subject: Subject) => {
    const filter = allOf(selectAnywhere(rule, subject), rule.only);
    const collection = collectionOf(db, rule.entry, subject.account);
    return (await collection.findOne(filter, { projection: { _id: 1 }, ...concern })) !== null;
  };
  return askJoined(
    calls.map((call) => call.subject),
    look,
    false,
    rule.joined ? null : rule.here,
  );
}

async function doubtfulJoined(db: Db, calls: readonly LookCall[]): Promise<boolean[]> {
  const [first] = calls;
  if (!first) return [];
  const { rule } = first;
  const isThere = async (filter: Filter | null) => {
    if (filter === null) return false;
    const collection = collectionOf(db, rule.entry, first.subject.account);
    return (await collection.findOne(allOf(filter, rule.only), { projection: { _id: 1 }, ...NEWEST })) !== null;
  };
  const doubtfulOf = (subject: Subject) => ({ ...subject, values: subject.doubtful, isPlaced: true });
  return askJoined(
    calls.map((call) => call.subject),
    async (subject) => {
      if (!subject.isPlaced) return isThere(selectDoubtful(rule, subject));
      return subject.values.length > 0 && isThere(selectDoubtful(rule, { ...subject, doubtful: subject.values }));
    },
    false,
    rule.joined ? null : doubtfulOf,
  );
}

/** The answer does not depend on the number: all calls have one place and one account in common. */
async function unreadableJoined(db: Db, calls: readonly PlaceCall[]): Promise<boolean[]> {
  const [first] = calls;
  if (!first) return [];
  const record = await collectionOf(db, first.rule.entry, first.account).findOne(
    selectUnreadable(first.rule, first.account),
    { projection: { _id: 1 }, ...NEWEST },
  );
  return calls.map(() => record !== null);
}

async function scheduledJoined(db: Db, calls: readonly WaitCall[]): Promise<(Date | null)[]> {
  const [first] = calls;
  if (!first) return [];
  return askJoined(
    calls.map((call) => call.subject),
    (subject) => lastDue(db, first.wait, subject),
    null,
    first.wait.joined ? null : first.wait.here,
  );
}

async function countRecords(
  db: Db,
  rules: readonly NumberRule[],
  subject: Subject,
  also: Filter | undefined,
): Promise<number> {
  const [first] = rules;
  if (!first || rules.some((rule) => rule.name !== first.name))
    throw new TypeError('the rules of one collection are needed');
  // A record that holds the number at two places is one record.
  const places = rules.map((rule) => allOf(selectAnywhere(rule, subject), rule.suppression ? rule.only : {}));
  const filter = also ? allOf({ $or: places } as Filter, also) : { $or: places };
  return collectionOf(db, first.entry, subject.account).countDocuments(filter);
}
