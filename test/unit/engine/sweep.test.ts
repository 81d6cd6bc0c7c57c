import { describe, expect, it } from '@jest/globals';
import { ErasureFailure } from '../../../src/base/errors.ts';
import { blameRecord, changeByHalves, createRefusals, type Refused } from '../../../src/engine/by-halves.ts';
import { assertErased, isRecordFault, updateFailure } from '../../../src/engine/faults.ts';
import { inPortions } from '../../../src/engine/portions.ts';
import { UNCHANGED } from '../../../src/engine/rewrite/edits.ts';
import { type Announced, type Journal, sweep } from '../../../src/engine/sweep.ts';
import type { Target } from '../../../src/engine/target.ts';
import { verify } from '../../../src/engine/verify.ts';
import { JO } from './support.ts';

/** So many records at one place; each change takes them away, and says so. */
function placeOf(name: string, records: number, changed: number[]): Target {
  const left = Array.from({ length: records }, (_, index) => index);
  return {
    ...{ key: `${name}.to`, name },
    find: async (limit) => left.slice(0, limit),
    async change(ids) {
      changed.push(ids.length);
      for (const id of ids) left.splice(left.indexOf(Number(id)), 1);
    },
    describe: () => {
      throw new Error('not asked here');
    },
    remains: async () => left.length > 0,
    isUnreadable: async () => false,
  };
}
const journal: Journal = { announce: async () => {}, keep: async () => {}, screen: async () => [] };
const nothingLeft = { announced: [], refused: [] };

describe('sweep', () => {
  it('of some places announces a record at all of its collection, and counts it and what was left once', async () => {
    const changed: number[] = [];
    const [from, other] = [placeOf('calls', 3, changed), placeOf('sent_sms', 1, changed)];
    const to = { ...placeOf('calls', 2, changed), key: 'calls.from' };
    const written: unknown[] = [];
    const writing: Journal = {
      ...journal,
      announce: async (batch, done) => {
        const told = (some: typeof batch) => some.map(({ target, ids }) => [target, ...ids]);
        written.push({ batch: told(batch), done: told(done) });
      },
    };
    const left = { announced: [{ target: 'sent_sms.to', name: 'sent_sms', ids: [0] }], refused: [] };
    const options = { batchSize: 10, pauseMs: 0, signal: new AbortController().signal };
    // What a worker before this one announced stands at a place that is looked at no more.
    const result = await sweep(writing, [from, to, other], [from], left, options);
    const batch = [
      ['calls.to', 0, 1, 2],
      ['calls.from', 0, 1, 2],
    ];
    expect(written).toEqual([{ batch, done: [['sent_sms.to', 0]] }]);
    expect(result.done.map(({ target, ids }) => [target, ...ids])).toEqual(batch);
    expect(await Promise.all([from, other].map((one) => one.remains()))).toEqual([false, false]);
    // With no place left to look at, what was announced is changed and given back all the same.
    const again = await sweep(writing, [placeOf('sent_sms', 1, changed)], [], left, options);
    expect(again).toEqual({ finished: true, done: left.announced, refused: [] });
  });

  it('ends after a portion, and goes on with the next when it is asked again', async () => {
    const changed: number[] = [];
    const targets = [inPortions(placeOf('calls', 7, changed), 3)];
    const options = { batchSize: 2, pauseMs: 0, signal: new AbortController().signal };
    const portions: number[][] = [];
    for (let round = 0; round < 3; round += 1) {
      await sweep(journal, targets, targets, nothingLeft, options);
      portions.push(changed.splice(0));
    }
    expect(portions).toEqual([[2, 2], [2, 1], []]);
    expect(await targets[0]?.remains()).toBe(false);
    const full = [inPortions(placeOf('calls', 4, changed), 2)];
    for (const after of [[2], [2, 2]]) {
      await sweep(journal, full, full, nothingLeft, options);
      expect(changed).toEqual(after);
    }
  });

  it('goes on at a place that filled its batch, and rests between two batches', async () => {
    const changed: number[] = [];
    const targets = [placeOf('sent_sms', 6, changed)];
    const begun = performance.now();
    const options = { batchSize: 2, pauseMs: 40, signal: new AbortController().signal };
    const { finished } = await sweep(journal, targets, targets, nothingLeft, options);
    expect({ finished, changed }).toEqual({ finished: true, changed: [2, 2, 2] });
    // A timer may be a millisecond early.
    expect(performance.now() - begun).toBeGreaterThan(3 * 38);
  });

  it('begins no further batch when it is told to stop', async () => {
    const changed: number[] = [];
    const targets = [placeOf('sent_sms', 6, changed)];
    const stop = new AbortController();
    const stopping: Journal = { ...journal, announce: async () => stop.abort() };
    // The pause between two batches ends, too.
    const options = { batchSize: 2, pauseMs: 1_000_000, signal: stop.signal };
    const { finished, done } = await sweep(stopping, targets, targets, nothingLeft, options);
    expect({ finished, changed, done: done.map(({ ids }) => ids) }).toEqual({
      ...{ finished: false, changed: [2], done: [[0, 1]] },
    });
  });
});

