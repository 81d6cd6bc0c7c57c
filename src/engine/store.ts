import type mongoose from 'mongoose';
import { ErasureFailure } from '../base/errors.ts';
import { coalesce } from '../lib/coalesce.ts';
import { throughArray, valueAt } from './map/paths.ts';
import {
  BY_ID,
  type Filter,
  type NumberRule,
  selectAnywhere,
  selectChangeable,
  selectUnreadable,
  type Wait,
} from './plan.ts';
import type { AccountValue, Subject } from './subject.ts';

type Document = mongoose.mongo.Document;
type Id = unknown;
type Db = mongoose.mongo.Db;
type UpdateStatement = mongoose.mongo.AnyBulkWriteOperation<Document>;

/** What the engine asks of the platform's collections. Calls of jobs that run side by side are joined. */
export interface RecordStore {
  /** `_id`s of at most `limit` records that hold the number where the rule looks. */
  find(rule: NumberRule, subject: Subject, limit: number): Promise<Id[]>;
  /** Changes those of the records that still hold the number. Safe to repeat. @throws ErasureFailure `unsupported_type` */
  change(rule: NumberRule, subject: Subject, ids: readonly Id[]): Promise<void>;
  /** Is a record left that holds the number, in whatever shape? */
  remains(rule: NumberRule, subject: Subject): Promise<boolean>;
  /** How many records of one collection an erasure by these rules would change in the end, pending ones included. */
  count(rules: readonly NumberRule[], subject: Subject): Promise<number>;
  /** Is there a record on the account whose number field no query by number can see? */
  isUnreadable(rule: NumberRule, account: AccountValue): Promise<boolean>;
  /** When the last of the pending records is due; null when nothing is pending. A due time that is no date counts as now. */
  lastScheduled(wait: Wait, subject: Subject): Promise<Date | null>;
}

const JOINED_AT_MOST = 64;
/** Records that a search or a change may be about and still be joined with others, and records that joined searches bring. */
const JOINED_LIMIT = 500;
const JOINED_RECORDS = 2_000;
/** Update errors that say "this value is not of the shape the map promised". */
const SHAPE_ERRORS = new Set([2, 14, 28, 16837]);
/** A unique index or a validator of the platform's that what is written breaks. */
const REFUSALS = new Set([11000, 121]);
const RECORD_ERRORS = new Set([...SHAPE_ERRORS, ...REFUSALS]);

