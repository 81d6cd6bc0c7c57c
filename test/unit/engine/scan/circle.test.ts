import { describe, expect, it } from '@jest/globals';
import { BEGINNING, hasComeRound, nextPlace, type Position, stopAhead } from '../../../../src/engine/scan/circle.ts';

describe('a pass as a circle', () => {
  it.each<[string, Position, Position, boolean]>([
    ['joined at the beginning, still in the first turn', BEGINNING, { turn: 0, place: 2 }, false],
    ['joined at the beginning, the first turn is over', BEGINNING, { turn: 1, place: 0 }, true],
    ['joined at a place, the next turn is before it', { turn: 3, place: 2 }, { turn: 4, place: 1, after: 5 }, false],
    ['at its beginning again', { turn: 3, place: 2 }, { turn: 4, place: 2 }, true],
    ['behind the place', { turn: 3, place: 2 }, { turn: 4, place: 3 }, true],
    ['two turns later', { turn: 3, place: 2 }, { turn: 5, place: 0 }, true],
    ['in the turn it joined, behind it', { turn: 3, place: 2 }, { turn: 3, place: 4 }, false],
    ['before the place it joins at', { turn: 3, place: 2 }, { turn: 3, place: 1, after: 5 }, false],
  ])('%s', (_name, joined, now, expected) => {
    expect(hasComeRound(joined, now)).toBe(expected);
  });

  it('goes from place to place, and from the last to the next turn', () => {
    expect(nextPlace({ turn: 0, place: 0 }, 2)).toEqual({ turn: 0, place: 1 });
    expect(nextPlace({ turn: 0, place: 1 }, 2)).toEqual({ turn: 1, place: 0 });
  });

  it('is joined where a place begins', () => {
    expect(stopAhead({ turn: 2, place: 1 }, 3)).toEqual({ turn: 2, place: 1 });
    expect(stopAhead({ turn: 2, place: 1, after: null }, 3)).toEqual({ turn: 2, place: 2 });
    expect(stopAhead({ turn: 2, place: 2, after: 'x' }, 3)).toEqual({ turn: 3, place: 0 });
  });

  it('has every record read once for whoever joins, wherever it stands', () => {
    // Three places with ids 1 to 4 each; a pass that moves record by record.
    const steps: Position[] = [];
    for (let turn = 0; turn < 4; turn += 1)
      for (let place = 0; place < 3; place += 1) {
        steps.push({ turn, place });
        for (let after = 1; after <= 4; after += 1) steps.push({ turn, place, after });
      }
    steps.slice(0, 15).forEach((position) => {
      const joined = stopAhead(position, 3);
      const from = steps.findIndex(({ turn, place }) => turn === joined.turn && place === joined.place);
      const to = steps.findIndex((now) => hasComeRound(joined, now));
      const read = steps.slice(from, to).flatMap(({ place, after }) => (after ? [`${place}/${after}`] : []));
      expect([read.length, new Set(read).size]).toEqual([12, 12]);
    });
  });
});
