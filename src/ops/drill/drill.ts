import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type mongoose from 'mongoose';
import { collectionOf } from '../../engine/collection.ts';
import { readPath } from '../../engine/map/paths.ts';
import { profileFor } from '../../engine/map/profile.ts';
import type { DataMap } from '../../engine/map/schema.ts';
import type { Account } from '../../ledger/accounts/accounts.ts';
import type { CountryCode } from '../../phone/countries.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import { followPath } from '../collections/follow.ts';
import type { OnProgress } from '../collections/progress.ts';
import { findNumbers } from '../find/find.ts';
import { joinedIn } from '../find/joined.ts';
import type { Trace } from '../find/trace.ts';
import { databasesOf, type EntryView, entriesOf } from '../map-view.ts';
import type { DrillApi } from './api.ts';
import { closeDeadDrills, closeDrill, type DrillPlace, keepDrill, openDrill } from './ledger.ts';
import { madeUpNumbers } from './people.ts';
import { erasedPaths, type Planted } from './plant.ts';
import { plantAll } from './plant-all.ts';
import type { ShapeSet } from './shapes.ts';

type Db = mongoose.mongo.Db;

export interface DrillOptions {
  readonly db: Db;
  readonly map: DataMap;
  readonly account: Account;
  readonly api: DrillApi;
  readonly shapes: ShapeSet;
  /** Prefixes of served numbers, and whose national writings are read. */
  readonly prefixes: readonly string[];
  readonly countries: readonly CountryCode[];
  /** Names of entries that are left out. */
  readonly skip: readonly string[];
  /** How long the request may take. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onProgress?: OnProgress;
  /** Tells a person what is under way. */
  readonly note: (line: string) => void;
}

/** Something of the made-up person that is still there. */
interface Left {
  readonly collection: string;
  /** Where the drill had put it; undefined: nowhere. */
  readonly shape: string | undefined;
  readonly path: string;
  readonly as: Trace['as'] | 'words';
}

export interface DrillReport {
  /** Records put there. */
  readonly planted: number;
  /** Entries that could not be drilled, and why. */
  readonly refused: readonly { readonly name: string; readonly why: string }[];
  /** What the API said in the end. */
  readonly state: string;
  readonly left: readonly Left[];
}

/** The drill could not begin; nothing was put anywhere. The message is one line. */
export class DrillFault extends Error {
  override readonly name = 'DrillFault';
}

const ALIVE_MS = 60_000;
const RENEW_MS = 15_000;
const POLL_MS = 500;

/**
 * Puts a person who does not exist into every mapped collection, in every shape, has them forgotten through the API,
 * and searches the whole database for what is left. What it put there is removed in any case; a drill that is killed is
 * cleaned up by the next one.
 * @throws DrillFault, DrillRefused; the signal's reason when it is called off
 */
export async function runDrill(options: DrillOptions): Promise<DrillReport> {
  const { db, map, account, note, signal } = options;
  const removed = await closeDeadDrills(db, new Date());
  if (removed > 0) note(`An earlier drill was killed: its ${removed} records are removed.`);
  const number = await chooseNumber(options);
  const run = Array.from({ length: 12 }, () => String.fromCharCode(0x61 + randomInt(26))).join('');
  const text = `Drill ${run}`;
  // What holds no number, and belongs to nothing that does, is no matter of a forget.
  const views = entriesOf(map).filter(
    ({ name, places, entry }) => (places > 0 || entry.via !== undefined) && !options.skip.includes(name),
  );
  const places = placesOf(db, views, account);
  const now = () => new Date();
  const until = () => new Date(Date.now() + ALIVE_MS);
  await openDrill(db, { _id: run, account_id: account._id, created_at: now(), until: until(), places });
  const renewing = setInterval(() => void keepDrill(db, run, until()).catch(() => {}), RENEW_MS);
  renewing.unref();
  try {
    const { planted, refused } = await plantAll(options, views, {
      run,
      text,
      number,
      account: account.records_id,
      now: now(),
    });
    note(`${planted.length} records of a made-up person put into ${places.length} collections.`);
    if (planted.length === 0) throw new DrillFault('no collection of the map took a record');
    const state = await forgetAndWait(options, number);
    note(`The request is ${state}. Searching the whole database.`);
    const left = await findLeft(options, number, planted, text);
    signal.throwIfAborted();
    return { planted: planted.length, refused, state, left };
  } finally {
    clearInterval(renewing);
    await closeDrill(db, run, places);
  }
}

