import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { readCursor, writeCursor } from '../../../../api/access/cursor.ts';

const { ObjectId, Long } = mongoose.mongo;
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a cursor', () => {
  it.each([
    ['an ObjectId', new ObjectId('65f000000000000000000001')],
    ['text', 'abc'],
    ['a date', new Date(5)],
  ])('with %s comes back as it was', (_name, id) => {
    const position = { source: 'sent_sms', pass: 0, at: new Date('2026-01-01T00:00:00.123Z'), id };
    expect(readCursor(writeCursor(position))).toEqual(position);
    expect(readCursor(writeCursor({ ...position, pass: 2, at: null }))).toEqual({ ...position, pass: 2, at: null });
  });

  it.each([
    ['a number', 12, '12'],
    ['a float', 1.5, '1.5'],
    ['a long number', Long.fromString('9007199254740993'), '9007199254740993'],
  ])('with %s keeps all of it', (_name, id, text) => {
    const { id: back } = readCursor(writeCursor({ source: 'a', pass: 1, at: null, id }));
    expect(String(back)).toBe(text);
  });

  it.each([
    ['nothing', ''],
    ['no base64', '!!!'],
    ['no JSON', Buffer.from('{').toString('base64url')],
    ['an object', encode({ source: 'a' })],
    ['too short', encode(['a', 0, null])],
    ['an operator for an id', encode(['a', 1, null, { $gt: '' }])],
    ['an expression', encode(['a', 1, null, { $where: '1' }])],
    ['a pattern', encode(['a', 1, null, { $regularExpression: { pattern: '.*', options: '' } }])],
    ['code', encode(['a', 1, null, { $code: 'while(1){}' }])],
    ['a list', encode(['a', 1, null, ['x']])],
    ['null', encode(['a', 1, null, null])],
    ['an operator for a moment', encode(['a', 0, { $gt: 1 }, 'x'])],
    ['no moment where there must be one', encode(['a', 0, null, 'x'])],
    ['a date that is none', encode(['a', 0, { $date: 'never' }, 'x'])],
    ['a pass there is not', encode(['a', 5, null, 'x'])],
    ['a vector that cannot be', encode(['a', 1, null, { $binary: { base64: 'EP8B', subType: '09' } }])],
    ['an object for a source', encode([{ $ne: 1 }, 1, null, 'x'])],
  ])('refused: %s', (_name, text) => {
    expect(() => readCursor(text)).toThrow('cursor is not one that was given out');
  });
});
