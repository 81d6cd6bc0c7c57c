import type mongoose from 'mongoose';
import { isDuplicateKey } from '../../base/db/faults.ts';
import { laneOf } from '../../engine/store/joining.ts';
import type { Subject } from '../../engine/subject.ts';
import { byNumber, byToken, type List } from './list.ts';

type Session = mongoose.mongo.ClientSession;

/** What becomes of a number on the list when its erasure ends. */
export interface Settlement {
  readonly subject: Subject;
  readonly tokens: readonly string[];
  /** It stays suppressed. */
  readonly keep: boolean;
}

/** What a settlement needs of the list. */
interface ListWrites {
  add(subject: Subject, tokens: readonly string[], now: Date, session: Session): Promise<void>;
  has(subject: Subject, tokens: readonly string[], session?: Session): Promise<boolean>;
}

/**
 * @param list as the data map describes it
 * @returns the function that settles the ends of erasures: those of one transaction share their statements
 */
export function createSettle(
  list: List,
  { add, has }: ListWrites,
): (items: readonly Settlement[], session: Session) => Promise<void> {
  const { collection, entry } = list;
  // If the platform's unique index forbids a second row without a number, store the token in the number field.
  let mayBeBare = true;
  const rowsOf = ({ subject, tokens }: Settlement) => byToken(entry, subject, tokens);
  const withoutNumber = ({ subject }: Settlement) =>
    mayBeBare
      ? { $unset: { ...list.others, [list.numberPath]: '' }, $set: list.reason }
      : { $unset: list.others, $set: { ...list.reason, [list.numberPath]: subject.token } };
  const leaving = (item: Settlement) => ({ updateMany: { filter: rowsOf(item), update: withoutNumber(item) } });
  const write = async (statements: mongoose.mongo.AnyBulkWriteOperation[], session: Session) => {
    if (statements.length === 0) return;
    try {
      await collection.bulkWrite(statements, { session });
    } catch (error) {
      if (isDuplicateKey(error)) mayBeBare = false;
      throw error;
    }
  };

  return async (items, session) => {
    const staying = items.filter(({ keep }) => keep);
    const taken = items.filter(({ keep }) => !keep).map((item) => ({ deleteMany: { filter: rowsOf(item) } }));
    await write(list.keepsNumber ? taken : [...taken, ...staying.map(leaving)], session);
    const missing = list.keepsNumber
      ? await withoutNumberOn(has, staying, session)
      : await withoutRow(list, staying, session);
    for (const { subject, tokens } of missing) await add(subject, tokens, subject.now, session);
    if (!list.keepsNumber) return write(missing.map(leaving), session);
    if (!list.hasFields) return;
    const update = { $unset: list.others, $set: list.reason };
    const all = staying.flatMap((item) => [rowsOf(item), byNumber(list, item.subject)]);
    await write(
      all.map((filter) => ({ updateMany: { filter, update } })),
      session,
    );
  };
}

/** Those that are on the list neither as themselves nor as tokens. */
async function withoutNumberOn(
  has: ListWrites['has'],
  items: readonly Settlement[],
  session: Session,
): Promise<Settlement[]> {
  const missing: Settlement[] = [];
  // One after the other: a session has one operation at a time.
  for (const item of items) if (!(await has(item.subject, item.tokens, session))) missing.push(item);
  return missing;
}

/** Those that were taken off the list meanwhile: no row has one of their tokens. */
async function withoutRow(
  { collection, entry }: List,
  items: readonly Settlement[],
  session: Session,
): Promise<Settlement[]> {
  const byAccount = new Map<string, Settlement[]>();
  for (const item of items) {
    const lane = laneOf('', item.subject.account);
    byAccount.set(lane, [...(byAccount.get(lane) ?? []), item]);
  }
  const missing: Settlement[] = [];
  for (const [first, ...others] of byAccount.values()) {
    if (first === undefined) continue;
    const own = [first, ...others];
    const tokens = own.flatMap((item) => item.tokens);
    const rows = await collection
      .find(byToken(entry, first.subject, tokens), { projection: { _id: 0, token: 1 }, session })
      .toArray();
    const there = new Set(rows.map(({ token }) => token));
    missing.push(...own.filter((item) => !item.tokens.some((token) => there.has(token))));
  }
  return missing;
}
