import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { type Find, type Rewrite, UNCHANGED } from '../../../../src/engine/rewrite/edits.ts';
import { type Book, bookRefusal, keepBooks, updateFrom } from '../../../../src/ledger/scan/books.ts';
import { findRecord } from '../../../../src/ledger/scan/find-record.ts';
import { type Joiner, sortOut } from '../../../../src/ledger/scan/joiners.ts';
import { latestBeginning, SCAN_CALL } from '../../../../src/ledger/scan/ledger.ts';
import { isBeginning, leavePlace, type Pass, skipPlace } from '../../../../src/ledger/scan/pass.ts';
import { createNumberMatcher } from '../../../../src/phone/matcher.ts';
import { phoneNumber } from '../../../support/numbers.ts';

const { BSON } = mongoose.mongo;
const JO = phoneNumber(447700900123);
const AL = phoneNumber(447700900456);
const ID = new mongoose.mongo.ObjectId('64b000000000000000000001');
const id = ID.toHexString();

const find = (number: typeof JO, more: Partial<Find> = {}): Find => ({
  ...{ number, path: 'from', as: 'mapped', name: 'calls', own: true, ...more },
});
const record = (more: Partial<Rewrite>, _id: unknown = ID) => ({
  document: { _id },
  rewrite: { ...UNCHANGED, fate: 'changed' as const, ...more },
});
const EMPTY: Book = {
  ...{ counts: new Map(), again: new Map(), elsewhere: new Map(), files: [], failures: [], scheduled: false },
  keys: new Map(),
};
const noKeys = () => new Map<string, unknown[]>();
const booksOf = (...found: ReturnType<typeof record>[]) => keepBooks('calls', found, noKeys);

describe('what a scan finds', () => {
  it('is counted once a record and name, for everybody in it', () => {
    const books = booksOf(
      record({ found: [find(JO), find(JO, { path: 'to' }), find(JO, { name: 'legs' }), find(AL)] }),
      record({ found: [find(JO)] }),
    );
    expect(books).toEqual(
      new Map([
        [
          JO,
          {
            ...EMPTY,
            counts: new Map([
              ['calls', 2],
              ['legs', 1],
            ]),
          },
        ],
        [AL, { ...EMPTY, counts: new Map([['calls', 1]]) }],
      ]),
    );
  });

  it('is told apart where the look-ups may have counted it, and where it only mentions the number', () => {
    const text = find(JO, { as: 'text', path: 'note' });
    const books = booksOf(
      record({ found: [find(JO, { again: true }), find(JO, { path: 'to' }), text, text] }),
      record({ found: [find(JO, { name: 'legs' }), find(AL, { again: true })] }),
      record({ found: [text, find(JO, { as: 'unmapped', path: 'x' })] }),
    );
    expect(books.get(JO)).toEqual({
      ...{ ...EMPTY, counts: new Map([['legs', 1]]), again: new Map([['calls', 1]]) },
      elsewhere: new Map([
        ['calls.note', 2],
        ['calls.x', 1],
      ]),
    });
  });

  it('has its files removed by one request, whoever else is in the record', () => {
    const files = [{ where: 'calls.url', reference: 'a.mp3' }];
    const books = booksOf(
      record({ found: [find(JO), find(AL)], files }),
      record({ files }),
      record({ found: [find(AL)] }),
    );
    expect([books.get(JO)?.files, books.get(AL)?.files]).toEqual([files, []]);
  });

  it('is not counted where it stays as it is: failures and what waits are', () => {
    const failure = { number: JO, path: 'from', why: 'ambiguous_number' as const };
    const books = booksOf(
      record({ fate: 'unchanged', found: [find(JO)], failures: [failure], waiting: [AL] }),
      record({ found: [], failures: [{ ...failure, path: '' }] }, '447700900123'),
    );
    const failures = [
      { name: 'ambiguous_number', where: 'calls.from', id },
      { name: 'ambiguous_number', where: 'calls' },
    ];
    expect(books).toEqual(
      new Map([
        [JO, { ...EMPTY, failures }],
        [AL, { ...EMPTY, scheduled: true }],
      ]),
    );
  });

  it('leads to others by the keys of the person’s own records alone', () => {
    const asked: unknown[] = [];
    const keysOf = (name: string, document: object, number: typeof JO) => {
      asked.push([name, document, number]);
      return new Map([['notes', [name]]]);
    };
    const found = [
      record({
        found: [find(JO), find(JO, { path: 'to' }), find(JO, { name: 'legs' }), find(JO, { name: 'x', own: false })],
      }),
      record({ found: [find(JO), find(AL, { as: 'text', name: 'y' })] }),
    ];
    const books = keepBooks('calls', found, keysOf);
    expect(books.get(JO)?.keys).toEqual(new Map([['notes', ['calls', 'legs', 'calls']]]));
    expect(books.get(AL)?.keys).toEqual(new Map());
    expect(asked).toEqual(['calls', 'legs', 'calls'].map((name) => [name, { _id: ID }, JO]));
  });

  it('is a failure of everybody in it when it refuses its change', () => {
    const failed = [{ number: AL, path: 'x', why: 'unexpected' as const }];
    const refusal = bookRefusal(
      'calls',
      record({ found: [find(JO, { path: 'to' }), find(JO)], failures: failed }),
      'refused',
    );
    expect(refusal).toEqual(
      new Map([
        [JO, { ...EMPTY, failures: [{ name: 'refused', where: 'calls.to', id }] }],
        [AL, { ...EMPTY, failures: [{ name: 'refused', where: 'calls', id }] }],
      ]),
    );
  });
});

