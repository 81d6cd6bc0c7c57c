import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { mayHoldNumber } from '../../../../src/engine/rewrite/bson-walk.ts';
import { createNumberMatcher } from '../../../../src/phone/matcher.ts';
import { AL, type EntryInWords, JO, rulesOf, run } from './support.ts';

const { Long, Binary, Decimal128, Double, ObjectId, BSON } = mongoose.mongo;
type Random = (below: number) => number;

/** Numbers that look random and are the same each time. */
function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const oneOf = <T>(random: Random, list: readonly T[]): T => list[random(list.length)] as T;

/** Ways to write a person's number, in which no digit of another stands. */
const WRITINGS: readonly ((number: string) => unknown)[] = [
  (n) => n,
  (n) => `+${n}`,
  (n) => `00${n}`,
  (n) => `0${n.slice(2)}`,
  (n) => `+44 (0)${n.slice(2, 6)} ${n.slice(6)}`,
  (n) => `(0${n.slice(2, 6)}) ${n.slice(6, 9)} ${n.slice(9)}\r`,
  (n) => `whatsapp:+${n}`,
  (n) => `${n}@c.us`,
  (n) => `call 0${n.slice(2, 6)}-${n.slice(6)} now`,
  (n) => `https://x.example/?to=%2B${n}&id=7`,
  (n) => Number(n),
  (n) => new Double(Number(n)),
  (n) => Long.fromString(n),
  (n) => Decimal128.fromString(`${n}.0`),
  (n) => new Binary(Buffer.from(`\xff\0${n}\0`, 'latin1')),
  (n) => Buffer.from(`id:${n};`).toString('base64'),
  (n) => `wamid.${Buffer.from(`\x1c\x18\x0c${n}\x15\x02`, 'latin1').toString('base64')}`,
  (n) => JSON.stringify({ n, list: [Number(n), { [n]: 'x' }] }),
  (n) => JSON.stringify(JSON.stringify([`+${n}`])),
];

const OTHERS: readonly ((random: Random) => unknown)[] = [
  () => null,
  () => '',
  () => [],
  () => ({}),
  () => 'text without figures',
  (random) => random(1e6),
  (random) => random(2) === 1,
  (random) => new Date(1e12 + random(1e9)),
  (random) => new ObjectId(`64a0${random(1e9).toString(16).padStart(20, '0')}`),
  () => '2026-11-25T10:00:00Z',
  () => '44********56',
  () => 'Zoë, 12.50 €',
];

const NAMES = ['to', 'from', 'contacts', 'number', 'people', 'phones', 'payload', 'x', 'y', '0', 'a.b', '$c', ''];

const ENTRIES: readonly EntryInWords[] = [
  { numbers: ['to', 'from'] },
  { numbers: ['contacts[].number'], fields: { 'contacts[].mine': 'name', mine: 'body' } },
  {
    numbers: [{ path: 'people[].phones[]', strategy: { replace: 'gone' } }, 'people.{key}'],
    fields: { 'people[].mine': 'custom' },
  },
  {
    numbers: [
      { path: 'payload.from', strategy: 'clear' },
      { path: 'payload.to', strategy: 'delete' },
    ],
    fields: { 'payload.mine': 'transcript' },
  },
  { fate: 'delete', elements: 'contacts[]', numbers: ['contacts[].own.number'] },
];

/** A random value; what lies under `mine` is whatever an erasure may take with the number. */
function randomValue(random: Random, depth: number): unknown {
  const kind = random(depth > 0 ? 10 : 6);
  if (kind === 0) return oneOf(random, WRITINGS)(JO);
  if (kind <= 2) return oneOf(random, WRITINGS)(AL);
  if (kind <= 5) return oneOf(random, OTHERS)(random);
  if (kind <= 7) return Array.from({ length: random(4) }, () => randomValue(random, depth - 1));
  return objectOf(random, depth - 1);
}

function objectOf(random: Random, depth: number): Record<string, unknown> {
  const entries = Array.from({ length: random(5) }, (): [string, unknown] => {
    const dice = random(20);
    const key = dice === 0 ? JO : dice === 1 ? `+${AL}` : oneOf(random, NAMES);
    return [key, randomValue(random, depth)];
  });
  if (random(3) === 0) entries.push(['mine', oneOf(random, OTHERS)(random)]);
  return Object.fromEntries(entries);
}

/** Every plain value and every key of a document, as texts, decoded. */
function* leavesOf(value: unknown): Generator<string> {
  if (Array.isArray(value)) for (const element of value) yield* leavesOf(element);
  else if (value instanceof Binary) yield Buffer.from(value.value()).toString('latin1');
  else if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    for (const [key, inner] of Object.entries(value)) {
      yield `key ${key}`;
      yield* leavesOf(inner);
    }
  else yield String(value);
}

const holds = (text: string, number: string) => {
  const decoded = [...text.matchAll(/[A-Za-z0-9+/]{12,}={0,2}/g)].map(([token]) =>
    Buffer.from(token, 'base64').toString('latin1'),
  );
  const tail = new RegExp([...number.slice(2)].join('\\D{0,4}'));
  return [text, ...decoded].some((one) => tail.test(one));
};

