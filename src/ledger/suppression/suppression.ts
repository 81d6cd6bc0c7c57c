import type mongoose from 'mongoose';
import { isDuplicateKey } from '../../base/db/connection.ts';
import { TOKEN_SHAPE } from '../../base/keys/token.ts';
import { allOf } from '../../engine/filter.ts';
import { SUPPRESSION_FIELDS } from '../../engine/map/collection-rules.ts';
import type { CollectionMap, DataMap } from '../../engine/map/schema.ts';
import { ownerFilter } from '../../engine/owner.ts';
import { assertAccount, assertSubject, type Subject, subjectAt } from '../../engine/subject.ts';

type Db = mongoose.mongo.Db;
type Session = mongoose.mongo.ClientSession;

/** The list of numbers that must not be written to: the platform's own collection, as the data map names it. */
export interface Suppressions {
  /** The map says the platform itself reads numbers from its list: a number that stays suppressed stays as itself. */
  readonly keepsNumber: boolean;
  /** Puts the number on the list, as itself, until the erasure completes. */
  add(subject: Subject, tokens: readonly string[], now: Date, session: Session): Promise<void>;
  /**
   * The same where the list lets no number stand on it twice: the platform's own row becomes Lethe's.
   * @returns false: the number is not on the list
   */
  adopt(subject: Subject, tokens: readonly string[], session: Session): Promise<boolean>;
  /** Is the number on the list, as itself or as a token? */
  has(subject: Subject, tokens: readonly string[], session?: Session): Promise<boolean>;
  /** Is a tombstone of the number on the list? */
  hasToken(subject: Subject, tokens: readonly string[]): Promise<boolean>;
  /**
   * The end of an erasure: the number leaves its row, or the row leaves the list. A number that is to stay suppressed and
   * was taken off the list meanwhile is put on it again.
   * @throws a duplicate key error the first time the list lets no second row be without a number: try once more
   */
  settle(subject: Subject, tokens: readonly string[], keep: boolean, session: Session): Promise<void>;
}

/** Anything else could match rows that have none. */
const isToken = (token: unknown) => typeof token === 'string' && TOKEN_SHAPE.test(token);

const SUPPRESSION_REASON = 'gdpr_forget';

/** The entry of the map that describes the suppression list; the schema lets no map through without one. */
export function suppressionEntry(map: DataMap): CollectionMap {
  const entry = map.collections.find((one) => one.record === 'suppression');
  if (!entry) throw new TypeError('the data map has no suppression list');
  return entry;
}

export function createSuppressions(db: Db, map: DataMap): Suppressions {
  const entry = suppressionEntry(map);
  // A list is one collection: the map has no account in its name.
  const collection = (entry.database === undefined ? db : db.client.db(entry.database)).collection(entry.collection);
  const numberPath = entry.numbers[0]?.path ?? 'number';
  const { owner } = entry;
  const keepsNumber = entry.suppression?.keep_number ?? false;
  const byToken = (subject: Subject, tokens: readonly string[]) => {
    assertAccount(subject.account);
    if (!Array.isArray(tokens) || tokens.length === 0 || !tokens.every(isToken))
      throw new TypeError('a token is needed for every filter');
    return allOf(ownerFilter(entry, subject.account), { token: { $in: [...tokens] } });
  };
  const byNumber = (subject: Subject) => {
    assertSubject(subject);
    const { values } = subjectAt(subject, entry.numbers[0]?.templates ?? []);
    return allOf(ownerFilter(entry, subject.account), { [numberPath]: { $in: [...values] } });
  };
  // What else the map names in a row. Rows of the platform's are taken out whole; one that stays keeps none of it.
  const paths = entry.fields.map(({ path }) => path);
  const others = Object.fromEntries(
    paths.filter((path) => !SUPPRESSION_FIELDS.includes(path)).map((path) => [path, '']),
  );
  const reason = paths.includes('reason') ? { reason: SUPPRESSION_REASON } : {};
  // A plain unique index lets one row an account have no number. Seen once, rows hold their token in its place.
  let mayBeBare = true;

  const suppressions: Suppressions = {
    keepsNumber,
    async add(subject, tokens, now, session) {
      await collection.updateOne(
        byToken(subject, tokens),
        {
          $set: { [numberPath]: subject.number, masked: subject.masked },
          $setOnInsert: {
            // An account of several types is no equality from which the new row would have it.
            ...(owner.kind === 'field' && owner.types && { [owner.path]: subject.account }),
            token: subject.token,
            reason: SUPPRESSION_REASON,
            created_at: now,
          },
        },
        { upsert: true, session },
      );
    },
    async adopt(subject, tokens, session) {
      const withoutToken = allOf(byNumber(subject), { token: { $not: TOKEN_SHAPE } });
      // Under a token of an earlier request, beside the platform's own row: on the list twice over.
      if (await collection.findOne(byToken(subject, tokens), { projection: { _id: 1 }, session })) return true;
      const own = await collection.updateOne(
        withoutToken,
        { $set: { token: subject.token, masked: subject.masked } },
        { session },
      );
      return own.matchedCount === 1;
    },
    async has(subject, tokens, session) {
      const [tombstone, itself] = [byToken(subject, tokens), byNumber(subject)];
      const is = async (filter: mongoose.mongo.Document) =>
        (await collection.findOne(filter, { projection: { _id: 1 }, ...(session && { session }) })) !== null;
      // A session has one operation at a time.
      if (session) return (await is(tombstone)) || is(itself);
      return (await Promise.all([is(tombstone), is(itself)])).some(Boolean);
    },
    async hasToken(subject, tokens) {
      return (await collection.findOne(byToken(subject, tokens), { projection: { _id: 1 } })) !== null;
    },
    async settle(subject, tokens, keep, session) {
      const rows = byToken(subject, tokens);
      if (!keep) await collection.deleteMany(rows, { session });
      else if (keepsNumber) {
        if (!(await suppressions.has(subject, tokens, session)))
          await suppressions.add(subject, tokens, subject.now, session);
        if (paths.length === 0) return;
        for (const filter of [rows, byNumber(subject)])
          await collection.updateMany(filter, { $unset: others, $set: reason }, { session });
      } else {
        const change = mayBeBare
          ? { $unset: { ...others, [numberPath]: '' }, $set: reason }
          : { $unset: others, $set: { ...reason, [numberPath]: subject.token } };
        const end = async () => {
          try {
            return (await collection.updateMany(rows, change, { session })).matchedCount;
          } catch (error) {
            if (isDuplicateKey(error)) mayBeBare = false;
            throw error;
          }
        };
        if ((await end()) > 0) return;
        await suppressions.add(subject, tokens, subject.now, session);
        await end();
      }
    },
  };
  return suppressions;
}
