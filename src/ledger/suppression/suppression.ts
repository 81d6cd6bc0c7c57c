import mongoose from 'mongoose';
import { isDuplicateKey } from '../../base/db/faults.ts';
import { TOKEN_SHAPE } from '../../base/keys/token.ts';
import { allOf } from '../../engine/filter.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import { ownerFilter } from '../../engine/owner.ts';
import { type AccountValue, assertAccount, type Subject } from '../../engine/subject.ts';
import { nest } from '../../lib/nest.ts';
import { byNumber, byToken, isToken, type List, readList, SUPPRESSION_REASON } from './list.ts';
import { createSettle, type Settlement } from './settle.ts';

const { EJSON } = mongoose.mongo.BSON;

type Db = mongoose.mongo.Db;
type Session = mongoose.mongo.ClientSession;

/** The list of numbers that must not be written to: the platform's own collection, as the data map names it. */
export interface Suppressions {
  /** The map says the platform itself reads numbers from its list: a number that stays suppressed stays as itself. */
  readonly keepsNumber: boolean;
  /** Puts the number on the list, as itself, until the erasure completes. */
  add(subject: Subject, tokens: readonly string[], now: Date, session: Session): Promise<void>;
  /**
   * The same where the platform's own index lets no number stand on the list twice: its row becomes Lethe's.
   * @returns false: the number is not on the list
   */
  claimPlatformRow(subject: Subject, tokens: readonly string[], session: Session): Promise<boolean>;
  /** Is the number on the list, as itself or as a token? */
  has(subject: Subject, tokens: readonly string[], session?: Session): Promise<boolean>;
  /** Puts the subject's token in the place of its former ones. @throws a duplicate key error when it has two rows */
  renewToken(subject: Subject, tokens: readonly string[], session: Session): Promise<void>;
  /** Is a tombstone of the number on the list? */
  hasToken(subject: Subject, tokens: readonly string[]): Promise<boolean>;
  /**
   * Puts a number on the list of which nothing is known but its token.
   * @returns false: it is there
   */
  addToken(account: AccountValue, token: string, now: Date): Promise<boolean>;
  /**
   * How the number stands on the list, before a request puts it there.
   * @param seal closes what a row of the platform's held at Lethe's fields
   */
  look(
    subject: Subject,
    tokens: readonly string[],
    seal: (text: string) => string,
    session: Session,
  ): Promise<SuppressedBefore>;
  /** The end of a request that is called off: the number stands on the list as it did before. @param open undoes `seal` */
  restore(
    subject: Subject,
    tokens: readonly string[],
    before: SuppressedBefore,
    open: (sealed: string) => string,
    session: Session,
  ): Promise<void>;
  /**
   * The ends of erasures: a number leaves its row, or the row leaves the list. A number that is to stay suppressed and
   * was taken off the list meanwhile is put on it again.
   * @throws a duplicate key error the first time the list lets no second row be without a number: try once more
   */
  settle(items: readonly Settlement[], session: Session): Promise<void>;
}

/**
 * How a number stood on the list when it was asked to be forgotten: a request that is called off leaves that.
 * - `absent`: under no token of Lethe's. A row of the platform's own may become Lethe's: `row` is what of it, sealed
 * - `tombstone`, `token`: without the number, or with the token in its place
 * - `listed`: with the number, under a token
 */
export interface SuppressedBefore {
  readonly was: 'absent' | 'tombstone' | 'token' | 'listed';
  readonly row?: string;
}

export function createSuppressions(db: Db, map: DataMap): Suppressions {
  const list = readList(db, map);
  const { entry, collection } = list;
  const put = putOn(list);
  const isThere = async (filter: mongoose.mongo.Document, session?: Session) =>
    (await collection.findOne(filter, { projection: { _id: 1 }, ...(session && { session }) })) !== null;
  const has: Suppressions['has'] = async (subject, tokens, session) => {
    const [tombstone, itself] = [byToken(entry, subject, tokens), byNumber(list, subject)];
    // A session has one operation at a time.
    if (session) return (await isThere(tombstone, session)) || isThere(itself, session);
    return (await Promise.all([isThere(tombstone), isThere(itself)])).some(Boolean);
  };
  return {
    keepsNumber: list.keepsNumber,
    add: put,
    has,
    async renewToken(subject, tokens, session) {
      await collection.updateMany(byToken(entry, subject, tokens), { $set: { token: subject.token } }, { session });
    },
    ...createUndo(list),
    hasToken: async (subject, tokens) => isThere(byToken(entry, subject, tokens)),
    async claimPlatformRow(subject, tokens, session) {
      const withoutToken = allOf(byNumber(list, subject), { token: { $not: TOKEN_SHAPE } });
      // Under a token of an earlier request, beside the platform's own row: on the list twice over.
      if (await isThere(byToken(entry, subject, tokens), session)) return true;
      const own = await collection.updateOne(
        withoutToken,
        { $set: { token: subject.token, masked: subject.masked } },
        { session },
      );
      return own.matchedCount === 1;
    },
    addToken: putTokenOn(list),
    settle: createSettle(list, { add: put, has }),
  };
}

