import { createHash } from 'node:crypto';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import type mongoose from 'mongoose';
import { profileFor } from '../../engine/map/profile.ts';
import { compileRewriteRules } from '../../engine/map/rewrite-rules.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import type { Replacements } from '../../engine/map/strategies.ts';
import { rewrite } from '../../engine/rewrite/rewrite.ts';
import { assertAccount } from '../../engine/subject.ts';
import type { CountryCode } from '../../phone/countries.ts';
import { maskNumber } from '../../phone/mask.ts';
import { compileNumberMatcher } from '../../phone/matcher.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Circle, ScanPlace } from './circle.ts';

export interface CircleOptions {
  readonly db: mongoose.mongo.Db;
  readonly dataMap: DataMap;
  /** Whose national writings are read. */
  readonly countries: readonly CountryCode[];
  /** The suppression list keeps numbers: the platform reads them there. */
  readonly keepsNumber: boolean;
}

/** @returns what a pass reads of an account: every mapped collection once, by the names of the database */
export function createCircles({ db, dataMap, countries, keepsNumber }: CircleOptions): (account: Account) => Circle {
  const profile = profileFor('forget', dataMap);
  const entries = dataMap.collections.filter((entry) => !(keepsNumber && entry.record === 'suppression'));
  const collections = [...new Set(entries.map(({ collection }) => collection))].sort();
  const rules = new Map(collections.map((name) => [name, compileRewriteRules(dataMap, profile, name)]));
  return (account) => {
    assertAccount(account.records_id);
    const places = collections.flatMap((name): ScanPlace[] => {
      const of = rules.get(name);
      const accountPaths = new Set(entries.filter((entry) => entry.collection === name).map((entry) => entry.account));
      if (of === undefined) return [];
      // A collection whose entries name the account by different fields is read once for each.
      return [...accountPaths].map((path) => ({
        key: name,
        collection: db.collection(name),
        filter: { [path]: account.records_id },
        rewrite: (document, { matcher, words }, now) => rewrite(document, of, words, matcher, now),
      }));
    });
    return {
      digest: digestOf([dataMap, countries, places.map(({ key }) => key)]),
      places,
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
