import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { mayHoldNumber } from '../../../../src/engine/rewrite/bson-walk.ts';
import { createNumberMatcher } from '../../../../src/phone/matcher.ts';
import { ENTRIES, randomFrom, randomObject } from './random-documents.ts';
import { AL, JO, rulesOf, run } from './support.ts';

const { Binary, Decimal128, ObjectId, BSON } = mongoose.mongo;
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
  it.each(Array.from({ length: 8 }, (_, seed) => [seed]))('seed %i', (seed) => {
    const random = randomFrom(seed * 7919 + 1);
    let changed = 0;
    for (let round = 0; round < 250; round += 1) {
      const document = randomObject(random, 5);
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
      const document = randomObject(random, 4);
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
    const random = randomFrom(5);
    for (let round = 0; round < 500; round += 1) {
      const damaged = Buffer.from(raw);
      damaged[random(raw.length)] = random(256);
      // It ends, whatever it says.
      mayHoldNumber(damaged, matcher);
    }
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
