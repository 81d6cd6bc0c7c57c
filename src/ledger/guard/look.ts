import { setImmediate as turnOfLoop } from 'node:timers/promises';
import mongoose from 'mongoose';
import type { Tokens } from '../../base/keys/token.ts';
import { allOf, type Filter } from '../../engine/filter.ts';
import type { LateLimit, lateKey } from '../../engine/late.ts';
import { mayHoldNumber } from '../../engine/rewrite/bson-walk.ts';
import { readRaw } from '../../engine/scan/read-place.ts';
import { HOLD_MS } from '../../lib/turns.ts';
import type { PhoneNumber } from '../../phone/number.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Circle, ScanPlace } from '../scan/circle.ts';
import { findTombstones, type Tombstone } from '../tombstones/tombstones.ts';

const { BSON } = mongoose.mongo;

type Document = Readonly<Record<string, unknown>>;

export interface LookDependencies {
  readonly db: mongoose.mongo.Db;
  readonly tokens: Pick<Tokens, 'allTokens'>;
  /** Names the numbers of raw records, by the account's countries. */
  readonly numbersIn: (account: Account) => (bytes: Uint8Array, into: Set<PhoneNumber>) => void;
  /** Did the record come of a message that was scheduled before the moment? */
  readonly stemsFromScheduled: (document: Document, account: Account, before: Date) => Promise<boolean>;
  readonly now: () => Date;
}

/** Somebody who was forgotten, with the records of theirs that came late. */
export interface LatePerson {
  readonly number: PhoneNumber;
  readonly tombstone: Tombstone;
  /** The `_id`s of all of them. */
  readonly records: Map<ScanPlace, unknown[]>;
  /** Records that no time tells, by collection. */
  readonly named: Map<string, unknown[]>;
  /** How many, by collection. */
  readonly counts: Record<string, number>;
}

/** Whose records are late. */
export interface LookRule {
  /** Are records without any time taken for late? */
  isUndatedLate(tombstone: Tombstone, number: PhoneNumber): Promise<boolean>;
  /** Tombstones that count; all of them unless given. */
  concerns?(tombstone: Tombstone): boolean;
}

/** Numbers whose tokens are remembered: those of a platform's regular senders come in every record. */
const MOST_REMEMBERED = 100_000;

const documentOf = (bytes: Uint8Array) => BSON.deserialize(bytes, { promoteLongs: false }) as Document;

function append<Key>(lists: Map<Key, unknown[]>, key: Key, id: unknown): void {
  const list = lists.get(key);
  if (list) list.push(id);
  else lists.set(key, [id]);
}

export type Look = ReturnType<typeof createLook>;

/** Is any of the person's records still late? Another request may have erased them since they were read. */
export async function isStillLate(look: Look, circle: Circle, { number, records }: LatePerson): Promise<boolean> {
  for (const [place, ids] of records) {
    const again = new Map<PhoneNumber, LatePerson>();
    const filter = allOf(place.filter, { _id: { $in: ids } } as Filter);
    for await (const batch of readRaw(place.collection, filter, ids.length, false))
      await look(circle, place, batch, again);
    if (again.has(number)) return true;
  }
  return false;
}

/** Finds, batch by batch, the late records of people who were forgotten. Reads nothing and changes nothing itself. */
export function createLook(deps: LookDependencies, account: Account, rule: LookRule) {
  const { db, tokens, now } = deps;
  const numbersIn = deps.numbersIn(account);
  const remembered = new Map<PhoneNumber, readonly string[]>();
  const tokensOf = (number: PhoneNumber) => {
    const known = remembered.get(number) ?? tokens.allTokens(account._id, number);
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(number, known);
    return known;
  };

  /** Everybody in the records who has a tombstone. */
  const readForgotten = async (
    place: ScanPlace,
    batch: readonly Uint8Array[],
  ): Promise<Map<PhoneNumber, Tombstone>> => {
    const numbers = new Set<PhoneNumber>();
    let held = performance.now();
    for (const bytes of batch) {
      numbersIn(bytes, numbers);
      // What one field of several holds says nothing by itself.
      if (place.isJoined) for (const number of place.numbersInParts(documentOf(bytes))) numbers.add(number);
      if (performance.now() - held < HOLD_MS) continue;
      await turnOfLoop();
      held = performance.now();
    }
    const asked = [...numbers].map((number) => [number, tokensOf(number)] as const);
    const found = await findTombstones(
      db,
      account._id,
      asked.flatMap(([, some]) => some),
    );
    return new Map(
      asked.flatMap(([number, some]) => {
        const own = some.flatMap((token) => found.get(token) ?? []).filter((one) => rule.concerns?.(one) ?? true);
        const [latest] = own.sort((one, other) => other.cut_off.getTime() - one.cut_off.getTime());
        return latest === undefined ? [] : [[number, latest] as const];
      }),
    );
  };

  /** The late records of a batch, added to the people whose they are. */
  return async (
    circle: Circle,
    place: ScanPlace,
    batch: readonly Uint8Array[],
    people: Map<PhoneNumber, LatePerson>,
  ): Promise<void> => {
    const forgotten = await readForgotten(place, batch);
    if (forgotten.size === 0) return;
    const numbers = await circle.createNumbers(new Map([...forgotten].map(([number, { token }]) => [number, token])));
    for (const bytes of batch) {
      if (!place.isJoined && !mayHoldNumber(bytes, numbers.matcher)) continue;
      const document = documentOf(bytes);
      const { fate, found, failures, waiting } = place.rewrite(document, numbers, now());
      if (fate === 'unchanged' && failures.length === 0 && waiting.length === 0) continue;
      for (const number of new Set([...found, ...failures].map((one) => one.number).concat(waiting))) {
        const tombstone = forgotten.get(number);
        if (tombstone === undefined) continue;
        const limit = await limitOf(tombstone, number);
        const isDated = place.isLate(document, limit);
        if (!isDated && !(await deps.stemsFromScheduled(document, account, tombstone.cut_off))) continue;
        const person: LatePerson = people.get(number) ?? {
          ...{ number, tombstone, records: new Map(), named: new Map(), counts: {} },
        };
        people.set(number, person);
        person.counts[place.key] = (person.counts[place.key] ?? 0) + 1;
        append(person.records, place, document._id);
        if (!isDated) append(person.named, place.key, document._id);
      }
    }
  };

  async function limitOf(tombstone: Tombstone, number: PhoneNumber): Promise<LateLimit> {
    return {
      before: tombstone.cut_off,
      undated: await rule.isUndatedLate(tombstone, number),
      records: new Set<ReturnType<typeof lateKey>>(),
    };
  }
}
