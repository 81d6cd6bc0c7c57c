import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { readCursor, writeCursor } from '../../../../api/interactions/cursor.ts';

const { Long } = mongoose.mongo;
const AT = new Date('2026-01-01T00:00:00.123Z');
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a cursor of the log', () => {
  it('comes back as it was, with all of a long number', () => {
    const position = { at: AT, name: 'calls', id: 'c1' };
    expect(readCursor(writeCursor(position))).toEqual(position);
    const long = Long.fromString('9007199254740993');
    expect(String(readCursor(writeCursor({ ...position, id: long }))?.id)).toBe('9007199254740993');
  });

  it.each([
    ['nothing', ''],
    ['no JSON', Buffer.from('{').toString('base64url')],
    ['too long', encode([{ $date: AT }, 'calls', 'c1', 1])],
    ['no moment', encode([null, 'calls', 'c1'])],
    ['a date that is none', encode([{ $date: 'never' }, 'calls', 'c1'])],
    ['an object for a collection', encode([{ $date: AT }, { $ne: 1 }, 'c1'])],
    ['an operator for an id', encode([{ $date: AT }, 'calls', { $gt: '' }])],
    ['a pattern', encode([{ $date: AT }, 'calls', { $regularExpression: { pattern: '.*', options: '' } }])],
  ])('refused: %s', (_name, text) => {
    expect(readCursor(text)).toBeNull();
  });
});
