import type mongoose from 'mongoose';
import { inTransaction } from '../../base/db/transaction.ts';
import { ErasureFailure } from '../../base/errors.ts';
import { createNumberMatcher } from '../../phone/matcher.ts';
import { collectionOf } from '../collection.ts';
import { allOf, type Filter } from '../filter.ts';
import { scopeOf } from '../owner.ts';
import { BY_ID, type NumberRule } from '../plan.ts';
import { statementsFor } from '../rewrite/apply.ts';
import { applyEdits } from '../rewrite/outcome.ts';
import { rewrite } from '../rewrite/rewrite.ts';
import type { Subject } from '../subject.ts';

type Document = mongoose.mongo.Document;

/** As the rewriter reads documents: no digit of an Int64 is lost. */
const EXACT = { promoteLongs: false, hint: BY_ID } as const;

/**
 * Changes records that have to be read first: each is written only as long as it is what was read. One that has changed
 * meanwhile is found again.
 * @param filter which of the records still hold the number
 * @throws ErasureFailure `unsupported_type` for a record of which something cannot be erased, after all others
 */
export async function rewriteRecords(
  db: mongoose.mongo.Db,
  rule: NumberRule,
  subject: Subject,
  ids: readonly unknown[],
  filter: Filter,
): Promise<void> {
  const collection = collectionOf(db, rule.entry, subject.account);
  const scope = scopeOf(rule.entry, subject.account);
  const matcher = createNumberMatcher([subject.number], subject.countries);
  const rules = rule.rewriteRules(subject.account);
  const read = (document: Document) =>
    rewrite(document, rules, new Map([[subject.number, subject]]), matcher, subject.now);
  const mine = allOf({ _id: { $in: [...ids] } } as Filter, filter);
  let unable = false;
  const whole: unknown[] = [];
  const statements: mongoose.mongo.AnyBulkWriteOperation<Document>[] = [];
  for (const document of await collection.find(mine, EXACT).toArray()) {
    const result = read(document);
    // Found by the index, and not by the reader: it must not be called erased.
    unable ||= result.fate === 'unchanged' || result.failures.length > 0;
    const made = statementsFor(document, result, scope);
    if (made === null) whole.push(document._id);
    else statements.push(...made);
  }
  if (statements.length > 0) await collection.bulkWrite(statements, { ordered: false });
  for (const id of whole)
    await inTransaction(db, async (session) => {
      const itself = allOf({ _id: id } as Filter, filter);
      const document = await collection.findOne(itself, { ...EXACT, session });
      if (document !== null) await collection.replaceOne(itself, applyEdits(document, read(document)), { session });
    });
  if (unable) throw new ErasureFailure('unsupported_type', rule.key);
}