describe('what a request is told of a scan', () => {
  const failure = (where: string) => ({ name: 'refused' as const, where });

  it('is nothing where nothing was found', () => {
    expect(updateFrom(EMPTY, { since: new Date(0) }, {}, {})).toEqual({ update: null, notes: { since: new Date(0) } });
    expect(updateFrom(EMPTY, undefined, {}, {})).toEqual({ update: null, notes: {} });
  });

  it('are counts, but of what was counted before', () => {
    const book = {
      ...EMPTY,
      counts: new Map([['calls', 2]]),
      again: new Map([
        ['calls', 3],
        ['legs', 1],
        ['sms', 4],
      ]),
    };
    expect(updateFrom(book, {}, {}, { legs: 7, sms: 0 })).toEqual({
      update: { $inc: { 'erased.calls': 5, 'erased.sms': 4 } },
      notes: {},
    });
    const again = { ...EMPTY, again: new Map([['legs', 1]]) };
    expect(updateFrom(again, {}, {}, { legs: 1 })).toEqual({ update: null, notes: {} });
  });

  it('are keys, failures, places and messages that are scheduled', () => {
    const book: Book = {
      ...{ ...EMPTY, failures: [failure('b')], scheduled: true },
      elsewhere: new Map([
        ['calls.x', 2],
        ['calls.y', 1],
      ]),
    };
    const known = {
      since: new Date(0),
      failures: [failure('a')],
      failed: 4,
      elsewhere: [{ path: 'calls.x', count: 1 }],
    };
    const notes = {
      ...{ failures: [failure('a'), failure('b')], failed: 5, scheduled: true },
      elsewhere: [
        { path: 'calls.x', count: 3 },
        { path: 'calls.y', count: 1 },
      ],
    };
    expect(updateFrom(book, known, { notes: 'sealed' }, {})).toEqual({
      update: {
        $push: { 'references.notes': 'sealed' },
        $set: {
          ...{ 'scan.failures': notes.failures, 'scan.failed': 5, 'scan.scheduled': true },
          'scan.elsewhere': notes.elsewhere,
        },
      },
      notes: { since: new Date(0), ...notes },
    });
    expect(updateFrom({ ...EMPTY, failures: [failure('b')] }, undefined, {}, {}).notes).toEqual({
      ...{ failures: [failure('b')], failed: 1 },
    });
  });

  it('names so many failures and places, and counts the rest', () => {
    const failures = Array.from({ length: 25 }, (_, index) => failure(`f${index}`));
    const elsewhere = new Map(Array.from({ length: 22 }, (_, index) => [`p${index}`, 1] as const));
    const { notes } = updateFrom({ ...EMPTY, failures, elsewhere }, { elsewhere: [{ path: 'p21', count: 1 }] }, {}, {});
    expect([notes?.failures, notes?.failed]).toEqual([failures.slice(0, 20), 25]);
    expect(notes?.elsewhere).toHaveLength(21);
    expect(notes?.elsewhere?.[0]).toEqual({ path: 'p21', count: 2 });
    expect(notes?.elsewhere?.at(-1)).toEqual({ path: 'other places', count: 2 });
  });
});

