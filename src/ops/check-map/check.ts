import type mongoose from 'mongoose';
import { PROFILE_NAMES } from '../../engine/map/categories.ts';
import { type Profile, profileFor } from '../../engine/map/profile.ts';
import type { CollectionMap, DataMap } from '../../engine/map/schema.ts';
import type { AccountValue } from '../../engine/subject.ts';
import { bsonTypeOf } from '../../lib/bson-type.ts';
import { redactDigitRuns } from '../../phone/scan.ts';
import { type CollectionInfo, listCollections } from '../collections/list.ts';
import { checkCollation } from './collation.ts';
import type { Finding } from './findings.ts';
import { checkIndexes, type IndexDescription } from './indexes.ts';
import { checkRecords, type RecordCheckOptions } from './records.ts';

type Db = mongoose.mongo.Db;

export interface CheckOptions {
  /** The prefixes of the numbers that are served. */
  readonly prefixes: readonly string[];
  /** Value of the account field: only records of this account are checked. */
  readonly account?: AccountValue;
  /** Records to look at a collection, 1000 unless given. */
  readonly sampleSize?: number;
}

export interface CheckReport {
  readonly findings: Finding[];
  readonly collections: number;
  /** Paths where a number may stand. */
  readonly places: number;
  /** Records looked at. */
  readonly sampled: number;
}

const SAMPLE_SIZE = 1_000;
const MOST_ACCOUNTS = 1_000;
const UNAUTHORIZED = 13;
const OUT_OF_TIME = 50;

/**
 * Compares a data map with the live database: collections, indexes, and a bounded sample of records. Reads only, and
 * reports names, types and counts, never a value. An `error` means that erasures would fail, take all day, or miss
 * records; a `warning`, that a person should look.
 * @throws what the database throws while it is away
 */
export async function checkDataMap(db: Db, map: DataMap, options: CheckOptions): Promise<CheckReport> {
  const findings: Finding[] = [...(await checkServer(db))];
  const infos = new Map((await listCollections(db)).map((info) => [info.name, info]));

  const accountTypes = await readAccountTypes(db, options.account);
  if (accountTypes.size === 0)
    findings.push({
      severity: 'warning',
      where: 'accounts',
      message: 'there are none yet: account fields are compared with nothing',
    });
  const looks: RecordCheckOptions = {
    prefixes: options.prefixes,
    profile: profileFor('forget', map),
    account: options.account,
    accountTypes,
    sampleSize: options.sampleSize ?? SAMPLE_SIZE,
  };
  const profiles = PROFILE_NAMES.map((name) => profileFor(name, map));
  let sampled = 0;
  for (const entry of map.collections) {
    const result = await checkCollection(db, entry, infos.get(entry.collection), profiles, looks);
    findings.push(...result.findings);
    sampled += result.sampled;
  }
  findings.push(...findUnmapped(map, [...infos.values()]));
  return {
    findings,
    sampled,
    collections: map.collections.length,
    places: map.collections.reduce((sum, entry) => sum + entry.numbers.length, 0),
  };
}

async function checkServer(db: Db): Promise<Finding[]> {
  const hello = await db.admin().command({ hello: 1 });
  if (hello.setName || hello.msg === 'isdbgrid') return [];
  return [
    {
      severity: 'error',
      where: 'server',
      message: 'not a replica set: transactions are impossible, no request can be accepted',
    },
  ];
}

async function readAccountTypes(db: Db, account: AccountValue | undefined): Promise<Set<string>> {
  if (account !== undefined) return new Set([bsonTypeOf(account)]);
  const accounts = await db
    .collection('lethe_accounts')
    .find({}, { projection: { _id: 0, records_id: 1 } })
    .limit(MOST_ACCOUNTS)
    .toArray();
  return new Set(accounts.map((one) => bsonTypeOf(one.records_id)));
}

async function checkCollection(
  db: Db,
  entry: CollectionMap,
  info: CollectionInfo | undefined,
  profiles: readonly Profile[],
  looks: RecordCheckOptions,
): Promise<{ findings: Finding[]; sampled: number }> {
  const where = entry.collection;
  const one = (severity: Finding['severity'], message: string): Finding => ({ severity, where, message });
  if (info === undefined) {
    const finding =
      entry.record === 'suppression'
        ? one('warning', 'is not there yet: Lethe makes it. If the platform has its own, the name is wrong')
        : one('error', 'is not in the database: is the name right?');
    return { findings: [finding], sampled: 0 };
  }
  if (info.type === 'view') return { findings: [one('error', 'is a view: map the collection behind it')], sampled: 0 };

  const findings: Finding[] = [];
  if (info.type === 'timeseries') findings.push(one('error', 'is a time series: its records cannot be changed'));
  if (info.options?.capped)
    findings.push(one('warning', 'is capped: MongoDB may refuse to change or delete its records'));
  if (Object.keys(info.options?.validator ?? {}).length > 0 && info.options?.validationAction !== 'warn')
    findings.push(one('warning', 'has a validator: it must let masked numbers, null and [REDACTED] through'));
  findings.push(...checkCollation(entry, info.options?.collation));
  try {
    const collection = db.collection(entry.collection);
    const indexes = (await collection.indexes()) as unknown as IndexDescription[];
    findings.push(...checkIndexes(entry, indexes, profiles, info.options?.collation));
    const records = await checkRecords(collection, entry, looks);
    findings.push(...records.findings);
    return { findings, sampled: records.sampled };
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === UNAUTHORIZED) findings.push(one('error', 'this user may not read it'));
    else if (code === OUT_OF_TIME) findings.push(one('warning', 'its records could not be looked at in time'));
    else throw error;
    return { findings, sampled: 0 };
  }
}

/** Lists collections outside the map: nothing in them is erased. */
function findUnmapped(map: DataMap, infos: readonly CollectionInfo[]): Finding[] {
  const mapped = new Set(map.collections.map((entry) => entry.collection));
  const others = infos
    .filter(({ name, type }) => type !== 'view' && !mapped.has(name) && !/^(lethe_|system\.)/.test(name))
    .map(({ name }) => redactDigitRuns(name))
    .sort();
  if (others.length === 0) return [];
  return [
    {
      severity: 'warning',
      where: 'database',
      message: `not in the map, so nothing in them is erased: ${others.join(', ')}`,
    },
  ];
}