/** @param db the platform's database */
export function createRecordStore(db: Db): RecordStore {
  // `7` and `'7'` are two accounts.
  const laneOf = (place: string, account: AccountValue) => `${place}\0${typeof account}\0${String(account)}`;

  // One query for many numbers of an account.
  const findJoined = coalesce<{ rule: NumberRule; subject: Subject; limit: number }, Id[]>(async (_key, items) => {
    const [first] = items;
    if (!first) return [];
    const { rule } = first;
    if (items.length === 1) return [await findOne(rule, first.subject, first.limit)];
    const wished = items.reduce((sum, item) => sum + item.limit, 0);
    const limit = Math.min(wished, JOINED_RECORDS);
    const joined = { ...first.subject, values: items.flatMap((item) => item.subject.values) };
    const records = await collect<{ id: Id; held?: unknown }>(rule, joined, limit, {
      id: '$_id',
      held: heldAt(rule, joined),
    });
    const owners = ownersOf(items.map((item) => item.subject));
    const found: Id[][] = items.map(() => []);
    let sorted = true;
    for (const record of records) {
      const values = [record.held].flat();
      const indexes = values.flatMap((value) => owners.get(ownerKey(value)) ?? []);
      // `447700900123.0` is the number too, and no writing of it that is known here.
      if (indexes.length === 0 || values.some((value) => !owners.has(ownerKey(value)))) sorted = false;
      for (const index of new Set(indexes)) found[index]?.push(record.id);
    }
    if (sorted && records.length < limit) return found.map((ids, index) => ids.slice(0, items[index]?.limit));
    // The records of one may have filled the answer, and finding fewer than asked for means that there are no more.
    return Promise.all(
      items.map(({ subject, limit: wanted }, index) => {
        const own = found[index] ?? [];
        return own.length >= wanted ? own.slice(0, wanted) : findOne(rule, subject, wanted);
      }),
    );
  }, JOINED_AT_MOST);

  const findOne = (rule: NumberRule, subject: Subject, limit: number) => collect<Id>(rule, subject, limit, '$_id');

  /** What the records a rule finds come to, as one document: a thousand small ones cost more than the search itself. */
  const collect = async <Item>(rule: NumberRule, subject: Subject, limit: number, item: Document | string) => {
    const [all] = await db
      .collection(rule.collection)
      .aggregate<{ items: Item[] }>([
        { $match: { ...selectChangeable(rule, subject), ...rule.only } },
        { $limit: limit },
        { $group: { _id: null, items: { $push: item } } },
      ])
      .toArray();
    return all?.items ?? [];
  };

  // Gives an outcome for each: what is thrown here would fail them all.
  const changeJoined = coalesce<{ rule: NumberRule; statement: UpdateStatement }, { failure?: unknown }>(
    async (_key, items) => {
      const [first] = items;
      if (!first) return [];
      try {
        await db.collection(first.rule.collection).bulkWrite(
          items.map((item) => item.statement),
          { ordered: false },
        );
      } catch (error) {
        // A statement that one record refuses must not fail the others: each is tried again alone.
        if (items.length === 1 || !isAbout(error, RECORD_ERRORS)) throw shapeFailure(error, first.rule);
        return Promise.all(items.map((item) => changeAlone(item.rule, item.statement)));
      }
      return items.map(() => ({}));
    },
    JOINED_AT_MOST,
  );

  /** The database works on a large batch with two hands: the parts have no record in common, and none is left under way. */
  const changeInParts = async (rule: NumberRule, statements: UpdateStatement[]): Promise<{ failure?: unknown }> => {
    let outcome: { failure?: unknown } = {};
    const hand = async () => {
      for (let next = statements.shift(); next; next = statements.shift()) {
        const { failure } = await changeAlone(rule, next);
        if (failure !== undefined) outcome = { failure };
      }
    };
    await Promise.all([hand(), hand()]);
    return outcome;
  };

  const changeAlone = async (rule: NumberRule, statement: UpdateStatement): Promise<{ failure?: unknown }> => {
    try {
      await db.collection(rule.collection).bulkWrite([statement], { ordered: false });
      return {};
    } catch (error) {
      return { failure: shapeFailure(error, rule) };
    }
  };

  const remainsJoined = coalesce<{ rule: NumberRule; subject: Subject }, boolean>(async (_key, items) => {
    const [first] = items;
    if (!first) return [];
    const any = (subject: Subject) =>
      db
        .collection(first.rule.collection)
        .findOne({ ...selectAnywhere(first.rule, subject), ...first.rule.only }, { projection: { _id: 1 } });
    if (items.length > 1) {
      const joined = { ...first.subject, values: items.flatMap((item) => item.subject.values) };
      if ((await any(joined)) === null) return items.map(() => false);
    }
    return Promise.all(items.map(async (item) => (await any(item.subject)) !== null));
  }, JOINED_AT_MOST);

  const isUnreadableJoined = coalesce<{ rule: NumberRule; account: AccountValue }, boolean>(async (_key, items) => {
    const [first] = items;
    if (!first) return [];
    const record = await db
      .collection(first.rule.collection)
      .findOne(selectUnreadable(first.rule, first.account), { projection: { _id: 1 } });
    return items.map(() => record !== null);
  }, Number.POSITIVE_INFINITY);

  const lastScheduledJoined = coalesce<{ wait: Wait; subject: Subject }, Date | null>(async (_key, items) => {
    const [first] = items;
    if (!first) return [];
    const { wait } = first;
    const latest = async (subject: Subject): Promise<Date | null> => {
      const [record] = await db
        .collection(wait.collection)
        .find({ ...selectAnywhere(wait, subject), ...wait.scheduled }, { projection: { _id: 0, [wait.at]: 1 } })
        .sort({ [wait.at]: -1 })
        .limit(1)
        .toArray();
      return record === undefined ? null : toDate(valueAt(record, wait.at));
    };
    if (items.length > 1) {
      const joined = { ...first.subject, values: items.flatMap((item) => item.subject.values) };
      if ((await latest(joined)) === null) return items.map(() => null);
    }
    return Promise.all(items.map((item) => latest(item.subject)));
  }, JOINED_AT_MOST);

  return {
    // Who asks for many has most of them: the others would wait for records that are not theirs.
    find: (rule, subject, limit) =>
      limit > JOINED_LIMIT
        ? findOne(rule, subject, limit)
        : findJoined(laneOf(rule.key, subject.account), { rule, subject, limit }),
    async change(rule, subject, ids) {
      const held: Filter = { ...selectChangeable(rule, subject), ...rule.only };
      const change = rule.change(subject);
      const statementFor = (some: readonly Id[]): UpdateStatement => {
        const filter = { _id: { $in: [...some] }, ...held } as Filter;
        if (change.kind === 'delete') return { deleteMany: { filter, hint: BY_ID } };
        const { update, arrayFilters } = change;
        return { updateMany: { filter, update, hint: BY_ID, ...(arrayFilters.length > 0 && { arrayFilters }) } };
      };
      // What is large would keep the others waiting, as it does when it is searched for.
      const { failure } =
        ids.length > JOINED_LIMIT
          ? await changeInParts(rule, split(ids, JOINED_LIMIT).map(statementFor))
          : await changeJoined(laneOf(rule.key, subject.account), { rule, statement: statementFor(ids) });
      if (failure !== undefined) throw failure;
    },
    remains: (rule, subject) => remainsJoined(laneOf(rule.key, subject.account), { rule, subject }),
    async count(rules, subject) {
      const [first] = rules;
      if (!first || rules.some((rule) => rule.collection !== first.collection))
        throw new TypeError('the rules of one collection are needed');
      // A record that holds the number at two places is one record.
      const places = rules.map((rule) => ({
        ...selectAnywhere(rule, subject),
        ...(rule.suppression && rule.only),
      }));
      return db.collection(first.collection).countDocuments({ $or: places });
    },
    isUnreadable: (rule, account) => isUnreadableJoined(laneOf(rule.key, account), { rule, account }),
    lastScheduled: (wait, subject) =>
      lastScheduledJoined(laneOf(`${wait.name}.${wait.path.dotted}`, subject.account), { wait, subject }),
  };
}

