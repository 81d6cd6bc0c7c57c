import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { changeOfRecord } from '../../../src/engine/change.ts';
import { profileFor, wordsWithoutNumber } from '../../../src/engine/map/profile.ts';
import { nameOf } from '../../../src/engine/map/schema.ts';
import { compilePlan, narrowNumberRule } from '../../../src/engine/plan.ts';
import { compileChildRules, compileRecordRules, narrowRule } from '../../../src/engine/record-plan.ts';
import { splitsOf } from '../../../src/engine/splits.ts';
import { numberSubject } from '../../../src/engine/subject.ts';
import { phoneNumber } from '../../support/numbers.ts';
import { JO, jo, mapOf, NOW } from './support.ts';

const { Long } = mongoose.mongo;
const TOKEN = `key1.${'A'.repeat(43)}`;

const MAP = mapOf([
  { collection: 'sms', numbers: ['to', 'a.from'], pending: { path: 'status', values: ['queued', 'held'], at: 'due' } },
  {
    ...{ collection: 'calls', name: 'log', record: 'call', numbers: [{ parts: ['cc', 'x.no'] }] },
    pending: { path: 'state', values: ['booked'], at: 'at' },
  },
  { collection: 'cards', record: 'contact', numbers: ['phone', 'kin[].phone'] },
  { collection: 'kin', record: 'contact', numbers: ['phone', { path: 'by', own: false }] },
  { collection: 'lists', record: 'contact', numbers: ['phones[]', 'faxes[]'] },
  { collection: 'mixed', numbers: ['to', 'to[]', 'to[].n', 'tower'] },
  { collection: 'chats', record: 'chat', numbers: ['unread.{key}', 'who'] },
  {
    ...{ collection: 'texts', numbers: ['n'] },
    fields: [{ path: 'error', category: 'note', mask_in_text: true }],
  },
  { collection: 'parts', via: { collection: 'sms', key: '_id', field: 'of' }, numbers: ['n'] },
]);
const FORGET = profileFor('forget', MAP);
const plan = compilePlan(MAP, FORGET);
const ruleOf = (key: string) => {
  const found = plan.rules.find((rule) => rule.key === key);
  if (!found) throw new Error(`no ${key}`);
  return found;
};

describe('the plan of an erasure', () => {
  it('has a rule for each place that can be looked up', () => {
    const notQueued = { status: { $nin: ['queued', 'held'] } };
    const told = plan.rules.map(({ key, name, path, joined, only, suppression, needsReading, entry }) => ({
      ...{ key, name, at: path.text, only, entry: nameOf(entry) === name },
      ...(joined && { joined: joined.parts }),
      ...(suppression && { suppression }),
      ...(needsReading && { needsReading }),
    }));
    const rule = (key: string, at: string, more: object = {}) => ({
      ...{ key, name: key.slice(0, key.indexOf('.')), at, only: {}, entry: true },
      ...more,
    });
    expect(told).toEqual([
      rule('sms.to', 'to', { only: notQueued }),
      rule('sms.a.from', 'a.from', { only: notQueued }),
      rule('log.cc+x.no', 'x.no', {
        joined: ['cc', 'x.no'],
        needsReading: true,
        only: { state: { $nin: ['booked'] } },
      }),
      rule('cards.phone', 'phone'),
      rule('cards.kin.phone', 'kin[].phone', { needsReading: true }),
      rule('kin.phone', 'phone'),
      rule('kin.by', 'by'),
      rule('lists.phones', 'phones[]'),
      rule('lists.faxes', 'faxes[]'),
      rule('mixed.to', 'to'),
      rule('mixed.to[]', 'to[]'),
      rule('mixed.to.n', 'to[].n'),
      rule('mixed.tower', 'tower'),
      rule('chats.who', 'who'),
      rule('texts.n', 'n', { needsReading: true }),
      rule('blacklist.number', 'number', {
        only: { token: { $not: /^[A-Za-z0-9_-]{1,32}\.[A-Za-z0-9_-]{43}$/ } },
        suppression: true,
      }),
    ]);
    const { $not: shape } = ruleOf('blacklist.number').only.token as { $not: RegExp };
    expect([shape.source, shape.test(TOKEN)]).toEqual(['^[A-Za-z0-9_-]{1,32}\\.[A-Za-z0-9_-]{43}$', true]);
  });

  it('waits for what is scheduled', () => {
    expect(plan.waits.map(({ here: _here, ...wait }) => wait)).toMatchObject([
      { name: 'sms', path: { text: 'to' }, scheduled: { status: { $in: ['queued', 'held'] } }, at: 'due' },
      { name: 'sms', path: { text: 'a.from' }, scheduled: { status: { $in: ['queued', 'held'] } }, at: 'due' },
      { name: 'log', path: { text: 'x.no' }, scheduled: { state: { $in: ['booked'] } }, at: 'at' },
    ]);
    expect(plan.waits.map(({ entry, joined }) => [nameOf(entry), joined?.parts])).toEqual([
      ['sms', undefined],
      ['sms', undefined],
      ['log', ['cc', 'x.no']],
    ]);
    const plain = jo({ isPlaced: false });
    for (const { here } of plan.waits) expect(here(plain)).toEqual(plain);
  });

  it('leaves out what a profile skips, and records that others tell of', () => {
    const kept = compilePlan(MAP, { ...FORGET, records: { ...FORGET.records, message: 'skip', contact: 'skip' } });
    expect(kept.rules.map(({ key }) => key)).toEqual(['log.cc+x.no', 'chats.who', 'blacklist.number']);
    expect(kept.waits.map(({ name }) => name)).toEqual(['log']);
  });

  it('knows what the rewriter needs', () => {
    const rules = ruleOf('cards.phone').rewriteRules('acc_x');
    expect(rules).toMatchObject({ name: 'cards', entries: [{ name: 'cards', fate: 'delete' }] });
    expect([{ acc: 'acc_x' }, { acc: 'acc_y' }, {}].map((record) => rules.belongs?.(record))).toEqual([
      ...[true, false, false],
    ]);
    expect(ruleOf('cards.phone').change(jo())).toEqual({ kind: 'delete' });
  });

  it('has rules that find fewer', () => {
    const rule = ruleOf('sms.to');
    const also = { status: 'sent', x: 1 };
    expect(narrowNumberRule(rule, also)).toEqual({
      ...rule,
      only: { status: { $nin: ['queued', 'held'] }, x: 1, $and: [{ status: 'sent' }] },
    });
  });
});