/** A place of named records, of which some refuse: alone, or among others. */
function placeWith(key: string, ids: string[], refusing: string[], changes: string[][]): Target {
  const left = [...ids];
  return {
    ...placeOf('', 0, []),
    ...{ key, name: key.slice(0, key.indexOf('.')) },
    find: async (limit, except = []) => left.filter((id) => !except.includes(id)).slice(0, limit),
    async change(some) {
      changes.push([...(some as string[])]);
      if (some.some((id) => refusing.includes(id as string))) throw new ErasureFailure('refused', `${key}<2026*x`);
      for (const id of some) left.splice(left.indexOf(id as string), left.includes(id as string) ? 1 : 0);
    },
    remains: async () => left.length > 0,
  };
}

/** Everything that a sweep says to its journal. */
function noting(screened: (batch: readonly Announced[]) => readonly Refused[] = () => []) {
  const said: unknown[] = [];
  const kept: string[] = [];
  const noted: Journal = {
    screen: async (batch) => screened(batch),
    async announce(batch, done, next, refused) {
      const ids = (some: readonly Announced[]) => some.map((part) => [part.target, part.name, part.ids.join()]);
      said.push({ batch: ids(batch), done: ids(done), next, refused: refused.map(({ id }) => id) });
    },
    keep: async () => void kept.push('kept'),
  };
  return { noted, said, kept };
}
const options = (batchSize: number) => ({ batchSize, pauseMs: 0, signal: new AbortController().signal });
const refused = (name: string, id: unknown, where: string) => ({ name, id, why: 'refused', where }) as const;

describe('what a sweep writes down', () => {
  it('is each batch before it is changed, at every place of its collection, and what comes next', async () => {
    const changes: string[][] = [];
    const to = placeWith('sms.to', ['a', 'b', 'c'], [], changes);
    const from = placeWith('sms.from', ['c', 'd'], [], changes);
    const call = placeWith('calls.to', ['a'], [], changes);
    const { noted, said } = noting();
    const result = await sweep(noted, [to, from, call], [to, from, call], nothingLeft, options(6));
    const first = [
      ['sms.to', 'sms', 'a,b,c,d'],
      ['sms.from', 'sms', 'a,b,c,d'],
      ['calls.to', 'calls', 'a'],
    ];
    expect(said).toEqual([{ batch: first, done: [], next: 'sweeping', refused: [] }]);
    expect(result).toMatchObject({ finished: true, refused: [] });
    expect(await Promise.all([to, from, call].map((one) => one.remains()))).toEqual([false, false, false]);
  });

  it('is nothing where nothing is found, and what a worker before it has left', async () => {
    const changes: string[][] = [];
    const to = placeWith('sms.to', [], [], changes);
    const { noted, said } = noting();
    const announced = [
      { target: 'sms.to', name: 'sms', ids: ['x', 'y'] },
      { target: 'gone.to', name: 'gone', ids: ['z'] },
    ];
    const left = { announced, refused: [refused('sms', 'y', 'sms.to')] };
    const result = await sweep(noted, [to], [to], left, options(2));
    expect({ said, changes }).toEqual({ said: [], changes: [['x', 'y']] });
    expect(result).toEqual({
      finished: true,
      done: [{ target: 'sms.to', name: 'sms', ids: ['x'] }, announced[1]],
      refused: left.refused,
    });
    expect(await sweep(noted, [to], [], nothingLeft, options(2))).toEqual({ finished: true, done: [], refused: [] });
  });

  it('is not what is screened, or refuses its change', async () => {
    const changes: string[][] = [];
    const to = placeWith('sms.to', ['a', 'b', 'c', 'd'], ['c'], changes);
    const { noted, said, kept } = noting((batch) =>
      batch.some(({ ids }) => ids.includes('a')) ? [refused('sms', 'a', 'sms.file')] : [],
    );
    const result = await sweep(noted, [to], [to], nothingLeft, options(3));
    expect(said).toEqual([
      { batch: [['sms.to', 'sms', 'b,c']], done: [], next: 'sweeping', refused: ['a'] },
      { batch: [['sms.to', 'sms', 'd']], done: [['sms.to', 'sms', 'b']], next: 'verifying', refused: ['a', 'c'] },
    ]);
    expect(changes).toEqual([['b', 'c'], ['b'], ['c'], ['d']]);
    expect(kept).toHaveLength(1);
    expect(result).toEqual({
      finished: true,
      done: [{ target: 'sms.to', name: 'sms', ids: ['d'] }],
      refused: [refused('sms', 'a', 'sms.file'), refused('sms', 'c', 'sms.to')],
    });
  });

  it('goes on where all of a batch was screened', async () => {
    const to = placeWith('sms.to', ['a', 'b', 'c'], [], []);
    const { noted, said } = noting((batch) =>
      batch.flatMap(({ ids }) => ids.filter((id) => id !== 'c').map((id) => refused('sms', id, 'sms.file'))),
    );
    await sweep(noted, [to], [to], nothingLeft, options(2));
    expect(said).toEqual([
      { batch: [], done: [], next: 'sweeping', refused: ['a', 'b'] },
      { batch: [['sms.to', 'sms', 'c']], done: [], next: 'verifying', refused: ['a', 'b'] },
    ]);
  });

  it('asks each place for its part of a batch, and for one record at least', async () => {
    const limits: number[] = [];
    const place = (key: string): Target => ({
      ...placeWith(key, [], [], []),
      find: async (limit) => {
        limits.push(limit);
        return [];
      },
    });
    const three = [place('a.to'), place('b.to'), place('c.to')];
    await sweep(journal, three, three, nothingLeft, options(7));
    await sweep(journal, three, three, nothingLeft, options(2));
    expect(limits).toEqual([2, 2, 2, 1, 1, 1]);
  });

  it('leaves a collection whose records all refuse', async () => {
    const ids = Array.from({ length: 1_500 }, (_, index) => `r${index}`);
    const changes: string[][] = [];
    const to = placeWith('sms.to', ids, ids, changes);
    const known = ids.slice(0, 999).map((id) => refused('sms', id, 'sms.to'));
    const result = await sweep(journal, [to], [to], { announced: [], refused: known }, options(4));
    expect(changes).toEqual([
      ['r999', 'r1000', 'r1001', 'r1002'],
      ['r999', 'r1000'],
      ['r999'],
      ['r1000'],
      ['r1001', 'r1002'],
    ]);
    expect(result.refused).toHaveLength(1_003);
  });
});

