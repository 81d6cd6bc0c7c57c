import type mongoose from 'mongoose';
import { ACCOUNT_WORD, collectionOf, isNamedByAccount } from '../../engine/collection.ts';
import { PROFILE_NAMES } from '../../engine/map/categories.ts';
import { type Profile, profileFor } from '../../engine/map/profile.ts';
import { type DataMap, nameOf } from '../../engine/map/schema.ts';
import type { AccountValue } from '../../engine/subject.ts';
import { readRecordsIds } from '../../ledger/accounts/account-rows.ts';
import { countAccounts, entriesOfOneTenant, tenantFault } from '../../ledger/accounts/one-tenant.ts';
import { bsonTypeOf } from '../../lib/bson-type.ts';
import type { CountryCode } from '../../phone/countries.ts';
import { createNumberReader } from '../../phone/reader.ts';
import { redactDigitRuns } from '../../phone/scan.ts';
import { describeId } from '../collections/describe-id.ts';
import { type CollectionInfo, isLethes, isStored, listCollections } from '../collections/list.ts';
import { createProfiler } from '../discover/profile.ts';
import { describeNumberField, findUnmapped } from '../discover/unmapped.ts';
import { type EntryView, entriesOf, isAbout, isIgnored } from '../map-view.ts';
import { createSpotter, type Spotter } from '../numbers/spot.ts';
import { checkCollation } from './collation.ts';
import type { Finding } from './findings.ts';
import { checkIndexes, type IndexDescription } from './indexes.ts';
import { createLook, type LookOptions } from './look.ts';
import { type RecordOptions, readRecords } from './records.ts';
import { checkShardKey, readShardKey } from './shard-key.ts';
import { lookAlong } from './way-part.ts';

type Db = mongoose.mongo.Db;
type Collection = mongoose.mongo.Collection;

export interface CheckOptions extends RecordOptions {
  /** Whose national writings are read. */
  readonly countries: readonly CountryCode[];
  /** The platform's database, where it is not that of Lethe's own collections. */
  readonly platform?: Db;
}

export interface CheckReport {
  readonly findings: Finding[];
  readonly collections: number;
  /** Paths where a number may stand. */
  readonly places: number;
  /** Records looked at. */
  readonly sampled: number;
}

const MOST_ACCOUNTS = 100_000;
const MOST_FIELDS = 8;
const UNAUTHORIZED = 13;
const OUT_OF_TIME = 50;

/** What every part of a check needs. */
interface Check {
  readonly db: Db;
  readonly map: DataMap;
  readonly options: CheckOptions;
  readonly looks: LookOptions;
  readonly profiles: readonly Profile[];
  readonly spotter: Spotter;
  /** The server is the router of a sharded cluster. */
  readonly isRouter: boolean;
}

/**
 * Compares a data map with the live database: collections, indexes, and a bounded sample of records, or all of them.
 * Reads only, and reports names, types, shapes and counts, never a value. An `error` means that erasures would fail,
 * take all day, or miss records; a `warning`, that a person should look.
 * @throws what the database throws while it is away
 */
export async function checkDataMap(db: Db, map: DataMap, options: CheckOptions): Promise<CheckReport> {
  const hello = await db.admin().command({ hello: 1 });
  const isRouter = hello.msg === 'isdbgrid';
  const findings: Finding[] = [...(isRouter ? [] : checkServer(hello)), ...(await checkTenants(db, map))];
  const infos = new Map([[db.databaseName, await readInfos(db)]]);
  const { types: accountTypes, values: accounts } = await readAccounts(db, options.account);
  if (accountTypes.size === 0)
    findings.push({
      severity: 'warning',
      where: 'accounts',
      message: 'there are none yet: account fields are compared with nothing',
    });
  const spotter = createSpotter(options.countries);
  const check: Check = {
    db,
    map,
    options,
    spotter,
    isRouter,
    profiles: PROFILE_NAMES.map((name) => profileFor(name, map)),
    looks: {
      profile: profileFor('forget', map),
      reader: createNumberReader(options.countries),
      accountTypes,
      accounts,
      account: options.account,
      describeId: (id) => describeId(id, spotter),
    },
  };
  const views = entriesOf(map);
  let sampled = 0;
  for (const group of groupByCollection(check, views)) {
    const result =
      'finding' in group ? { findings: [group.finding], sampled: 0 } : await checkGroup(check, group, infos);
    findings.push(...result.findings);
    sampled += result.sampled;
  }
  const platform = options.platform ?? db;
  const stored = infos.get(platform.databaseName) ?? (await readInfos(platform));
  findings.push(...(await findUnmappedCollections(check, map, [...stored.values()], views)));
  return {
    findings,
    sampled,
    collections: map.collections.length,
    places: views.reduce((sum, view) => sum + view.places, 0),
  };
}