describe('a pass', () => {
  const pass = (place: number, more: Partial<Pass> = {}) =>
    ({
      ...{ position: { turn: 4, place }, circle: { places: [1, 2, 3] }, turnRead: 70, skipped: false, workedMs: 12.6 },
      ...{ whole: { size: 9 }, ...more },
    }) as unknown as Pass;

  it('goes on with the next place, and tells of a whole turn behind the last one', () => {
    const one = pass(1);
    leavePlace(one);
    expect(one).toEqual(pass(2));
    leavePlace(one);
    expect(one).toEqual({
      ...pass(0),
      ...{ position: { turn: 5, place: 0 }, turnRead: 0, workedMs: 0, whole: { size: 70, took_ms: 13 } },
    });
  });

  it('tells nothing of a turn in which a place was left out', () => {
    const one = pass(1);
    skipPlace(one);
    expect(one).toEqual(pass(2, { skipped: true }));
    leavePlace(one);
    expect(one).toEqual({ ...pass(0), position: { turn: 5, place: 0 }, turnRead: 0, workedMs: 0 });
  });

  it('is at its beginning before anything of the turn is read', () => {
    expect(isBeginning(pass(0))).toBe(true);
    expect(isBeginning(pass(1))).toBe(false);
    expect(isBeginning(pass(0, { position: { turn: 4, place: 0, after: 'x' } }))).toBe(false);
  });

  it('has come round for those who have seen a whole turn', () => {
    const joiners = [0, 1, 2].map((place) => ({ joined: { turn: 3, place } }) as Joiner);
    const { done, waiting } = sortOut(joiners, { turn: 4, place: 1 });
    expect([done, waiting]).toEqual([joiners.slice(0, 2), joiners.slice(2)]);
  });

  it('begins in time, and is called by its account', () => {
    expect(latestBeginning(10_000, 1_500)).toBe(7_000);
    const row = { account_id: 'acc_1', generation: 2 };
    expect([SCAN_CALL.keyOf(row), SCAN_CALL.payloadOf(row), SCAN_CALL.factsOf(row)]).toEqual([
      ...['scan-acc_1', { account: 'acc_1' }, { account: 'acc_1' }],
    ]);
  });
});

describe('a record that is read', () => {
  const matcher = createNumberMatcher([JO, AL], ['GB']);
  const read = (document: object, rewrite: () => Partial<Rewrite>, isJoined = false) =>
    findRecord(
      { place: { isJoined }, rewrite: () => ({ ...UNCHANGED, ...rewrite() }) },
      matcher,
      BSON.serialize({ _id: ID, ...document }),
    );
  const failure = { number: JO, path: 'a', why: 'unexpected' as const };

  it.each<[string, Partial<Rewrite>]>([
    ['changes', { fate: 'changed' }],
    ['fails', { failures: [failure] }],
    ['waits', { waiting: [JO] }],
  ])('is given back when it %s', (_what, rewrite) => {
    expect(read({ a: JO }, () => rewrite)).toEqual({
      document: { _id: ID, a: JO },
      rewrite: { ...UNCHANGED, ...rewrite },
    });
    expect(read({ a: JO }, () => ({}))).toBeNull();
  });

  it('is not rewritten where it holds no number, unless one may stand in several fields', () => {
    const changed = () => ({ fate: 'changed' as const });
    expect([read({ a: 1 }, changed), read({ a: 1 }, changed, true)?.rewrite.fate]).toEqual([null, 'changed']);
  });

  it.each([
    ['those whose numbers it holds', { a: `x ${AL}` }, [AL]],
    ['everybody, where nobody can tell', { a: `${JO.slice(0, 6)}\u0660` }, [JO, AL]],
  ])('is a failure of %s when it cannot be read', (_whose, document, numbers) => {
    const broken = () => {
      throw new Error('cannot be read');
    };
    const failures = numbers.map((number) => ({ ...failure, number, path: '' }));
    expect(read(document, broken, true)).toEqual({ document: { _id: ID }, rewrite: { ...UNCHANGED, failures } });
  });
});