describe('a change by halves', () => {
  it('throws what is no record’s fault', async () => {
    for (const fault of [new Error('away'), new ErasureFailure('no_storage'), new ErasureFailure('unsealable')]) {
      const away = { ...placeWith('sms.to', ['a'], [], []), change: async () => Promise.reject(fault) };
      await expect(changeByHalves(away, ['a'], createRefusals([]), journal.keep)).rejects.toBe(fault);
      expect(blameRecord(fault)).toBeNull();
    }
    const failure = new ErasureFailure('refused');
    expect(blameRecord(failure)).toBe(failure);
  });

  it('asks for nothing without a record, and names the place where the failure does not', async () => {
    const changes: string[][] = [];
    const refusals = createRefusals([]);
    await changeByHalves(placeWith('sms.to', [], [], changes), [], refusals, journal.keep);
    expect(changes).toEqual([]);
    const silent = {
      ...placeWith('sms.to<2026', ['a'], [], []),
      change: async () => Promise.reject(new ErasureFailure('unsupported_type')),
    };
    await changeByHalves(silent, ['a'], refusals, journal.keep);
    expect(refusals.all()).toEqual([{ name: 'sms', id: 'a', why: 'unsupported_type', where: 'sms.to' }]);
  });

  it('knows each record once, by its collection, and why it was refused first', () => {
    const refusals = createRefusals([refused('sms', 'a', 'sms.to')]);
    refusals.add([refused('sms', 'a', 'sms.from'), refused('sms', 'b', 'sms.to'), refused('calls', 'a', 'calls.to')]);
    expect(refusals.all()).toEqual([
      refused('sms', 'a', 'sms.to'),
      refused('sms', 'b', 'sms.to'),
      refused('calls', 'a', 'calls.to'),
    ]);
    expect([refusals.of('sms'), refusals.of('calls'), refusals.of('none')]).toEqual([['a', 'b'], ['a'], []]);
    expect([refusals.has('sms', 'b'), refusals.has('calls', 'b'), refusals.has('none', 'a')]).toEqual([
      true,
      false,
      false,
    ]);
    expect([refusals.isTooMany('sms'), refusals.isTooMany('none')]).toEqual([false, false]);
    const many = createRefusals(Array.from({ length: 999 }, (_, index) => refused('sms', index, 'sms.to')));
    expect(many.isTooMany('sms')).toBe(false);
    many.add([refused('sms', 'last', 'sms.to')]);
    expect(many.isTooMany('sms')).toBe(true);
  });
});