function checkServer(hello: mongoose.mongo.Document): Finding[] {
  if (hello.setName) return [];
  return [
    {
      severity: 'error',
      where: 'server',
      message: 'not a replica set: transactions are impossible, no request can be accepted',
    },
  ];
}

async function checkTenants(db: Db, map: DataMap): Promise<Finding[]> {
  const names = entriesOfOneTenant(map);
  if (names.length === 0 || (await countAccounts(db)) <= 1) return [];
  return [{ severity: 'error', where: 'accounts', message: tenantFault(names) }];
}

async function readInfos(db: Db): Promise<Map<string, CollectionInfo>> {
  return new Map((await listCollections(db)).map((info) => [info.name, info]));
}

async function readAccounts(
  db: Db,
  account: AccountValue | undefined,
): Promise<{ types: Set<string>; values: Set<string> | undefined }> {
  if (account !== undefined) return { types: new Set([bsonTypeOf(account)]), values: undefined };
  const ids = await readRecordsIds(db, MOST_ACCOUNTS);
  const isComplete = ids.length > 0 && ids.length < MOST_ACCOUNTS;
  return { types: new Set(ids.map(bsonTypeOf)), values: isComplete ? new Set(ids.map(String)) : undefined };
}

/** The entries about one collection. */
interface Group {
  readonly collection: Collection;
  readonly entries: EntryView[];
}

/** A name that holds the account is that of the account asked for. */
function groupByCollection({ db, options }: Check, views: readonly EntryView[]): (Group | { finding: Finding })[] {
  const groups = new Map<string, Group>();
  const findings: { finding: Finding }[] = [];
  for (const view of views) {
    if (options.account === undefined && isNamedByAccount(view)) {
      const message = "has the account in its name: look at one account's with --account";
      findings.push({ finding: { severity: 'warning', where: view.collection, message } });
      continue;
    }
    const collection = collectionOf(db, view.entry, options.account ?? ACCOUNT_WORD);
    const group = groups.get(collection.namespace) ?? { collection, entries: [] };
    group.entries.push(view);
    groups.set(collection.namespace, group);
  }
  return [...groups.values(), ...findings];
}

/** @param infos by database; those of one that was not looked at yet are added */
async function checkGroup(
  check: Check,
  group: Group,
  infos: Map<string, Map<string, CollectionInfo>>,
): Promise<{ findings: Finding[]; sampled: number }> {
  const { dbName, collectionName } = group.collection;
  const known = infos.get(dbName) ?? (await readInfos(check.db.client.db(dbName)));
  infos.set(dbName, known);
  return checkCollection(check, group, known.get(collectionName));
}

