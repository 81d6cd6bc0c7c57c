import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { JO, MASK, NOW, outcomeOf, rulesOf, run } from './support.ts';

const { Binary } = mongoose.mongo;

describe('a number at its place', () => {
  const contact = { fate: 'delete' as const, numbers: ['n', 'a.n', 'p.{key}'], fields: { name: 'name' as const } };
  const fateOf = (document: object, entry: object = contact, people = [JO]) =>
    run({ ...document } as never, rulesOf([entry as never]), people).fate;

  it.each([
    ['with six digits beside it', `${JO} x123456`, 'deleted'],
    ['with seven', `${JO} x1234567`, 'changed'],
    ['with forty letters', `${'x'.repeat(40)} ${JO}`, 'deleted'],
    ['with forty-one', `${'x'.repeat(41)} ${JO}`, 'changed'],
    ['as the end of a longer one', `1${JO}`, 'unchanged'],
    ['as the beginning of a longer one', `${JO}123456`, 'unchanged'],
    ['with words that belong to an address', `sip:${JO}@host`, 'deleted'],
  ])('%s', (_what, n, fate) => {
    expect(fateOf({ n })).toBe(fate);
  });

  it('is one name further at most, and has few letters beside it there', () => {
    expect(fateOf({ n: { e164: JO } })).toBe('deleted');
    expect(fateOf({ n: { e164: { x: JO } } })).toBe('changed');
    expect(fateOf({ n: { e164: `${'x'.repeat(12)} ${JO}` } })).toBe('deleted');
    expect(fateOf({ n: { e164: `${'x'.repeat(13)} ${JO}` } })).toBe('changed');
  });

  it('in code, or in the id, is none that takes what is around it', () => {
    expect(fateOf({ n: new mongoose.mongo.Code(`to('${JO}')`) })).toBe('unchanged');
    const id = { numbers: ['_id.n'], fields: { name: 'name' as const } };
    expect(outcomeOf({ _id: { n: JO }, name: 'Jo' }, id)).toEqual({ _id: { n: JO }, name: null });
  });

  it.each([
    ['mask', `+${JO} x12`, `${MASK} x12`],
    ['mask', `Jo +${JO}`, MASK],
    ['mask', `"+${JO}"`, `"${MASK}"`],
    ['mask', `${JO}:7@s.net`, `${MASK}:7@s.net`],
    ['token', `+${JO} x12`, 'token-of-123'],
    ['keep', `+${JO}`, MASK],
  ] as const)('by %s, of %s', (strategy, n, after) => {
    expect(outcomeOf({ n }, { numbers: [{ path: 'n', strategy }] })).toEqual({ n: after });
  });

  it('in bytes keeps their kind, and in base64 what else they say', () => {
    const entry = { numbers: [{ path: 'n', strategy: 'clear' as const }] };
    const bytes = (text: string) => new Binary(Buffer.from(text), 0);
    expect(outcomeOf({ n: bytes(`+${JO}`) }, entry)).toEqual({ n: bytes(`+${'*'.repeat(12)}`) });
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    expect(outcomeOf({ n: base64(`to ${JO}.`) }, entry)).toEqual({ n: base64(`to ${MASK}.`) });
  });

  it.each([
    ['imsi', '234107700900123'],
    ['simImsi', '234107700900123'],
    ['iccids', ['8944770090012300005']],
    ['imeisv', ['3577009001234561', '3544770090012301']],
    ['sub', 'imsi-234107700900123'],
  ])('in the middle of what %s holds is none', (name, value) => {
    expect(run({ [name]: value } as never, rulesOf([{ numbers: ['n'] }]))).toMatchObject({
      fate: 'unchanged',
      failures: [],
    });
  });

  it('in a field of such a name that holds a number is one', () => {
    expect(outcomeOf({ imsi: JO, imei: `call +${JO}` }, { numbers: ['n'] })).toEqual({
      imsi: MASK,
      imei: `call ${MASK}`,
    });
    expect(run({ order: '234107700900123' } as never, rulesOf([{ numbers: ['n'] }])).failures).toHaveLength(1);
  });

  it('as a key is renamed, or goes', () => {
    const keyed = (strategy: 'mask' | 'delete' | 'empty' | 'clear') => ({ numbers: [{ path: 'p.{key}', strategy }] });
    expect(outcomeOf({ p: { [`${JO}@c.us`]: 1 } }, keyed('mask'))).toEqual({ p: { [`${MASK}@c.us`]: 1 } });
    for (const strategy of ['delete', 'empty', 'clear'] as const)
      expect(outcomeOf({ p: { [JO]: 1, x: 2 } }, keyed(strategy))).toEqual({ p: { x: 2 } });
  });

  it('and a mark, in what is an object', () => {
    const entry = (mark: string) => ({ numbers: ['n'], mark });
    expect(outcomeOf({ n: JO }, entry('a.b.done'))).toEqual({ n: MASK, a: { b: { done: NOW } } });
    expect(outcomeOf({ n: JO, a: { x: 1 } }, entry('a.b.done'))).toEqual({ n: MASK, a: { x: 1, b: { done: NOW } } });
    for (const a of ['text', [1], { b: 'text' }, { b: [] }, null])
      expect(outcomeOf({ n: JO, a }, entry('a.b.done'))).toEqual({ n: MASK, a });
  });
});
