import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { mayHoldNumber } from '../../../../src/engine/rewrite/bson-walk.ts';
import { createNumberMatcher } from '../../../../src/phone/matcher.ts';
import { JO } from './support.ts';

const { Binary, BSON, BSONRegExp, BSONSymbol, Code, Double, Int32, Long, ObjectId, Timestamp, UUID } = mongoose.mongo;
const matcher = createNumberMatcher([JO], ['GB']);

/** What a walk over a document asks the matcher for. */
function askedOf(document: object, options: mongoose.mongo.BSON.SerializeOptions = {}): string[] {
  const asked: string[] = [];
  const note =
    <Answer>(ask: (text: string) => Answer) =>
    (text: string) => {
      asked.push(text);
      return ask(text);
    };
  const noting = { ...matcher, find: note(matcher.find), findNumber: note(matcher.findNumber) };
  expect(mayHoldNumber(BSON.serialize(document, options), noting)).toBe(false);
  return asked;
}
const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64');

describe('the walk over the bytes decodes what may be a number', () => {
  it.each<[string, unknown, string[]]>([
    ['seven digits', '1234567', ['1234567']],
    ['six digits', '123456 and more', []],
    ['digits from 0 to 9', '0099 900', ['0099 900']],
    ['what stands beside them in the table', '//////:::::::', []],
    ['digits of another script', '١٢٣٤٥٦٧', ['١٢٣٤٥٦٧']],
    ['six of another script', '١٢٣٤٥٦', []],
    ['letters beyond ASCII', 'äöüßéèâ', ['äöüßéèâ']],
    ['nothing', '', []],
    ['a key', { 'k 1234567': 1, k123456: 1 }, ['k 1234567']],
    ['no index of a list', Array.from({ length: 3 }, () => '1234567'), ['1234567', '1234567', '1234567']],
    ['a small integer', new Int32(999_999), []],
    ['an integer', new Int32(1_000_000), ['1000000']],
    ['a small negative one', new Int32(-999_999), []],
    ['a negative one', new Int32(-1_000_000), ['-1000000']],
    ['a double', new Double(1_000_000), ['1000000']],
    ['a double that is no whole number', new Double(1_000_000.5), []],
    ['a long', Long.fromString('12345678901234567'), ['12345678901234567']],
    ['a regular expression, and no flag of it', new BSONRegExp('1234567', 'ims'), ['1234567']],
    ['a regular expression of six', new BSONRegExp('123456'), []],
    ['a symbol', new BSONSymbol('1234567'), ['1234567']],
    ['code', new Code('f(1234567)'), ['f(1234567)']],
    ['code with a scope', new Code('f(1234567)', { n: 'g 1234567' }), ['f(1234567)', 'g 1234567']],
    ['code with a scope of less', new Code('f(123456)', { n: '123456' }), []],
    ['no id', new ObjectId('111111111111111111111111'), []],
    ['no UUID', new UUID('11111111-1111-4111-8111-111111111111'), []],
    ['no date, no time', [new Date(1234567890123), new Timestamp({ t: 1234567890, i: 1 }), true, null], []],
  ])('%s', (_what, value, asked) => {
    expect(askedOf({ a: value })).toEqual(asked);
    // And goes on behind it.
    expect(askedOf({ a: value, b: 'behind 1234567' })).toEqual([...asked, 'behind 1234567']);
    expect(askedOf({ a: { a: value }, b: [{ a: value }], c: 1_000_000 })).toEqual([...asked, ...asked, '1000000']);
    expect(mayHoldNumber(BSON.serialize({ a: value, b: JO }), matcher)).toBe(true);
  });

  it('undefined, and the ends of all values', () => {
    const odd = { a: undefined, b: new mongoose.mongo.MinKey(), c: new mongoose.mongo.MaxKey(), d: 'behind 1234567' };
    expect(askedOf(odd, { ignoreUndefined: false })).toEqual(['behind 1234567']);
    // An element of the old type: `undefined`.
    const raw = Buffer.from(BSON.serialize({ a: null, b: 'nothing here' }));
    raw[4] = 6;
    expect(mayHoldNumber(raw, matcher)).toBe(false);
  });

  it('bytes, from seven digits on', () => {
    const bytes = (text: string, subtype = 0) => ({ a: new Binary(Buffer.from(text, 'latin1'), subtype) });
    for (const subtype of [0, 2, 128]) {
      expect(askedOf(bytes('\xff12345\x006', subtype))).toEqual([]);
      expect(mayHoldNumber(BSON.serialize(bytes(`\xff${JO}`, subtype)), matcher)).toBe(true);
      expect(mayHoldNumber(BSON.serialize(bytes(`${JO.slice(0, -1)}`, subtype)), matcher)).toBe(false);
    }
  });

  it('base64, and JSON, where it may hold one', () => {
    const text = (value: string) => mayHoldNumber(BSON.serialize({ a: value }), matcher);
    expect([text(base64(`x${JO}`)), text(`id=${base64(`\xff${JO}`)};`), text(`id=${base64(`\xff${JO}`)}`)]).toEqual([
      ...[true, true, true],
    ]);
    // With the first letter of the alphabet in every part of it.
    expect(text(base64(`\xff\xff\xff${JO}`))).toBe(true);
    expect(askedOf({ a: 'twelveletter' })).toEqual([]);
    expect(askedOf({ a: 'internationalisation and no digits' })).toEqual([]);
    const escaped = `{"a":"${[...JO].map((digit) => `\\u003${digit}`).join('')}"}`;
    expect([text(escaped), text(` \n${escaped}`), text(`x${escaped}`)]).toEqual([true, true, false]);
  });
});

