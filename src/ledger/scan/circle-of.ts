import { createHash } from 'node:crypto';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import type mongoose from 'mongoose';
import { collectionOf } from '../../engine/collection.ts';
import { profileFor } from '../../engine/map/profile.ts';
import { type CollectionMap, type DataMap, nameOf } from '../../engine/map/schema.ts';
import type { Replacements } from '../../engine/map/strategies.ts';
import { accountPathOf, ownerFilter } from '../../engine/owner.ts';
import { rewrite } from '../../engine/rewrite/rewrite.ts';
import { entriesOfCollection, rewriteRulesFor } from '../../engine/rewrite-rules.ts';
import { assertAccount } from '../../engine/subject.ts';
import { maskNumber } from '../../phone/mask.ts';
import { compileNumberMatcher } from '../../phone/matcher.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import type { Account } from '../accounts/accounts.ts';
import type { CountriesOf } from '../accounts/countries.ts';
import { createKeysOf } from '../references/children.ts';
import type { Circle, ScanPlace } from './circle.ts';

export interface CircleOptions {
  readonly db: mongoose.mongo.Db;
  readonly dataMap: DataMap;
  readonly countriesOf: CountriesOf;
  /** The suppression list keeps numbers: the platform reads them there. */
  readonly keepsNumber: boolean;
}

/**
 * The entries of the map whose collections are read: one a collection and account field. Of records whose account only
 * others tell, no query finds an account's: they are reached through those others.
 */
function scannedEntries(dataMap: DataMap, keepsNumber: boolean): CollectionMap[] {
  const entries = new Map<string, CollectionMap>();
  for (const entry of dataMap.collections) {
    if (!entry.scan || entry.owner.kind === 'via' || (keepsNumber && entry.record === 'suppression')) continue;
    const key = [entry.database ?? '', entry.collection, accountPathOf(entry) ?? ''].join('\0');
    if (!entries.has(key)) entries.set(key, entry);
  }
  return [...entries].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, entry]) => entry);
}

/** @returns what a pass reads of an account: every mapped collection, in the order of their names */
export function createCircles({ db, dataMap, countriesOf, keepsNumber }: CircleOptions): (account: Account) => Circle {
  const profile = profileFor('forget', dataMap);
  const scanned = scannedEntries(dataMap, keepsNumber);
  const digest = digestOf([dataMap, scanned.map(nameOf)]);
  return (account) => {
    const { records_id } = account;
    assertAccount(records_id);
    const countries = countriesOf(account);
    const keysOf = createKeysOf(dataMap, profile, countries);
    return {
      digest: digestOf([digest, countries]),
      places: scanned.map((entry): ScanPlace => {
        const entries = entriesOfCollection(dataMap, entry);
        const rules = rewriteRulesFor(entries, profile, records_id);
        return {
          key: entry.collection,
          collection: collectionOf(db, entry, records_id),
          filter: ownerFilter(entry, records_id),
          keysOf,
          isJoined: entries.some(({ joined }) => joined.length > 0),
          rewrite: (document, { matcher, words }, now) => rewrite(document, rules, words, matcher, now),
        };
      }),
      createNumbers: async (tokens) => ({
        matcher: await compileNumberMatcher([...tokens.keys()], countries, turnOfLoop),
        words: new Map([...tokens].map(([number, token]) => [number, wordsFor(number, token)])),
      }),
    };
  };
}

function wordsFor(number: PhoneNumber, token: string): Replacements {
  return { masked: maskNumber(number), token };
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 22);
}
