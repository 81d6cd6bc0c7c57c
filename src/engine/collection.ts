import type mongoose from 'mongoose';
import type { CollectionMap } from './map/schema.ts';
import { type AccountValue, assertAccount } from './subject.ts';

/** What a map may write in the names of databases and collections. */
export const ACCOUNT_WORD = '{account}';

/** Does the account stand in the name of a collection or of its database? Then whose its records are the name says. */
export function isNamedByAccount({ database = '', collection }: { database?: string | undefined; collection: string }) {
  return `${database}${collection}`.includes(ACCOUNT_WORD);
}

/** Characters that no name of a collection or a database may hold. */
const UNFIT = /[\0$/\\. "*<>:|?]/;

/**
 * The collection an entry of the map is about.
 * @param db the platform's database: an entry may name another one of the same deployment
 * @throws TypeError when the account is none, or cannot stand in a name
 */
export function collectionOf(
  db: mongoose.mongo.Db,
  entry: Pick<CollectionMap, 'collection' | 'database'>,
  account: AccountValue,
): mongoose.mongo.Collection {
  const within = entry.database === undefined ? db : db.client.db(fillName(entry.database, account));
  return within.collection(fillName(entry.collection, account));
}

/** A name as it is for an account. @throws TypeError when the account is none, or cannot stand in a name */
export function fillName(name: string, account: AccountValue): string {
  if (!name.includes(ACCOUNT_WORD)) return name;
  assertAccount(account);
  const text = String(account);
  if (UNFIT.test(text)) throw new TypeError('the account cannot stand in the name of a collection');
  return name.replaceAll(ACCOUNT_WORD, () => text);
}