describe('the walk over bytes that are no BSON passes them', () => {
  const document = (...elements: (string | number[])[]) => {
    const bytes = Buffer.concat(elements.map((one) => Buffer.from(one as string)));
    const whole = Buffer.alloc(bytes.length + 5);
    whole.writeInt32LE(whole.length, 0);
    bytes.copy(whole, 4);
    return whole;
  };
  const int = (value: number) => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff];

  it.each([
    ['a text of no length', document([2], 'a\0', int(0), '\0')],
    ['a text that leads out', document([2], 'a\0', int(1000), 'x\0')],
    ['a document of no length', document([3], 'a\0', int(0))],
    ['a document of four bytes', document([3], 'a\0', int(4))],
    ['bytes of less than no length', document([5], 'a\0', int(-1), [0])],
    ['a name without end', Buffer.concat([Buffer.from(int(12)), Buffer.from([16]), Buffer.alloc(7, 'a')])],
    ['a type that is none', document([99], 'a\0', int(1))],
    ['a length that is not its own', document([16], 'a\0', int(1)).subarray(0, -1)],
    ['an integer cut off', document([18], 'a\0', int(1)).subarray(0, 4 + 1 + 2 + 2)],
  ])('%s', (_what, raw) => {
    expect(mayHoldNumber(raw, matcher)).toBe(true);
  });

  it('and what can be read of such a form does not', () => {
    expect(mayHoldNumber(document([2], 'a\0', int(2), 'x\0'), matcher)).toBe(false);
    expect(mayHoldNumber(document([3], 'a\0', int(5), [0]), matcher)).toBe(false);
    expect(mayHoldNumber(document([5], 'a\0', int(0), [0]), matcher)).toBe(false);
    const behindPointer = (text: string) => {
      const pointer = [[12], 'a\0', int(2), 'x\0', Array<number>(12).fill(1)];
      return document(...pointer, [2], 'b\0', int(text.length + 1), `${text}\0`);
    };
    expect(mayHoldNumber(behindPointer('x'), matcher)).toBe(false);
    expect(mayHoldNumber(behindPointer(JO), matcher)).toBe(true);
    expect(mayHoldNumber(Buffer.concat([Buffer.from('xx'), document()]).subarray(2), matcher)).toBe(false);
  });
});