function split<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/**
 * The values by which a record was found: never the whole of an array, which holds other people's beside them. Inside
 * of nested arrays that is nothing, and such a record is looked up for each subject.
 */
function heldAt(rule: NumberRule, { values }: Subject): Document | string {
  const path = `$${rule.path.dotted}`;
  return throughArray(rule.path) ? { $setIntersection: [path, { $literal: values }] } : path;
}

/** Which of the subjects a stored value belongs to. */
function ownersOf(subjects: readonly Subject[]): Map<string, number[]> {
  const owners = new Map<string, number[]>();
  subjects.forEach((subject, index) => {
    for (const value of subject.values) {
      const key = ownerKey(value);
      const list = owners.get(key) ?? [];
      if (!list.includes(index)) owners.set(key, [...list, index]);
    }
  });
  return owners;
}

/** The text `2079460123` is one person's number, and the integer another's whose zero it lost. */
function ownerKey(value: unknown): string {
  return `${typeof value === 'string' ? 'text' : 'number'} ${String(value)}`;
}

function toDate(value: unknown): Date {
  if (value instanceof Date) return value;
  const number =
    typeof value === 'string'
      ? Date.parse(value)
      : typeof value === 'number'
        ? value * (value < 1e11 ? 1000 : 1)
        : Number.NaN;
  return Number.isNaN(number) ? new Date() : new Date(number);
}

function isAbout(error: unknown, wanted: ReadonlySet<number>): boolean {
  const codes = [
    (error as { code?: unknown }).code,
    ...((error as { writeErrors?: { code?: unknown }[] }).writeErrors ?? []).map((one) => one.code),
  ];
  return codes.some((code) => typeof code === 'number' && wanted.has(code));
}

/** What to throw for an error of an update: one that a record is to blame for is a failure of its own. */
export function shapeFailure(error: unknown, rule: { readonly key: string }): unknown {
  if (isAbout(error, SHAPE_ERRORS)) return new ErasureFailure('unsupported_type', rule.key);
  return isAbout(error, REFUSALS) ? new ErasureFailure('refused', rule.key) : error;
}