describe('rules for whole records', () => {
  const told = {
    ...{ collection: 'texts', numbers: ['from', 'to'], id: 'id', at: 'at', redacted: 'done', interaction: 'text' },
    direction: { path: 'way', outbound: ['out', 'reply'], inbound: 'in' },
    own_number: { outbound: 'from', inbound: 'to' },
    pending: { path: 'status', values: ['queued'], at: 'due' },
  };
  const map = mapOf([
    told,
    { ...told, collection: 'calls', record: 'call', interaction: 'call', own_number: undefined, direction: 'inbound' },
    { collection: 'parts', via: { collection: 'texts', key: '_id', field: 'of' }, numbers: ['n'] },
    { collection: 'sms', numbers: ['to'] },
  ]);
  const [texts, calls, parts] = map.collections;
  if (!texts || !calls || !parts) throw new Error('no entries');
  const interaction = profileFor('interaction', map);
  const all = () => true;
  const shown = (rules: ReturnType<typeof compileRecordRules>) => rules.map(({ key, only }) => [key, only]);
  const open = { status: { $nin: ['queued'] } };

  it('are one for each direction where another number is kept in each', () => {
    const rules = compileRecordRules(map, interaction, all);
    expect(shown(rules)).toEqual([
      ['texts*inbound', { way: 'in', ...open }],
      ['texts*outbound', { way: { $in: ['out', 'reply'] }, ...open }],
      ['texts*', { way: { $nin: ['in', 'out', 'reply'] }, ...open }],
      ['calls*', open],
    ]);
    expect(rules.map(({ name, entry }) => [name, entry === texts || entry === calls])).toEqual([
      ...[...Array.from({ length: 3 }, () => ['texts', true]), ['calls', true]],
    ]);
    const words = { ...wordsWithoutNumber(interaction), now: NOW, values: [] };
    expect(rules.map(({ change }) => change(NOW))).toEqual([
      changeOfRecord(texts, interaction, words, 'to'),
      changeOfRecord(texts, interaction, words, 'from'),
      changeOfRecord(texts, interaction, words, undefined),
      changeOfRecord(calls, interaction, words, undefined),
    ]);
  });

  it('are one where no number is kept, or the record goes', () => {
    const keys = (change: object) =>
      shown(compileRecordRules(map, { ...interaction, ...change }, (entry) => entry === texts)).map(([key]) => key);
    expect(keys({ keepsOwnNumber: false })).toEqual(['texts*']);
    expect(keys({ records: { ...interaction.records, message: 'delete' } })).toEqual(['texts*']);
    const without = (entry: object) =>
      compileRecordRules({ ...map, collections: [{ ...texts, ...entry }] }, interaction, all).map(({ key }) => key);
    expect(without({ own_number: 'from' })).toEqual(['texts*']);
    expect(without({ direction: 'outbound' })).toEqual(['texts*']);
    expect(without({ own_number: undefined })).toEqual(['texts*']);
  });

  it('are those of the entries that are meant', () => {
    expect(shown(compileRecordRules(map, interaction, (entry) => entry !== texts))).toEqual([['calls*', open]]);
    expect(shown(compileRecordRules(map, FORGET, (entry) => entry.record === 'call'))).toEqual([['calls*', open]]);
    expect(shown(compileChildRules(map, FORGET, all))).toEqual([['parts*', {}]]);
    expect(shown(compileChildRules(map, FORGET, () => false))).toEqual([]);
    expect(compileChildRules(map, FORGET, all)[0]?.entry).toBe(parts);
  });

  it('find fewer', () => {
    const [, rule] = compileRecordRules(map, interaction, (entry) => entry !== parts);
    if (!rule) throw new Error('no rule');
    expect(narrowRule(rule, { way: 'out' })).toEqual({ ...rule, only: { ...rule.only, $and: [{ way: 'out' }] } });
  });
});

