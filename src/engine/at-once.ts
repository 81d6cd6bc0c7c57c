import type mongoose from 'mongoose';
import { recordKey } from '../lib/record-key.ts';
import { type Change, stillNeeds } from './change.ts';
import { collectionOf } from './collection.ts';
import { updateFailure } from './faults.ts';
import { type FoundFile, fileFieldsOf, findFiles, projectionOf } from './file-fields.ts';
import { allOf, type Filter } from './filter.ts';
import { scopeOf } from './owner.ts';
import type { NumberRule } from './plan.ts';
import { type ReadRecord, readAtOnce, rewriteAtOnce } from './read-at-once.ts';
import { selectAnywhere } from './selections.ts';
import { applyChange } from './store/apply.ts';
import type { Subject } from './subject.ts';

type Session = mongoose.mongo.ClientSession;

/** The records that an erasure at once will change, and their files. */
export interface Selection {
  /** Records by the collection's name in `erased`, each by its `recordKey`. A record found at two places is one. */
  readonly records: ReadonlyMap<string, ReadonlySet<string>>;
  readonly files: readonly FoundFile[];
  readonly parts: readonly SelectedPart[];
}

interface SelectedPart {
  readonly rule: NumberRule;
  readonly change: Change;
  readonly ids: readonly unknown[];
}

/** There are more records than may be changed at once. */
export class TooManyRecords extends Error {
  override readonly name = 'TooManyRecords';
}

/**
 * Finds, in a transaction, the records of a plan that an erasure would still change. Records with nothing left to erase
 * are left out.
 * @param limit records at most
 * @throws TooManyRecords; ErasureFailure `unsupported_type` for a reference to a file that cannot be read
 */
export async function selectAtOnce(
  db: mongoose.mongo.Db,
  rules: readonly NumberRule[],
  subject: Subject,
  limit: number,
  session: Session,
): Promise<Selection> {
  const seen = new Map<string, { name: string; id: string; files: FoundFile[] }>();
  const parts: SelectedPart[] = [];
  // In sequence: a transaction has one connection.
  for (const rule of rules) {
    const change = rule.change(subject);
    if (change.kind === 'update' && !rule.needsReading && change.fields.length + change.elements.length === 0) continue;
    const ids: unknown[] = [];
    for await (const { _id, files } of recordsOf(db, rule, subject, change, limit, session)) {
      const key = `${rule.entry.database}\0${rule.entry.collection}\0${recordKey(_id)}`;
      const known = seen.get(key)?.files ?? [];
      const found = files.filter(({ reference }) => known.every((one) => one.reference !== reference));
      seen.set(key, { name: rule.name, id: recordKey(_id), files: [...known, ...found] });
      ids.push(_id);
      if (seen.size > limit) throw new TooManyRecords('more records than may be changed at once');
    }
    if (ids.length > 0) parts.push({ rule, change, ids });
  }
  const records = new Map<string, Set<string>>();
  for (const { name, id } of seen.values()) records.set(name, (records.get(name) ?? new Set()).add(id));
  return { records, files: [...seen.values()].flatMap((one) => one.files), parts };
}

async function* recordsOf(
  db: mongoose.mongo.Db,
  rule: NumberRule,
  subject: Subject,
  change: Change,
  limit: number,
  session: Session,
): AsyncGenerator<ReadRecord> {
  if (rule.needsReading) {
    yield* readAtOnce(db, rule, subject, allOf(selectAnywhere(rule, subject), rule.only), session);
    return;
  }
  const fields = fileFieldsOf(rule.entry, change);
  const found = collectionOf(db, rule.entry, subject.account)
    .find(filterOf(rule, subject, change), { projection: projectionOf(fields), session })
    .limit(limit + 1);
  for await (const record of found) yield { _id: record._id, files: findFiles(record, fields) };
}

/**
 * Changes what was selected, in the same transaction.
 * @throws ErasureFailure `unsupported_type` for a value that is not of the shape the map promises
 */
export async function changeAtOnce(
  db: mongoose.mongo.Db,
  { parts }: Selection,
  subject: Subject,
  session: Session,
): Promise<void> {
  for (const { rule, change, ids } of parts) {
    const collection = collectionOf(db, rule.entry, subject.account);
    // The ids suffice: if anything else changes these records meanwhile, the transaction starts anew.
    const scope = scopeOf(rule.entry, subject.account);
    try {
      if (rule.needsReading) await rewriteAtOnce(db, rule, subject, ids, session);
      else if (change.kind === 'delete')
        await collection.deleteMany(allOf({ _id: { $in: [...ids] } } as Filter, scope), { session });
      else await applyChange(collection, scope, change, ids, rule.key, session);
    } catch (error) {
      throw updateFailure(error, rule);
    }
  }
}

function filterOf(rule: NumberRule, subject: Subject, change: Change): Filter {
  const found = allOf(selectAnywhere(rule, subject), rule.only);
  return change.kind === 'delete' ? found : allOf(found, stillNeeds(change));
}