function putOn({ collection, entry, numberPath }: List): Suppressions['add'] {
  return async (subject, tokens, now, session) => {
    const row = { [numberPath]: subject.number, masked: subject.masked };
    // Not an upsert: one that is repeated within a transaction may break the unique index (CVE-2025-10060).
    const there = await collection.updateOne(byToken(entry, subject, tokens), { $set: row }, { session });
    if (there.matchedCount > 0) return;
    const owned = entry.owner.kind === 'field' ? { [entry.owner.path]: subject.account } : {};
    const fresh = { ...owned, ...row, token: subject.token };
    await collection.insertOne(nest({ ...fresh, reason: SUPPRESSION_REASON, created_at: now }), { session });
  };
}

/** What the row shows of a number that nobody knows. */
const UNKNOWN = '********';

function putTokenOn({ collection, entry, numberPath, reason }: List): Suppressions['addToken'] {
  return async (account, token, now) => {
    assertAccount(account);
    if (!isToken(token)) throw new TypeError('a token is needed for every row');
    const row = allOf(ownerFilter(entry, account), { token });
    const owned = entry.owner.kind === 'field' ? { [entry.owner.path]: account } : {};
    const fresh = { ...owned, token, masked: UNKNOWN, ...reason, created_at: now };
    // A platform's own unique index may let no second row be without a number.
    for (const number of [{}, { [numberPath]: token }]) {
      if ((await collection.findOne(row, { projection: { _id: 1 } })) !== null) return false;
      try {
        await collection.insertOne(nest({ ...fresh, ...number }));
        return true;
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
      }
    }
    return false;
  };
}

/** What puts the list back to what it was. */
function createUndo(list: List): Pick<Suppressions, 'look' | 'restore'> {
  const { collection, entry, numberPath } = list;
  const isThere = async (filter: mongoose.mongo.Document, session: Session) =>
    (await collection.findOne(filter, { projection: { _id: 1 }, session })) !== null;
  return {
    async look(subject, tokens, seal, session) {
      const rows = byToken(entry, subject, tokens);
      if (await isThere(allOf(rows, byNumber(list, subject)), session)) return { was: 'listed' };
      if (await isThere(allOf(rows, { [numberPath]: { $exists: true } }), session)) return { was: 'token' };
      if (await isThere(rows, session)) return { was: 'tombstone' };
      const own = allOf(byNumber(list, subject), { token: { $not: TOKEN_SHAPE } });
      const row = await collection.findOne(own, { projection: { token: 1, masked: 1 }, session });
      return { was: 'absent', ...(row && { row: seal(EJSON.stringify(row, { relaxed: false })) }) };
    },
    async restore(subject, tokens, { was, row }, open, session) {
      const rows = byToken(entry, subject, tokens);
      if (was === 'listed') return;
      if (was === 'absent') return takeAway(rows, row === undefined ? undefined : open(row), session);
      for (const { _id, token } of await collection.find(allOf(rows, byNumber(list, subject)), { session }).toArray())
        await collection.updateOne(
          allOf({ _id }, rows),
          was === 'token' ? { $set: { [numberPath]: token } } : { $unset: { [numberPath]: '' } },
          { session },
        );
    },
  };

  /** Rows that Lethe wrote go; the platform's own has its fields back. */
  async function takeAway(rows: mongoose.mongo.Document, known: string | undefined, session: Session): Promise<void> {
    const before =
      known === undefined ? undefined : (EJSON.parse(known, { relaxed: false }) as mongoose.mongo.Document);
    if (before !== undefined) {
      const { _id, ...held } = before;
      const gone = ['token', 'masked'].filter((name) => !(name in held)).map((name): [string, ''] => [name, '']);
      await collection.updateOne(
        allOf({ _id }, rows),
        {
          ...(Object.keys(held).length > 0 && { $set: held }),
          ...(gone.length > 0 && { $unset: Object.fromEntries(gone) }),
        },
        { session },
      );
    }
    await collection.deleteMany(rows, { session });
  }
}
