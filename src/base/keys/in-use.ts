import type mongoose from 'mongoose';
import { isDuplicateKey, PassingFault } from '../db/faults.ts';
import type { KeyRing } from './key-ring.ts';

type Db = mongoose.mongo.Db;

/** The rings of an installation. */
export const RINGS = ['seal', 'token', 'receipt'] as const;
export type RingName = (typeof RINGS)[number];

/** Where text stands that begins with the id of the key that made it: `keyId.…`. */
export interface KeyPlace {
  readonly ring: RingName;
  readonly collection: string;
  /** Another database of the same deployment. */
  readonly database?: string | undefined;
  readonly field: string;
  /** It stands in each element of the array `field`: in the element itself, or in a field of it. */
  readonly element?: 'itself' | { readonly field: string };
  /** Only these rows count: those that somebody will still have to read. */
  readonly filter?: Readonly<Record<string, unknown>>;
}

/** The keys of a process, and what it knows of those it lacks. */
export interface HeldKeys {
  readonly rings: Readonly<Record<RingName, KeyRing>>;
  /** Ids of keys that are gone for good, and known to be. */
  readonly lost: readonly string[];
}

/** The ids of all keys that were ever written with: a small collection, read at every start. */
const KEY_IDS = 'lethe_key_ids';

interface KeyIdRow {
  /** `token:ID`. */
  readonly _id: string;
}

/**
 * Keys that made what is still in use are not at hand: suppressions would not be found, and open requests not be read.
 * Nothing may be accepted or erased: a ring of new keys in place of the old one would hide everybody who asked to be
 * forgotten.
 */
export class KeysMissing extends PassingFault {
  override readonly name = 'KeysMissing';
  /** What is missing and where it is in use: `token key k1 (blacklist.token)`. */
  readonly missing: readonly string[];

  constructor(missing: readonly string[]) {
    super(
      `keys are in use that are not at hand: ${missing.join(', ')}. Put them back into LETHE_SEAL_KEYS, LETHE_TOKEN_KEYS and RECEIPT_KEYS; ` +
        'only if they are gone for good, name their ids in LETHE_LOST_KEYS',
    );
    this.missing = missing;
  }
}

/** What an id may look like, as in a key ring; and what follows it is as long as a hash, or longer. */
const MADE_BY_A_KEY = /^[A-Za-z0-9_-]{1,32}\.[A-Za-z0-9_-]{28,}$/;
/** Ids that are named at most, of one place. */
const MOST_NAMED = 10;

/**
 * Names the keys that are in use and not at hand. As long as every id that was ever written with is at hand it reads one
 * small collection; otherwise one query a place.
 * @throws what the database throws while it is away
 */
export async function findMissingKeys(db: Db, places: readonly KeyPlace[], held: HeldKeys): Promise<string[]> {
  const known = await db.collection<KeyIdRow>(KEY_IDS).find().toArray();
  const ids = idsAtHand(held);
  // Without any row nobody of this version has written yet: look at everything once.
  if (known.length > 0 && known.every(({ _id }) => ids.has(_id))) return [];
  const missing: string[] = [];
  for (const place of places) {
    for (const id of await foreignIds(db, place, ids))
      missing.push(`${place.ring} key ${id} (${place.collection}.${pathOf(place)})`);
  }
  return missing;
}

/**
 * Lets a process write with its keys, or not: notes the ids of those it writes with when nothing in use is missing.
 * @throws KeysMissing; what the database throws while it is away
 */
export async function checkKeys(db: Db, places: readonly KeyPlace[], held: HeldKeys): Promise<void> {
  const missing = await findMissingKeys(db, places, held);
  if (missing.length > 0) throw new KeysMissing(missing);
  const ids = db.collection<KeyIdRow>(KEY_IDS);
  for (const ring of RINGS)
    await ids.insertOne({ _id: `${ring}:${held.rings[ring].currentId}` }).catch((error: unknown) => {
      if (!isDuplicateKey(error)) throw error;
    });
}

