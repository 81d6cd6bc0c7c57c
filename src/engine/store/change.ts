import type mongoose from 'mongoose';
import { isRecordFault, updateFailure } from '../faults.ts';
import { BY_ID, type Filter, type NumberRule, selectChangeable } from '../plan.ts';
import type { Subject } from '../subject.ts';
import { LARGE } from './joining.ts';

type Db = mongoose.mongo.Db;
type Statement = mongoose.mongo.AnyBulkWriteOperation<mongoose.mongo.Document>;

/** One call of a joined change. Calls of one change have their rule and their account in common. */
export interface ChangeCall {
  readonly rule: NumberRule;
  readonly statement: Statement;
}

/** Given back, not thrown: an error thrown would fail all calls that were joined. */
export interface Outcome {
  readonly failure?: unknown;
}

/** The statement that changes those of the records that still hold the number. */
export function statementFor(rule: NumberRule, subject: Subject, ids: readonly unknown[]): Statement {
  const filter = { _id: { $in: [...ids] }, ...selectChangeable(rule, subject), ...rule.only } as Filter;
  const change = rule.change(subject);
  if (change.kind === 'delete') return { deleteMany: { filter, hint: BY_ID } };
  const { update, arrayFilters } = change;
  return { updateMany: { filter, update, hint: BY_ID, ...(arrayFilters.length > 0 && { arrayFilters }) } };
}

/** Changes the records of several calls in one round trip. */
export async function changeJoined(db: Db, calls: readonly ChangeCall[]): Promise<Outcome[]> {
  const [first] = calls;
  if (!first) return [];
  try {
    await db.collection(first.rule.collection).bulkWrite(
      calls.map((call) => call.statement),
      { ordered: false },
    );
  } catch (error) {
    // A statement that one record refuses must not fail the others: each is tried again alone.
    if (calls.length === 1 || !isRecordFault(error)) throw updateFailure(error, first.rule);
    return Promise.all(calls.map((call) => changeAlone(db, call)));
  }
  return calls.map(() => ({}));
}

/** Runs a large change as two parallel streams. Parts never share a record, and we wait for both. */
export async function changeLarge(
  db: Db,
  rule: NumberRule,
  subject: Subject,
  ids: readonly unknown[],
): Promise<Outcome> {
  const parts = split(ids, LARGE);
  let outcome: Outcome = {};
  const stream = async () => {
    for (let next = parts.shift(); next; next = parts.shift()) {
      const { failure } = await changeAlone(db, { rule, statement: statementFor(rule, subject, next) });
      if (failure !== undefined) outcome = { failure };
    }
  };
  await Promise.all([stream(), stream()]);
  return outcome;
}

async function changeAlone(db: Db, { rule, statement }: ChangeCall): Promise<Outcome> {
  try {
    await db.collection(rule.collection).bulkWrite([statement], { ordered: false });
    return {};
  } catch (error) {
    return { failure: updateFailure(error, rule) };
  }
}

function split<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
