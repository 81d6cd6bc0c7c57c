import { setImmediate as turnOfLoop } from 'node:timers/promises';
import type mongoose from 'mongoose';
import { collectionOf } from '../../engine/collection.ts';
import { createLateness } from '../../engine/late.ts';
import { profileFor } from '../../engine/map/profile.ts';
import { type CollectionMap, type DataMap, nameOf } from '../../engine/map/schema.ts';
import type { Replacements } from '../../engine/map/strategies.ts';
import { accountPathOf, asOwned, EVERYBODY, ownerFilter, scopeOf } from '../../engine/owner.ts';
import { referencesOf, wayTo } from '../../engine/references.ts';
import { type Rewrite, UNCHANGED } from '../../engine/rewrite/edits.ts';
import { numbersInParts } from '../../engine/rewrite/joined.ts';
import { rewrite } from '../../engine/rewrite/rewrite.ts';
import { createOpener } from '../../engine/rewrite/walk.ts';
import { entriesOfCollection, joinedRulesFor, rewriteRulesFor } from '../../engine/rewrite-rules.ts';
import { readChildren } from '../../engine/scan/read-children.ts';
import { assertAccount } from '../../engine/subject.ts';
import { digestOf } from '../../lib/digest.ts';
import { maskNumber } from '../../phone/mask.ts';
import { compileNumberMatcher, createNumberMatcher } from '../../phone/matcher.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { createNumberReader } from '../../phone/reader.ts';
import type { Account } from '../accounts/accounts.ts';
import type { CountriesOf } from '../accounts/countries.ts';
import { createKeysOf } from '../references/keys-of.ts';
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
 * others tell, each entry: no query finds an account's, and they are reached through those others. Where they may tell it
 * themselves as well, they are read by that, too: what they belong to may be gone.
 */
function scannedEntries(dataMap: DataMap, keepsNumber: boolean): CollectionMap[] {
  const entries = new Map<string, CollectionMap>();
  const itself = dataMap.collections.map(asOwned).filter((entry) => entry !== null);
  for (const entry of [...dataMap.collections, ...itself]) {
    if (!entry.scan || (keepsNumber && entry.record === 'suppression')) continue;
    // Of nobody's records, those alone are read that the entry is about: the others may have an account.
    const isApart = entry.owner.kind === 'via' || entry.owner.kind === 'any';
    const way = isApart ? ` ${nameOf(entry)}` : (accountPathOf(entry) ?? '');
    const key = [entry.database ?? '', entry.collection, way].join('\0');
    if (!entries.has(key)) entries.set(key, entry);
  }
  return [...entries].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, entry]) => entry);
}

/** @returns what a pass reads of an account: every mapped collection, in the order of their names */
export function createCircles({ db, dataMap, countriesOf, keepsNumber }: CircleOptions): (account: Account) => Circle {
  const profile = profileFor('forget', dataMap);
  const tree = referencesOf(dataMap, profile);
  const scanned = scannedEntries(dataMap, keepsNumber);
  const digest = digestOf(JSON.stringify([dataMap, scanned.map(nameOf)]));
  return (account) => {
    const { records_id } = account;
    assertAccount(records_id);
    const countries = countriesOf(account);
    const keysOf = createKeysOf(tree, dataMap, countries);
    const reader = createNumberReader(countries);
    return {
      digest: digestOf(JSON.stringify([digest, countries])).slice(0, 22),
      places: scanned.map((entry): ScanPlace => {
        const entries = entriesOfCollection(dataMap, entry);
        const joined = entries.flatMap((one) => joinedRulesFor(one, profile));
        const way = wayTo(dataMap, entry);
        const isByWay = way.length > 0;
        // Whoever is reached by the way is the account's.
        const rules = rewriteRulesFor(entries, profile, records_id, () => isByWay);
        const isLate = createLateness(entry.collection, entries);
        return {
          key: entry.collection,
          collection: collectionOf(db, entry, records_id),
          ...(isByWay
            ? {
                filter: EVERYBODY,
                read: (after: unknown, batchSize: number) => readChildren(db, way, records_id, after, batchSize),
              }
            : { filter: entry.owner.kind === 'any' ? scopeOf(entry, records_id) : ownerFilter(entry, records_id) }),
          keysOf,
          isJoined: joined.length > 0,
          numbersInParts: (document) => numbersInParts(document, joined, reader, createOpener()),
          isLate,
          rewrite: (document, { matcher, words, limits }, now) => {
            const all = rewrite(document, rules, words, matcher, now);
            if (limits === undefined || limits.size === 0) return all;
            const numbers = numbersOf(all);
            const meant = numbers.filter((number) => {
              const limit = limits.get(number);
              return limit === undefined || isLate(document, limit);
            });
            if (meant.length === numbers.length) return all;
            if (meant.length === 0) return UNCHANGED;
            // Of the others nothing may change in this record.
            return rewrite(document, rules, words, createNumberMatcher(meant, countries), now);
          },
        };
      }),
      createNumbers: async (tokens) => ({
        matcher: await compileNumberMatcher([...tokens.keys()], countries, turnOfLoop),
        words: new Map([...tokens].map(([number, token]) => [number, wordsFor(number, token)])),
      }),
    };
  };
}

/** Everybody whose number was found in a record. */
function numbersOf({ found, failures, waiting }: Rewrite): PhoneNumber[] {
  return [...new Set([...found, ...failures].map(({ number }) => number).concat(waiting))];
}

function wordsFor(number: PhoneNumber, token: string): Replacements {
  return { masked: maskNumber(number), token };
}