/** Was the key ever written with, as far as this is written down? */
export async function wasWrittenWith(db: Db, ring: RingName, id: string): Promise<boolean> {
  return (await db.collection<KeyIdRow>(KEY_IDS).findOne({ _id: `${ring}:${id}` })) !== null;
}

/** Counts the rows of a place that a key made. */
export function countMadeBy(
  db: Db,
  { collection, database, field, filter = {} }: KeyPlace,
  id: string,
): Promise<number> {
  return (database === undefined ? db : db.client.db(database))
    .collection(collection)
    .countDocuments({ ...filter, $and: [{ [field]: new RegExp(`^${id}\\.`) }] });
}

/** A key of the installation, by its id alone. */
export interface KeyIdState {
  /** `token:ID`. */
  readonly id: string;
  /** It was written with: what it made may still be there. */
  readonly in_use: boolean;
  readonly at_hand: boolean;
}

/** Every key that was ever written with, and those at hand. @throws what the database throws while it is away */
export async function listKeyIds(db: Db, { rings }: HeldKeys): Promise<KeyIdState[]> {
  const used = new Set((await db.collection<KeyIdRow>(KEY_IDS).find().toArray()).map(({ _id }) => _id));
  const held = new Set(RINGS.flatMap((ring) => [...rings[ring].keys.keys()].map((id) => `${ring}:${id}`)));
  return [...new Set([...used, ...held])].sort().map((id) => ({ id, in_use: used.has(id), at_hand: held.has(id) }));
}

/** As rows name them. */
function idsAtHand({ rings, lost }: HeldKeys): ReadonlySet<string> {
  return new Set(RINGS.flatMap((ring) => [...rings[ring].keys.keys(), ...lost].map((id) => `${ring}:${id}`)));
}

/** One look finds one id; each further look leaves out those that were found. */
async function foreignIds(db: Db, place: KeyPlace, atHand: ReadonlySet<string>): Promise<string[]> {
  const { ring, collection, database, field, filter = {} } = place;
  const known = [...atHand].filter((id) => id.startsWith(`${ring}:`)).map((id) => id.slice(ring.length + 1));
  const found: string[] = [];
  while (found.length < MOST_NAMED) {
    const others = new RegExp(`^(?:${[...known, ...found].join('|')})\\.`);
    const row = await (database === undefined ? db : db.client.db(database))
      .collection(collection)
      .findOne({ ...filter, ...madeByOthers(place, others) }, { projection: { [field]: 1, _id: 0 } });
    const id = row && readId(row, place, others);
    if (!id) break;
    found.push(id);
  }
  return found;
}

const pathOf = ({ field, element }: KeyPlace) =>
  element === undefined || element === 'itself' ? field : `${field}.${element.field}`;

/** In an array one element is enough, whatever the others are. */
function madeByOthers({ field, element }: KeyPlace, others: RegExp): object {
  if (element === undefined) return { $and: [{ [field]: MADE_BY_A_KEY }, { [field]: { $not: others } }] };
  const text = { $in: [MADE_BY_A_KEY], $nin: [others] };
  return { [field]: { $elemMatch: element === 'itself' ? text : { [element.field]: text } } };
}

/** The id before the dot of the first text that none of the others made; the field may lie deeper. */
function readId(row: Record<string, unknown>, { field, element }: KeyPlace, others: RegExp): string | undefined {
  const inner = (value: unknown, name: string) => (value as Record<string, unknown> | null | undefined)?.[name];
  const value = field.split('.').reduce<unknown>(inner, row);
  const texts = [value].flat().map((one) => (typeof element === 'object' ? inner(one, element.field) : one));
  const text = texts.find(
    (one): one is string => typeof one === 'string' && MADE_BY_A_KEY.test(one) && !others.test(one),
  );
  return text?.slice(0, text.indexOf('.'));
}
