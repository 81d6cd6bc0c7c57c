import type mongoose from 'mongoose';
import type { CollectionMap, DataMap } from '../data-map/schema.ts';
import type { Subject } from '../erasure/subject.ts';

type Db = mongoose.mongo.Db;
type Session = mongoose.mongo.ClientSession;

/** The list of numbers that must not be written to: the platform's own collection, as the data map names it. */
export interface Suppressions {
  /** The map says the platform itself reads numbers from its list: a number that stays suppressed stays as itself. */
  readonly keepsNumber: boolean;
  /** Puts the number on the list, as itself, until the erasure completes. */
  add(subject: Subject, tokens: readonly string[], now: Date, session: Session): Promise<void>;
  /** Is the number on the list, as itself or as a token? */
  has(subject: Subject, tokens: readonly string[]): Promise<boolean>;
  /** Is a tombstone of the number on the list? */
  hasToken(subject: Subject, tokens: readonly string[]): Promise<boolean>;
  /** The end of an erasure: the number leaves its row, or the row leaves the list. */
  settle(subject: Subject, tokens: readonly string[], keep: boolean, session: Session): Promise<void>;
}

export const SUPPRESSION_REASON = 'gdpr_forget';

/** The entry of the map that describes the suppression list; the schema lets no map through without one. */
export function suppressionEntry(map: DataMap): CollectionMap {
  const entry = map.collections.find((one) => one.record === 'suppression');
  if (!entry) throw new TypeError('the data map has no suppression list');
  return entry;
}

export function createSuppressions(db: Db, map: DataMap): Suppressions {
  const entry = suppressionEntry(map);
  const collection = db.collection(entry.collection);
  const numberPath = entry.numbers[0] ?? 'number';
  const keepsNumber = entry.suppression?.keep_number ?? false;
  const byToken = (subject: Subject, tokens: readonly string[]) => {
    if (tokens.length === 0) throw new TypeError('a token is needed for every filter');
    return { [entry.account]: subject.account, token: { $in: [...tokens] } };
  };

  return {
    keepsNumber,
    async add(subject, tokens, now, session) {
      await collection.updateOne(
        byToken(subject, tokens),
        {
          $set: { [numberPath]: subject.number, masked: subject.masked },
          $setOnInsert: { token: subject.token, reason: SUPPRESSION_REASON, created_at: now },
        },
        { upsert: true, session },
      );
    },
    async has(subject, tokens) {
      const [byHash, byNumber] = await Promise.all([
        collection.findOne(byToken(subject, tokens), { projection: { _id: 1 } }),
        collection.findOne(
          { [entry.account]: subject.account, [numberPath]: { $in: [...subject.values] } },
          { projection: { _id: 1 } },
        ),
      ]);
      return byHash !== null || byNumber !== null;
    },
    async hasToken(subject, tokens) {
      return (await collection.findOne(byToken(subject, tokens), { projection: { _id: 1 } })) !== null;
    },
    async settle(subject, tokens, keep, session) {
      const rows = byToken(subject, tokens);
      if (!keep) await collection.deleteMany(rows, { session });
      else if (!keepsNumber) await collection.updateMany(rows, { $unset: { [numberPath]: '' } }, { session });
    },
  };
}
