import type mongoose from 'mongoose';
import { collectionOf } from '../collection.ts';
import { allOf } from '../filter.ts';
import { throughArray } from '../map/paths.ts';
import type { NumberRule } from '../plan.ts';
import { selectChangeable } from '../selections.ts';
import type { Subject } from '../subject.ts';
import { groupCalls, joinSubjects, NEWEST, ownersOf } from './joining.ts';

type Document = mongoose.mongo.Document;
type Db = mongoose.mongo.Db;

/** One call of a joined search. Calls of one search have their rule and their account in common. */
export interface FindCall {
  readonly rule: NumberRule;
  readonly subject: Subject;
  readonly limit: number;
}

/** A joined search returns at most this many records. */
const MOST_RECORDS = 2_000;

/** @returns `_id`s of at most `limit` records that the rule would change */
export function findAlone(db: Db, { rule, subject, limit }: FindCall): Promise<unknown[]> {
  return collect<unknown>(db, rule, subject, limit, '$_id');
}

/**
 * A query for many numbers of an account, whose records are then sorted to the calls they belong to; several where the
 * numbers have very many writings.
 * @returns for each call what `findAlone` returns
 */
export async function findJoined(db: Db, calls: readonly FindCall[]): Promise<unknown[][]> {
  const [{ rule } = {}, ...others] = calls;
  // What several fields hold together says nothing by the value of one.
  if (rule === undefined || others.length === 0 || rule.joined)
    return Promise.all(calls.map((call) => findAlone(db, call)));
  const placed = calls.map((call) => ({ ...call, placed: rule.here(call.subject) }));
  const found = await Promise.all(groupCalls(placed).map((group) => findTogether(db, rule, group)));
  return found.flat();
}

interface PlacedCall extends FindCall {
  /** The subject as the place holds it. */
  readonly placed: Subject;
}

async function findTogether(db: Db, rule: NumberRule, calls: readonly PlacedCall[]): Promise<unknown[][]> {
  const [first, ...others] = calls.map((call) => call.placed);
  if (first === undefined || others.length === 0) return Promise.all(calls.map((call) => findAlone(db, call)));
  const joined = joinSubjects([first, ...others]);
  const limit = Math.min(
    calls.reduce((sum, call) => sum + call.limit, 0),
    MOST_RECORDS,
  );
  const records = await collect<HeldRecord>(db, rule, joined, limit, {
    id: '$_id',
    held: heldAt(rule, joined),
  });
  const { found, complete } = sortOut(records, [first, ...others]);
  const enough = complete && records.length < limit;
  return Promise.all(
    calls.map((call, index) => {
      const own = found[index] ?? [];
      // One number may have used up the shared limit. Ask again for the others: callers take a short result to mean
      // "no more".
      return enough || own.length >= call.limit ? own.slice(0, call.limit) : findAlone(db, call);
    }),
  );
}

interface HeldRecord {
  readonly id: unknown;
  readonly held?: unknown;
}

/** @returns the ids for each subject, and whether every record could be told to belong to all of its own */
function sortOut(records: readonly HeldRecord[], subjects: readonly Subject[]) {
  const ownersFor = ownersOf(subjects);
  const found: unknown[][] = subjects.map(() => []);
  let complete = true;
  for (const record of records) {
    const owners = [record.held].flat().map(ownersFor);
    // MongoDB matches 447700900123.0 by value, but our text forms do not list it, so we cannot tell whose it is.
    if (owners.length === 0 || owners.includes(undefined)) complete = false;
    for (const index of new Set(owners.flatMap((indexes) => indexes ?? []))) found[index]?.push(record.id);
  }
  return { found, complete };
}

/** Groups the results into one document: sending thousands of small ones costs more than finding them. */
async function collect<Item>(
  db: Db,
  rule: NumberRule,
  subject: Subject,
  limit: number,
  item: Document | string,
): Promise<Item[]> {
  const [all] = await collectionOf(db, rule.entry, subject.account)
    .aggregate<{ items: Item[] }>(
      [
        { $match: allOf(selectChangeable(rule, subject), rule.only) },
        { $limit: limit },
        { $group: { _id: null, items: { $push: item } } },
      ],
      NEWEST,
    )
    .toArray();
  return all?.items ?? [];
}

/**
 * The values by which a record was found: never a whole array, which holds other people's values, too. For nested
 * arrays MongoDB gives us nothing here, so those records are searched once per number.
 */
function heldAt(rule: NumberRule, subject: Subject): Document | string {
  // An expression of a template cannot be looked for by value: its records are searched once per number.
  const values = rule.here(subject).values.filter((value) => !(value instanceof RegExp));
  const path = `$${rule.path.dotted}`;
  return throughArray(rule.path) ? { $setIntersection: [path, { $literal: values }] } : path;
}
