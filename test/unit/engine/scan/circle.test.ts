import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { BEGINNING, hasComeRound, nextPlace, type Position } from '../../../../src/engine/scan/circle.ts';
import { compareIds } from '../../../../src/engine/scan/compare-ids.ts';

const { ObjectId, UUID, Long } = mongoose.mongo;

describe('a pass as a circle', () => {
  it.each<[string, Position, Position, boolean]>([
    ['joined at the beginning, still in the first turn', BEGINNING, { turn: 0, place: 2 }, false],
    ['joined at the beginning, the first turn is over', BEGINNING, { turn: 1, place: 0 }, true],
    ['joined at a place, the next turn is before it', { turn: 3, place: 2, after: 5 }, { turn: 4, place: 1 }, false],
    ['at its beginning again', { turn: 3, place: 2, after: 5 }, { turn: 4, place: 2 }, false],
    ['before the record', { turn: 3, place: 2, after: 5 }, { turn: 4, place: 2, after: 4 }, false],
    ['at the record', { turn: 3, place: 2, after: 5 }, { turn: 4, place: 2, after: 5 }, true],
    ['behind the record', { turn: 3, place: 2, after: 5 }, { turn: 4, place: 2, after: 9 }, true],
    ['behind the place', { turn: 3, place: 2, after: 5 }, { turn: 4, place: 3 }, true],
    ['an id of another type: not yet', { turn: 3, place: 2, after: 5 }, { turn: 4, place: 2, after: 'a' }, false],
    ['two turns later', { turn: 3, place: 2, after: 5 }, { turn: 5, place: 0 }, true],
    ['in the turn it joined, behind it', { turn: 3, place: 2, after: 5 }, { turn: 3, place: 4 }, false],
  ])('%s', (_name, joined, now, expected) => {
    expect(hasComeRound(joined, now)).toBe(expected);
  });

  it('goes from place to place, and from the last to the next turn', () => {
    expect(nextPlace({ turn: 0, place: 0, after: 'x' }, 2)).toEqual({ turn: 0, place: 1 });
    expect(nextPlace({ turn: 0, place: 1 }, 2)).toEqual({ turn: 1, place: 0 });
  });

  it('whoever joins anywhere has had every record read once when it is done', () => {
    // Three places with ids 1 to 4 each; a pass that moves record by record.
    const steps: Position[] = [];
    for (let turn = 0; turn < 3; turn += 1)
      for (let place = 0; place < 3; place += 1) {
        steps.push({ turn, place });
        for (let after = 1; after <= 4; after += 1) steps.push({ turn, place, after });
      }
    const names = (from: number, to: number) =>
      new Set(steps.slice(from + 1, to + 1).flatMap(({ place, after }) => (after ? [`${place}/${after}`] : [])));
    steps.slice(0, 15).forEach((joined, from) => {
      const done = steps.findIndex((now) => hasComeRound(joined, now));
      expect(names(from, done).size).toBe(12);
    });
  });
});

describe('the order of ids', () => {
  it.each<[string, unknown, unknown, number | undefined]>([
    ['texts: by a collation nobody knows here', 'a', 'B', undefined],
    ['equal texts', 'a', 'a', 0],
    ['numbers of two types', 5, Long.fromNumber(7), -1],
    ['equal numbers', 7, Long.fromNumber(7), 0],
    ['ObjectIds', new ObjectId('64c000000000000000000001'), new ObjectId('64c0000000000000000000ff'), -1],
    ['UUIDs', new UUID('00000000-0000-4000-8000-000000000001'), new UUID('00000000-0000-4000-8000-000000000002'), -1],
    ['dates', new Date(1), new Date(0), 1],
    ['a text and a number', 'a', 1, undefined],
    ['documents', { a: 1 }, { a: 2 }, undefined],
  ])('%s', (_name, one, other, expected) => {
    const order = compareIds(one, other);
    expect(order === undefined ? undefined : Math.sign(order)).toBe(expected);
  });
});