/** A made-up number that is nowhere in the database. */
async function chooseNumber(options: DrillOptions): Promise<PhoneNumber> {
  const candidates = madeUpNumbers(options.prefixes);
  if (candidates.length === 0)
    throw new DrillFault('no made-up numbers are known that begin as NUMBER_PREFIXES says: 44, 1 and 33 have some');
  // One pass for all of them would not say which was found where: each is asked by itself, and most are free.
  for (const number of candidates.slice(0, 5)) {
    let isFree = true;
    for await (const _ of search(options, number)) {
      isFree = false;
      break;
    }
    if (isFree) return number;
  }
  throw new DrillFault('the made-up numbers that were tried are on record already: try again');
}

function search(options: DrillOptions, number: PhoneNumber): AsyncGenerator<Trace> {
  const { db, map, account, countries, signal, onProgress } = options;
  const databases = [db, ...databasesOf(db, map, [account.records_id])];
  const list = entriesOf(map).find(({ entry }) => entry.record === 'suppression');
  return findNumbers(
    {
      ...{ numbers: [number], countries, databases, suppressionList: list?.collection ?? '', signal },
      joinedIn: joinedIn(map),
      ...(onProgress && { onProgress }),
    },
    { collections: 0, documents: 0 },
  );
}

function placesOf(db: Db, views: readonly EntryView[], { records_id: account }: Account): DrillPlace[] {
  const collections = views.map(({ entry }) => collectionOf(db, entry, account));
  return [...new Map(collections.map((one) => [one.namespace, one])).values()].map((one) => ({
    ...(one.dbName !== db.databaseName && { database: one.dbName }),
    collection: one.collectionName,
  }));
}

/** @returns the state in which the waiting ended */
async function forgetAndWait({ api, timeoutMs, signal }: DrillOptions, number: PhoneNumber): Promise<string> {
  const reference = await api.forget(number);
  const end = Date.now() + timeoutMs;
  let state = 'accepted';
  while (Date.now() < end) {
    state = await api.state(reference);
    if (state === 'completed' || state === 'failed') return state;
    await pause(POLL_MS, undefined, { signal });
  }
  return state;
}

async function findLeft(
  options: DrillOptions,
  number: PhoneNumber,
  planted: readonly Planted[],
  text: string,
): Promise<Left[]> {
  const { db, map, account } = options;
  const byId = new Map(planted.map((one) => [String(one.document._id), one.shape]));
  const left: Left[] = [];
  for await (const { collection, id, path, as, own } of search(options, number))
    if (own === undefined) left.push({ collection, shape: byId.get(id ?? ''), path, as });

  const profile = profileFor('forget', map);
  for (const one of planted) {
    const { view, document, shape } = one;
    const found = await collectionOf(db, view.entry, account.records_id).findOne({ _id: document._id });
    if (found === null) continue;
    for (const path of erasedPaths(one, profile))
      if (holdsText(found, path, text)) left.push({ collection: view.collection, shape, path, as: 'words' });
  }
  return left;
}

function holdsText(document: mongoose.mongo.Document, path: string, text: string): boolean {
  let isThere = false;
  followPath(document, readPath(path), {
    value(value) {
      isThere ||= value !== undefined && JSON.stringify(value).includes(text);
    },
    closed() {},
  });
  return isThere;
}