const kindOf = (value: unknown) =>
  Array.isArray(value)
    ? 'list'
    : value === null
      ? 'null'
      : typeof value === 'object'
        ? Object.prototype.toString.call(value)
        : typeof value;

/** Same kind at the same place; a number may become null, a text in a field that is cleared too. */
function sameKinds(before: unknown, after: unknown): boolean {
  if (after === null || after === undefined) return true;
  if (Array.isArray(before)) return Array.isArray(after);
  if (kindOf(before) !== kindOf(after)) return false;
  if (kindOf(before) !== '[object Object]' || '_bsontype' in (before as object)) return true;
  return Object.entries(before as object).every(([key, value]) =>
    sameKinds(value, (after as Record<string, unknown>)[key]),
  );
}

describe('random documents', () => {
  it.each(Array.from({ length: 12 }, (_, seed) => [seed]))('seed %i', (seed) => {
    const random = randomFrom(seed * 7919 + 1);
    let changed = 0;
    for (let round = 0; round < 250; round += 1) {
      const document = objectOf(random, 5);
      const rules = rulesOf(ENTRIES.filter(() => random(2) === 0));
      const result = run(document, rules);
      const leaves = [...leavesOf(document)];
      const left = [...leavesOf(result.after)];
      const say = () =>
        `seed ${seed}, round ${round}: ${BSON.EJSON.stringify(document)} -> ${BSON.EJSON.stringify(result.after)}`;
      if (result.fate === 'changed') changed += 1;

      const theirs = leaves.some((leaf) => holds(leaf, JO));
      if (theirs !== (result.fate === 'changed')) throw new Error(`not found: ${say()}`);
      if (left.some((leaf) => holds(leaf, JO))) throw new Error(`left: ${say()}`);
      const others = (list: string[]) => list.filter((leaf) => holds(leaf, AL) && !holds(leaf, JO)).sort();
      // Under a key, or in an element, that is the person's everything is theirs.
      if (result.pulled.length === 0 && result.edits.every(({ after }) => typeof after !== 'symbol'))
        expect([say(), others(left)]).toEqual([say(), others(leaves)]);
      if (result.pulled.length + result.renamed.length === 0 && !sameKinds(document, result.after))
        throw new Error(`kind: ${say()}`);
      const again = run(result.after, rules);
      if (again.fate !== 'unchanged' || again.found.length > 0)
        throw new Error(`again: ${say()} -> ${BSON.EJSON.stringify(again.after)}`);
    }
    expect(changed).toBeGreaterThan(50);
  });
});

describe('the walk over the bytes', () => {
  const matcher = createNumberMatcher([JO], ['GB']);

  it('passes over most documents without the number', () => {
    const random = randomFrom(42);
    let passed = 0;
    let without = 0;
    for (let round = 0; round < 1000; round += 1) {
      const document = objectOf(random, 4);
      if ([...leavesOf(document)].some((leaf) => holds(leaf, JO))) continue;
      without += 1;
      if (mayHoldNumber(BSON.serialize(document), matcher)) passed += 1;
    }
    expect(without).toBeGreaterThan(300);
    expect(passed).toBe(0);
  });

  it('passes what is no BSON', () => {
    const raw = Buffer.from(BSON.serialize({ a: 'text', b: [1, 2] }));
    for (let length = 5; length < raw.length; length += 1)
      expect(mayHoldNumber(raw.subarray(0, length), matcher)).toBe(true);
    raw[4] = 99;
    expect(mayHoldNumber(raw, matcher)).toBe(true);
  });

  it('reads every type there is', () => {
    const { Int32, Timestamp, MinKey, MaxKey, BSONRegExp, Code, BSONSymbol, UUID, DBRef } = mongoose.mongo;
    const others = {
      a: new Int32(5),
      b: new Timestamp({ t: 1, i: 2 }),
      c: new MinKey(),
      d: new MaxKey(),
      e: new BSONRegExp('x', 'i'),
      f: new Code('x', { y: 1 }),
      g: new Code('z'),
      h: new BSONSymbol('s'),
      i: new UUID(),
      j: new Date(),
      k: true,
      l: null,
      m: new DBRef('x', new ObjectId()),
      n: [1, [2]],
      o: Decimal128.fromString('1.5'),
      p: new Binary(Buffer.from('xxxxxxx'), 2),
    };
    expect(mayHoldNumber(BSON.serialize(others), matcher)).toBe(false);
    for (const value of [
      new Code(`to('${JO}')`, {}),
      new Code('x', { n: JO }),
      new BSONSymbol(JO),
      new BSONRegExp(JO),
      new Binary(Buffer.from(JO), 2),
      new DBRef('x', JO as never),
      new Int32(5),
    ])
      expect(mayHoldNumber(BSON.serialize({ ...others, z: value }), matcher)).toBe(!(value instanceof Int32));
  });
});
