import type mongoose from 'mongoose';
import { ErasureFailure } from '../base/errors.ts';
import { createNumberMatcher } from '../phone/matcher.ts';
import { collectionOf } from './collection.ts';
import type { FoundFile } from './file-fields.ts';
import { allOf, type Filter } from './filter.ts';
import { scopeOf } from './owner.ts';
import type { NumberRule } from './plan.ts';
import { statementsWithin } from './rewrite/apply.ts';
import type { Rewrite } from './rewrite/edits.ts';
import { rewrite } from './rewrite/rewrite.ts';
import type { Subject } from './subject.ts';

type Db = mongoose.mongo.Db;
type Session = mongoose.mongo.ClientSession;
type Document = mongoose.mongo.Document;

/** A record that changes, and the files it refers to. */
export interface ReadRecord {
  readonly _id: unknown;
  readonly files: readonly FoundFile[];
}

/**
 * Finds, in a transaction, the records of a rule that have to be read before they are changed, and would change.
 * @param filter those that hold the number
 * @throws ErasureFailure for one of which something cannot be erased
 */
export async function* readAtOnce(
  db: Db,
  rule: NumberRule,
  subject: Subject,
  filter: Filter,
  session: Session,
): AsyncGenerator<ReadRecord> {
  const read = readerOf(rule, subject);
  // As the rewriter reads documents: no digit of an Int64 is lost.
  const found = collectionOf(db, rule.entry, subject.account).find(filter, { promoteLongs: false, session });
  for await (const document of found) {
    const { fate, files } = read(document);
    if (fate !== 'unchanged') yield { _id: document._id, files };
  }
}

/** Changes records that `readAtOnce` has found, in the same transaction. @throws what the database throws */
export async function rewriteAtOnce(
  db: Db,
  rule: NumberRule,
  subject: Subject,
  ids: readonly unknown[],
  session: Session,
): Promise<void> {
  const read = readerOf(rule, subject);
  const scope = scopeOf(rule.entry, subject.account);
  const collection = collectionOf(db, rule.entry, subject.account);
  const mine = allOf({ _id: { $in: [...ids] } } as Filter, scope);
  // Read again: by what another rule has made of them.
  const documents = await collection.find(mine, { promoteLongs: false, session }).toArray();
  const statements = documents.flatMap((document) => {
    const result = read(document);
    if (result.fate === 'unchanged') return [];
    return statementsWithin(document, result, scope);
  });
  if (statements.length > 0) await collection.bulkWrite(statements, { session });
}

function readerOf(rule: NumberRule, subject: Subject): (document: Document) => Rewrite {
  const matcher = createNumberMatcher([subject.number], subject.countries);
  const rules = rule.rewriteRules(subject.account);
  const words = new Map([[subject.number, subject]]);
  return (document) => {
    const result = rewrite(document, rules, words, matcher, subject.now);
    // Found by the index, and not by the reader: it must not be called erased.
    if (result.failures.length > 0 || result.found.length === 0) throw new ErasureFailure('unsupported_type', rule.key);
    return result;
  };
}
