import type mongoose from 'mongoose';
import { ErasureFailure } from '../../base/errors.ts';
import { collectionOf } from '../collection.ts';
import { isRecordFault, updateFailure } from '../faults.ts';
import { allOf, type Filter } from '../filter.ts';
import { scopeOf } from '../owner.ts';
import { BY_ID, type NumberRule } from '../plan.ts';
import { selectChangeable } from '../selections.ts';
import type { Subject } from '../subject.ts';
import { classify, isBarred, narrowClasses, type ShapeClass, statementsFor } from './apply.ts';
import { LARGE } from './joining.ts';
import { rewriteRecords } from './rewrite-records.ts';

type Db = mongoose.mongo.Db;
type Statement = mongoose.mongo.AnyBulkWriteOperation<mongoose.mongo.Document>;

/** One call of a joined change. Calls of one change have their rule and their account in common. */
export interface ChangeCall {
  readonly rule: NumberRule;
  readonly subject: Subject;
  readonly ids: readonly unknown[];
}

/** Given back, not thrown: an error thrown would fail all calls that were joined. */
export interface Outcome {
  readonly failure?: unknown;
}

/** Changes the records of several calls: one query for their shapes, and one round trip for the changes. */
export async function changeJoined(db: Db, calls: readonly ChangeCall[]): Promise<Outcome[]> {
  const [first] = calls;
  if (!first) return [];
  const { rule } = first;
  const collection = collectionOf(db, rule.entry, first.subject.account);
  // Before anything is asked: a filter made from nothing must not come that far.
  const filters = calls.map((call) => allOf(selectChangeable(call.rule, call.subject), call.rule.only));
  if (rule.needsReading) return Promise.all(calls.map((call, index) => rewriteAlone(db, call, filters[index] ?? {})));
  const classes = await classesOf(collection, calls);
  const parts = calls.map((call, index) =>
    partOf(call, filters[index] ?? {}, calls.length > 1 ? narrowClasses(classes, call.ids) : classes),
  );
  const statements = parts.flatMap((part) => part.statements);
  try {
    if (statements.length > 0) await collection.bulkWrite(statements, { ordered: parts.some((part) => part.ordered) });
  } catch (error) {
    // A statement that one record refuses must not fail the others: each is tried again alone.
    if (calls.length === 1 || !isRecordFault(error)) throw updateFailure(error, rule);
    return Promise.all(calls.map((call) => changeAlone(db, call)));
  }
  return parts.map(({ barred }) => (barred ? { failure: new ErasureFailure('unsupported_type', rule.key) } : {}));
}

/** Runs a large change as two parallel streams. Parts never share a record, and we wait for both. */
export async function changeLarge(db: Db, { rule, subject, ids }: ChangeCall): Promise<Outcome> {
  const parts = split(ids, LARGE);
  let outcome: Outcome = {};
  const stream = async () => {
    for (let next = parts.shift(); next; next = parts.shift()) {
      const { failure } = await changeAlone(db, { rule, subject, ids: next });
      if (failure !== undefined) outcome = { failure };
    }
  };
  await Promise.all([stream(), stream()]);
  return outcome;
}

async function rewriteAlone(db: Db, { rule, subject, ids }: ChangeCall, filter: Filter): Promise<Outcome> {
  try {
    await rewriteRecords(db, rule, subject, ids, filter);
    return {};
  } catch (error) {
    return { failure: updateFailure(error, rule) };
  }
}

async function changeAlone(db: Db, call: ChangeCall): Promise<Outcome> {
  try {
    const [outcome = {}] = await changeJoined(db, [call]);
    return outcome;
  } catch (error) {
    return { failure: updateFailure(error, call.rule) };
  }
}

/** What the fields hold does not depend on the number: one query serves all calls. */
async function classesOf(
  collection: mongoose.mongo.Collection,
  calls: readonly ChangeCall[],
): Promise<readonly ShapeClass[]> {
  const [first] = calls;
  if (!first) return [];
  const ids = calls.flatMap((call) => call.ids);
  const change = first.rule.change(first.subject);
  if (change.kind === 'delete') return [{ letters: '', ids }];
  return classify(collection, scopeOf(first.rule.entry, first.subject.account), change, ids);
}

interface Part {
  readonly statements: readonly Statement[];
  readonly ordered: boolean;
  readonly barred: boolean;
}

function partOf({ rule, subject, ids }: ChangeCall, filter: Filter, classes: readonly ShapeClass[]): Part {
  const change = rule.change(subject);
  if (change.kind === 'delete') {
    const mine = allOf({ _id: { $in: [...ids] } } as Filter, filter);
    return { statements: [{ deleteMany: { filter: mine, hint: BY_ID } }], ordered: false, barred: false };
  }
  return {
    statements: statementsFor(filter, change, classes),
    ordered: change.elements.length > 0,
    barred: classes.some(isBarred),
  };
}

function split<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
