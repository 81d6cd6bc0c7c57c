import type mongoose from 'mongoose';
import { TOKEN_SHAPE } from '../../base/keys/token.ts';
import { allOf } from '../../engine/filter.ts';
import { SUPPRESSION_FIELDS } from '../../engine/map/collection-rules.ts';
import type { CollectionMap, DataMap } from '../../engine/map/schema.ts';
import { ownerFilter } from '../../engine/owner.ts';
import { assertAccount, assertSubject, type Subject, subjectAt } from '../../engine/subject.ts';

type Db = mongoose.mongo.Db;

export const SUPPRESSION_REASON = 'gdpr_forget';

/** Anything else could match rows that have none. */
export const isToken = (token: unknown) => typeof token === 'string' && TOKEN_SHAPE.test(token);

/** The entry of the map that describes the suppression list; the schema lets no map through without one. */
export function suppressionEntry(map: DataMap): CollectionMap {
  const entry = map.collections.find((one) => one.record === 'suppression');
  if (!entry) throw new TypeError('the data map has no suppression list');
  return entry;
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