async function checkCollection(
  check: Check,
  { collection, entries }: Group,
  info: CollectionInfo | undefined,
): Promise<{ findings: Finding[]; sampled: number }> {
  const { collection: where = '' } = entries[0] ?? {};
  const one = (severity: Finding['severity'], message: string): Finding => ({ severity, where, message });
  if (info === undefined) {
    const finding = entries.every(({ entry }) => entry.record === 'suppression')
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
  for (const { entry } of entries) findings.push(...checkCollation(entry, info.options?.collation));
  try {
    const { dbName, collectionName } = collection;
    const place = { ...(dbName !== check.db.databaseName && { database: dbName }), collection: collectionName };
    const indexes = (await collection.indexes()) as unknown as IndexDescription[];
    for (const { entry } of entries)
      findings.push(...checkIndexes(entry, place, indexes, check.profiles, info.options?.collation));
    const shardKey = await readShardKey(collection, check.db);
    // A set that is no part of a cluster has no such list, and many a user no right to look for one.
    if (shardKey !== 'unseen' || check.isRouter)
      for (const { entry } of entries) findings.push(...checkShardKey(entry, shardKey, check.profiles));
    const records = await checkRecords(check, where, { collection, entries });
    findings.push(...records.findings);
    return { findings, sampled: records.sampled };
  } catch (error) {
    findings.push({ ...describeRefusal(error), where });
    return { findings, sampled: 0 };
  }
}

/** @throws the error when it says something else than that these records cannot be read */
function describeRefusal(error: unknown): Omit<Finding, 'where'> {
  const { code } = error as { code?: unknown };
  if (code === UNAUTHORIZED) return { severity: 'error', message: 'this user may not read it' };
  if (code === OUT_OF_TIME) return { severity: 'warning', message: 'its records could not be looked at in time' };
  throw error;
}

/** Compares a collection's records with every entry about them, and looks for numbers beside what the entries name. */
async function checkRecords(
  check: Check,
  where: string,
  { collection, entries }: Group,
): Promise<{ findings: Finding[]; sampled: number }> {
  const looks = entries.map((view) => createLook(view, check.looks));
  const ways = entries.flatMap(({ entry }) => {
    const parent = entry.via && check.map.collections.find((one) => nameOf(one) === entry.via?.collection);
    if (!parent) return [];
    const parents = collectionOf(check.db, parent, check.options.account ?? ACCOUNT_WORD);
    return [lookAlong(entry, parent, { ...check.looks, parents })];
  });
  const profiler = createProfiler(check.spotter);
  let sampled = 0;
  const values = () => Math.max(0, ...looks.map((look) => look.values()));
  for await (const record of readRecords(collection, entries, check.options, values)) {
    for (const look of looks) look.record(record);
    for (const way of ways) await way.record(record);
    profiler.record(record);
    sampled += 1;
  }
  const unmapped = findUnmapped(profiler.profile(), entries).map(
    (field): Finding => ({
      severity: 'warning',
      where: `${where}.${redactDigitRuns(field.path)}`,
      message: `looks like it holds numbers, and is not in the map: ${describeNumberField(field)}`,
    }),
  );
  const lost = await Promise.all(ways.map((way) => way.findings()));
  return { findings: [...looks.flatMap((look) => look.findings()), ...lost.flat(), ...unmapped], sampled };
}

/** Lists collections outside the map, as nothing in them is erased, and says which of them seem to hold numbers. */
async function findUnmappedCollections(
  check: Check,
  map: DataMap,
  infos: readonly CollectionInfo[],
  views: readonly EntryView[],
): Promise<Finding[]> {
  const { platform = check.db } = check.options;
  const within = platform.databaseName === check.db.databaseName ? {} : { database: platform.databaseName };
  const isMapped = ({ name }: CollectionInfo) => views.some((view) => isAbout(view, { collection: name, ...within }));
  const others = infos.filter(
    (info) => isStored(info) && !isMapped(info) && !isIgnored(map, info.name) && !isLethes(info.name),
  );
  if (others.length === 0) return [];
  const findings: Finding[] = [
    {
      severity: 'warning',
      where: 'database',
      message: `not in the map, so nothing in them is erased: ${others.map(({ name }) => redactDigitRuns(name)).join(', ')}`,
    },
  ];
  for (const { name } of others) {
    const where = redactDigitRuns(name);
    try {
      const profiler = createProfiler(check.spotter);
      for await (const record of readRecords(
        (check.options.platform ?? check.db).collection(name),
        [],
        check.options,
        () => 0,
      ))
        profiler.record(record);
      const fields = findUnmapped(profiler.profile(), []);
      const shown = fields.slice(0, MOST_FIELDS).map((field) => redactDigitRuns(describeNumberField(field)));
      const more = fields.length > MOST_FIELDS ? ` and ${fields.length - MOST_FIELDS} more` : '';
      if (fields.length > 0)
        findings.push({
          severity: 'warning',
          where,
          message: `looks like it holds numbers, and is not in the map: ${shown.join('; ')}${more}`,
        });
    } catch (error) {
      findings.push({ ...describeRefusal(error), where });
    }
  }
  return findings;
}
