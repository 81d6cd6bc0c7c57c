import mongoose from 'mongoose';
import { parseDataMap } from '../../../src/engine/map/load.ts';
import { profileFor } from '../../../src/engine/map/profile.ts';
import type { CollectionMap, DataMap } from '../../../src/engine/map/schema.ts';
import { compilePlan, type NumberRule } from '../../../src/engine/plan.ts';
import { numberSubject, type Subject } from '../../../src/engine/subject.ts';
import { phoneNumber } from '../../support/numbers.ts';

export const JO = phoneNumber('447700900123');
export const NOW = new Date('2026-11-25T10:00:00Z');
export const INTEGER = mongoose.mongo.Long.fromString(JO);
/** A filter is compared as a whole: what may come in place of an account or of values is in these. */
export const NOTHING = [undefined, null, '', Number.NaN, Number.POSITIVE_INFINITY, {}, [], true, { $ne: null }, /./];

/** Jo on the account `acc_x`, in two values only, so that expected filters can be read. */
export const jo = (change: object = {}): Subject => ({
  ...numberSubject(JO, 'acc_x', 'key1.token', NOW, ['GB']),
  values: [JO, INTEGER],
  isPlaced: true,
  ...change,
});

/** A map of version 2 whose records tell their account in `acc`. */
export function mapOf(collections: readonly object[], more: object = {}): DataMap {
  const list = { collection: 'blacklist', record: 'suppression', numbers: ['number'] };
  const entries = collections.map((one) => ({ collection: 'records', record: 'message', ...one }));
  return parseDataMap(
    JSON.stringify({ version: 2, account: 'acc', ...more, collections: [...entries, list] }),
    'map.json',
  );
}

/** One entry as the map's normal form has it. */
export function entryOf(collection: object, more: object = {}): CollectionMap {
  return mapOf([collection], more).collections[0] as CollectionMap;
}

/** The rules for the places of one entry. */
export function rulesFor(
  collection: object,
  more: object = {},
  profile: 'forget' | 'contact' = 'forget',
): NumberRule[] {
  const map = mapOf([collection], more);
  return compilePlan(map, profileFor(profile, map)).rules.filter(({ entry }) => entry === map.collections[0]);
}

/** The rule for the first place of one entry. */
export const ruleFor = (collection: object, more: object = {}): NumberRule =>
  rulesFor(collection, more)[0] as NumberRule;