describe('a number in several fields is divided', () => {
  const subject = (values: unknown[], number = JO, countries = ['GB']) =>
    ({ ...numberSubject(number, 'acc_x', 'key1.token', NOW, countries as never), values }) as never;
  const long = (digits: string) => Long.fromString(digits);
  const splits = (values: unknown[], joined: { parts: string[]; code?: boolean }) =>
    splitsOf(subject(values), joined, 'sure');

  it('behind its calling code, in every writing', () => {
    const two = { parts: ['cc', 'no'], code: true };
    expect(splits([JO, '+44 7700 900123', '0044-7700-900123', '011 44 7700 900123'], two)).toEqual([
      [
        ['44', '+44', '0044', '011 44', long('44')],
        ['7700900123', '7700 900123', '7700-900123', long('7700900123')],
      ],
    ]);
    expect(splits(['+44 (0) 7700 900123'], two)).toEqual([[['44', '+44', long('44')], ['0) 7700 900123']]]);
  });

  it('at every place of what is dialled within the country', () => {
    const three = splits(['07700900123'], { parts: ['a', 'b', 'c'], code: false });
    expect(three).toHaveLength(45);
    expect(three.slice(0, 2)).toEqual([
      [['0'], ['7', long('7')], ['700900123', long('700900123')]],
      [['0'], ['77', long('77')], ['00900123']],
    ]);
    expect(three.at(-1)).toEqual([['077009001'], ['2', long('2')], ['3', long('3')]]);
    for (const [a, b, c] of three) expect(`${a?.[0]}${b?.[0]}${c?.[0]}`).toBe('07700900123');
  });

  it('with the brackets that enclose a part', () => {
    const two = { parts: ['area', 'no'], code: false };
    expect(splits(['(07700) 900123'], two)).toContainEqual([
      ['07700', '(07700)'],
      ['900123', long('900123')],
    ]);
    expect(splits(['(07700 900123)'], two)).toContainEqual([['07700'], ['900123', long('900123')]]);
    expect(splits(['07700) 900123'], two)).toContainEqual([['07700'], ['900123', long('900123')]]);
  });

  it('in texts of digits alone', () => {
    const two = { parts: ['cc', 'no'] };
    for (const value of [long(JO), /^447700900123/, `tel:${JO}`, `${JO}@c.us`, '', '7700900124', `${JO}5`])
      expect(splits([value], two)).toEqual([]);
    const none = { parts: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'], code: false };
    expect(splits(['07700900123'], none)).toEqual([]);
  });

  it('without what is read as another’s', () => {
    // As London's number it lacks a zero, and is one of Egypt.
    const egypt = phoneNumber('202079460123', ['20']);
    const two = { parts: ['cc', 'no'] };
    const codes = (number: typeof JO, certainty: 'sure' | 'doubtful', countries = ['GB', 'EG']) =>
      splitsOf(subject([number, number.slice(2)], number, countries), two, certainty).map(([code]) => code?.[0]);
    expect(codes(egypt, 'sure')).toEqual(['20']);
    expect(codes(JO, 'sure')).toEqual(['44']);
    // Without its zero it may be one of Egypt, too.
    const cuts = ['7', '77', '770', '7700', '77009', '770090', '7700900', '77009001', '770090012'];
    expect(codes(JO, 'doubtful')).toEqual(cuts);
    expect(codes(JO, 'doubtful', ['GB'])).toEqual([]);
  });
});
