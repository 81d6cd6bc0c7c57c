import mongoose from 'mongoose';
import { isDuplicateKey } from '../../base/db/faults.ts';
import { TOKEN_SHAPE } from '../../base/keys/token.ts';
import { allOf } from '../../engine/filter.ts';
import { SUPPRESSION_FIELDS } from '../../engine/map/collection-rules.ts';
import type { CollectionMap, DataMap } from '../../engine/map/schema.ts';
import { ownerFilter } from '../../engine/owner.ts';
import { type AccountValue, assertAccount, assertSubject, type Subject, subjectAt } from '../../engine/subject.ts';
import { nest } from '../../lib/nest.ts';

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
   * The end of an erasure: the number leaves its row, or the row leaves the list. A number that is to stay suppressed and
   * was taken off the list meanwhile is put on it again.
   * @throws a duplicate key error the first time the list lets no second row be without a number: try once more
   */
  settle(subject: Subject, tokens: readonly string[], keep: boolean, session: Session): Promise<void>;
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

/** Anything else could match rows that have none. */
const isToken = (token: unknown) => typeof token === 'string' && TOKEN_SHAPE.test(token);

export const SUPPRESSION_REASON = 'gdpr_forget';

/** The entry of the map that describes the suppression list; the schema lets no map through without one. */
export function suppressionEntry(map: DataMap): CollectionMap {
  const entry = map.collections.find((one) => one.record === 'suppression');
  if (!entry) throw new TypeError('the data map has no suppression list');
  return entry;
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
  const leave = takeNumberOff(list, put);
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
    async settle(subject, tokens, keep, session) {
      const rows = byToken(entry, subject, tokens);
      if (!keep) {
        await collection.deleteMany(rows, { session });
        return;
      }
      if (!list.keepsNumber) return leave(subject, tokens, session);
      if (!(await has(subject, tokens, session))) await put(subject, tokens, subject.now, session);
      if (!list.hasFields) return;
      for (const filter of [rows, byNumber(list, subject)])
        await collection.updateMany(filter, { $unset: list.others, $set: list.reason }, { session });
    },
  };
}

/** The list, as the data map describes it. */
export interface List {
  readonly collection: mongoose.mongo.Collection;
  readonly entry: CollectionMap;
  readonly numberPath: string;
  readonly keepsNumber: boolean;
  /** Does the map name fields of a row beside its number? */
  readonly hasFields: boolean;
  /** What else the map names in a row, to be unset. Rows of the platform's are taken out whole; one that stays keeps none. */
  readonly others: Readonly<Record<string, ''>>;
  /** What a row of Lethe's says of why, where the map names a field for it. */
  readonly reason: { readonly reason?: string };
}

export function readList(db: Db, map: DataMap): List {
  const entry = suppressionEntry(map);
  const paths = entry.fields.map(({ path }) => path);
  return {
    // A list is one collection: the map has no account in its name.
    collection: (entry.database === undefined ? db : db.client.db(entry.database)).collection(entry.collection),
    entry,
    numberPath: entry.numbers[0]?.path ?? 'number',
    keepsNumber: entry.suppression?.keep_number ?? false,
    hasFields: paths.length > 0,
    others: Object.fromEntries(
      paths.filter((path) => !SUPPRESSION_FIELDS.includes(path)).map((path): [string, ''] => [path, '']),
    ),
    reason: paths.includes('reason') ? { reason: SUPPRESSION_REASON } : {},
  };
}

/** @throws TypeError without an account, or without a token: such a filter would match other rows */
export function byToken(entry: CollectionMap, subject: Subject, tokens: readonly string[]): mongoose.mongo.Document {
  assertAccount(subject.account);
  if (!Array.isArray(tokens) || tokens.length === 0 || !tokens.every(isToken))
    throw new TypeError('a token is needed for every filter');
  return allOf(ownerFilter(entry, subject.account), { token: { $in: [...tokens] } });
}

/** @throws TypeError without an account or a number */
export function byNumber({ entry, numberPath }: List, subject: Subject): mongoose.mongo.Document {
  assertSubject(subject);
  const { values } = subjectAt(subject, entry.numbers[0]?.templates ?? []);
  return allOf(ownerFilter(entry, subject.account), { [numberPath]: { $in: [...values] } });
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

/** @returns the function that leaves a tombstone of the number on the list, and puts one there if none is */
function takeNumberOff({ collection, entry, numberPath, others, reason }: List, put: Suppressions['add']) {
  // If the platform's unique index forbids a second row without a number, store the token in the number field.
  let mayBeBare = true;
  return async (subject: Subject, tokens: readonly string[], session: Session): Promise<void> => {
    const rows = byToken(entry, subject, tokens);
    const change = mayBeBare
      ? { $unset: { ...others, [numberPath]: '' }, $set: reason }
      : { $unset: others, $set: { ...reason, [numberPath]: subject.token } };
    const write = async () => {
      try {
        return (await collection.updateMany(rows, change, { session })).matchedCount;
      } catch (error) {
        if (isDuplicateKey(error)) mayBeBare = false;
        throw error;
      }
    };
    if ((await write()) > 0) return;
    await put(subject, tokens, subject.now, session);
    await write();
  };
}
