import { describe, expect, it } from '@jest/globals';
import { parseDataMap } from '../../../../src/engine/map/load.ts';
import { profileFor } from '../../../../src/engine/map/profile.ts';
import { statementsFor } from '../../../../src/engine/rewrite/apply.ts';
import { applyEdits } from '../../../../src/engine/rewrite/outcome.ts';
import { rewrite } from '../../../../src/engine/rewrite/rewrite.ts';
import { rewriteRulesFor } from '../../../../src/engine/rewrite-rules.ts';
import { maskNumber } from '../../../../src/phone/mask.ts';
import { createNumberMatcher } from '../../../../src/phone/matcher.ts';
import type { PhoneNumber } from '../../../../src/phone/number.ts';
import { AL, JO, NOW, rulesOf, run as runRules } from './support.ts';

type Doc = Record<string, unknown>;

const matcher = createNumberMatcher([JO], ['GB']);
const LONDON = '442079460123' as PhoneNumber;

/** What one entry makes of a record for Jo. */
function run(record: Doc, words: string, kind = 'message') {
  const map = parseDataMap(
    `{version: 2, account: acc, collections: [{collection: blacklist, record: suppression, numbers: [number]},
      {collection: sms, record: ${kind}, ${words}}]}`,
    'map',
  );
  const [, entry] = map.collections;
  if (!entry) throw new Error('no entry');
  const rules = rewriteRulesFor([entry], profileFor('forget', map), 'a');
  const document = { _id: 1, acc: 'a', ...record };
  const words_ = new Map([[JO, { masked: maskNumber(JO), token: 'token' }]]);
  const result = rewrite(document, rules, words_, matcher, NOW);
  const { _id, acc, ...after } = applyEdits<Doc>(document, result);
  const again = rewrite({ _id, acc, ...after }, rules, words_, matcher, NOW);
  if (result.fate === 'changed') expect(again.fate).toBe('unchanged');
  return { ...result, after, statements: statementsFor(document, result, { acc: 'a' }) };
}

const NUMBER = 'numbers: [{parts: [cc, number]}], fields: [{path: body, category: body}]';

describe('a number in several fields', () => {
  it.each<[string, Doc, Doc]>([
    ['calling code and number', { cc: '44', number: '7700900123' }, { cc: '44', number: '********23' }],
    ['with its signs', { cc: '+44', number: '(0)7700 900-123' }, { cc: '+44', number: '(*)**** ***-*23' }],
    ['in number fields', { cc: 44, number: 7700900123 }, { cc: 44, number: null }],
    ['in two halves', { cc: '07700', number: '900123' }, { cc: '*****', number: '****23' }],
  ])('%s', (_what, number, after) => {
    const { found, ...result } = run({ ...number, body: 'Hi' }, NUMBER);
    expect(result.after).toEqual({ ...after, body: '[REDACTED]' });
    expect(found).toEqual([{ number: JO, path: 'number', as: 'mapped', name: 'sms', own: true }]);
  });

  it('is another person’s with another calling code, whatever one field says by itself', () => {
    for (const record of [
      { cc: '353', number: '07700900123' },
      { cc: '44', number: AL.slice(2) },
    ])
      expect(run({ ...record, body: 'Hi' }, NUMBER)).toMatchObject({ fate: 'unchanged', failures: [] });
    // One field alone is what it holds.
    expect(run({ cc: null, number: '07700900123' }, NUMBER).after).toEqual({ cc: null, number: '44********23' });
  });

  it('deletes a contact, as long as every field is what was read', () => {
    const { fate, statements } = run({ cc: '44', number: '7700900123' }, NUMBER, 'contact');
    expect(fate).toBe('deleted');
    const text = JSON.stringify(statements);
    expect(text).toContain('"cc"');
    expect(text).toContain('"number"');
  });

  it('rests on the calling code, too', () => {
    expect(JSON.stringify(run({ cc: '44', number: '7700900123' }, NUMBER).statements)).toContain('"cc"');
  });

  it('stands in lists that the map does not name', () => {
    const words = 'numbers: [{parts: [phone.cc, phone.number]}]';
    expect(
      run(
        {
          phone: [
            { cc: '353', number: '871234567' },
            { cc: '44', number: '7700900123' },
          ],
        },
        words,
      ).after,
    ).toEqual({
      phone: [
        { cc: '353', number: '871234567' },
        { cc: '44', number: '********23' },
      ],
    });
  });

  it('keeps a text that another shares', () => {
    const words = `numbers: [to, {parts: [cc, number]}], fields: [{path: body, category: body, only_if_alone: true}]`;
    const other = { cc: '44', number: AL.slice(2) };
    expect(run({ to: JO, ...other, body: 'Hi' }, words).after).toEqual({ to: '44********23', ...other, body: 'Hi' });
    for (const none of [{}, { cc: '44', number: JO.slice(2) }, { cc: '44', number: '1234' }, { cc: null, number: '' }])
      expect(run({ to: JO, ...none, body: 'Hi' }, words).after).toMatchObject({ body: '[REDACTED]' });
  });

  it('is refused beside elements, in the id, and as a field of something else', () => {
    expect(() => run({}, `${NUMBER}, elements: "list[]"`)).toThrow('cannot stand beside elements');
    expect(() => run({}, 'numbers: [{parts: [_id.cc, _id.number]}]')).toThrow('cannot be changed');
    expect(() => run({}, 'numbers: [number, {parts: [cc, number]}]')).toThrow('stands twice');
    expect(() => run({}, 'numbers: [{parts: [cc, number]}, {parts: [cc, other]}]')).not.toThrow();
  });
});

describe('what may be two people’s', () => {
  const rules = (ambiguous: 'fail' | 'erase') => rulesOf([{ numbers: ['to'] }], { ambiguous });
  it.each<[string, Doc, Doc]>([
    ['a text without its zero', { to: '2079460123' }, { to: '44********23' }],
    ['a rounded text', { to: '4.47701E+11' }, { to: '44********23' }],
    ['a rounded number', { to: 447701000000 }, { to: null }],
    ['in another text', { note: 'call 2079460123 now' }, { note: 'call 44********23 now' }],
    ['in JSON', { raw: '{"a":"4.47701E+11"}' }, { raw: '{"a":"44********23"}' }],
  ])('%s', (_what, record, after) => {
    const number = JSON.stringify(record).includes('2079') ? LONDON : JO;
    const failed = runRules(record, rules('fail'), [number]);
    expect(failed.failures).toEqual([expect.objectContaining({ number, why: 'ambiguous_number' })]);
    expect(failed.fate).toBe('unchanged');
    const erased = runRules(record, rules('erase'), [number]);
    expect(erased.after).toEqual(after);
    expect(erased.failures).toEqual([]);
  });
});