describe('the verification', () => {
  /** A target that answers so; what it finds and holds, look by look. */
  function target(answers: {
    key?: string;
    remains?: boolean[];
    finds?: unknown[][];
    odd?: boolean;
    doubt?: boolean;
    scanned?: boolean;
  }) {
    const { key = 'sms.to', remains = [false], finds = [], odd = false, doubt, scanned } = answers;
    const asked: string[] = [];
    const next = <Item>(list: Item[], last: Item): Item =>
      list.length > 1 ? (list.shift() as Item) : (list[0] ?? last);
    const one: Target = {
      ...placeOf('sms', 0, []),
      key,
      find: async (limit) => {
        asked.push(`find ${limit}`);
        return next(finds, []);
      },
      remains: async () => {
        asked.push('remains');
        return next(remains, false);
      },
      isUnreadable: async () => {
        asked.push('unreadable');
        return odd;
      },
      ...(doubt !== undefined && { isDoubtful: async () => doubt }),
      ...(scanned !== undefined && { isScanned: scanned }),
    };
    return { one, asked };
  }

  it('names what is left, in its order', async () => {
    const [clean, held] = [target({}), target({ remains: [true], finds: [['a']] })];
    expect(await verify([clean.one, held.one], 'alone')).toEqual([held.one]);
    expect(clean.asked).toEqual(['remains', 'unreadable']);
    expect(held.asked).toEqual(['remains', 'unreadable', 'find 1']);
    expect(await verify([clean.one], 'scanned')).toEqual([]);
  });

  it('looks three times for what is there and cannot be found', async () => {
    const lost = target({ remains: [true], key: 'sms.from' });
    await expect(verify([lost.one], 'alone')).rejects.toMatchObject({ failure: 'unsupported_type', where: 'sms.from' });
    expect(lost.asked.filter((one) => one === 'find 1')).toHaveLength(3);
    const gone = target({ remains: [true, true, false] });
    expect(await verify([gone.one], 'alone')).toEqual([gone.one]);
    const late = target({ remains: [true], finds: [[], [], ['a']] });
    expect(await verify([late.one], 'alone')).toEqual([late.one]);
  });

  it('fails for what cannot be looked up, where nothing else looks at it', async () => {
    const failure = (where: string, name: string) => ({ failure: name, where });
    const odd = (scanned?: boolean) =>
      target({ odd: true, key: 'sms.odd', ...(scanned !== undefined && { scanned }) }).one;
    const doubt = target({ doubt: true, key: 'sms.doubt' }).one;
    await expect(verify([odd()], 'alone')).rejects.toMatchObject(failure('sms.odd', 'unsupported_type'));
    await expect(verify([odd(true)], 'alone')).rejects.toMatchObject(failure('sms.odd', 'unsupported_type'));
    await expect(verify([doubt], 'alone')).rejects.toMatchObject(failure('sms.doubt', 'ambiguous_number'));
    await expect(verify([odd(false)], 'scanned')).rejects.toMatchObject(failure('sms.odd', 'unsupported_type'));
    expect(await verify([odd(true), odd(), doubt], 'scanned')).toEqual([]);
    expect(await verify([target({ doubt: false }).one], 'alone')).toEqual([]);
  });
});

describe('the fault of an update', () => {
  const rule = { key: 'sms.to' };
  const shown = (error: unknown) => {
    const made = updateFailure(error, rule);
    return made instanceof ErasureFailure ? [made.failure, made.where] : made === error;
  };

  it.each([
    ...[2, 14, 28, 16837].map((code) => [code, 'unsupported_type'] as const),
    ...[11000, 121, 10334, 17280, 66].map((code) => [code, 'refused'] as const),
  ])('%i: %s', (code, failure) => {
    for (const error of [{ code }, { writeErrors: [{ code: 1 }, { code }] }, { code: 1, writeErrors: [{ code }] }]) {
      expect(shown(error)).toEqual([failure, 'sms.to']);
      expect(isRecordFault(error)).toBe(true);
    }
  });

  it.each([[{ code: 1 }], [{}], [{ code: '2' }], [{ writeErrors: [] }], [{ writeErrors: [{}] }]])(
    '%j is no record’s',
    (error) => {
      expect(shown(error)).toBe(true);
      expect(isRecordFault(error)).toBe(false);
    },
  );

  it('and of a rewrite', () => {
    const failures = [{ number: JO, path: 'a.b', why: 'number_in_id' }] as const;
    expect(() => assertErased({ ...UNCHANGED, failures }, 'sms')).toThrow(
      new ErasureFailure('number_in_id', 'sms.a.b'),
    );
    assertErased(UNCHANGED, 'sms');
  });
});
